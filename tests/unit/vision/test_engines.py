"""What is installed is found without loading it; what is not says how to get it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from imagewell.errors import EngineMissing
from imagewell.settings import load
from imagewell.vision.catalogue import ENGINES, MODELS
from imagewell.vision.engines import Engines, available, missing
from imagewell.vision.settings import VisionSettings

BLACK = np.zeros((8, 8, 3), np.uint8)


def test_all_engines_work(models_dir: Path) -> None:
    """One object has them all, loaded at their first use."""
    settings = VisionSettings(models_dir=models_dir, threads=1)
    assert available(settings) == set(ENGINES)
    engines, astronaut = Engines(settings), skimage.data.astronaut()
    assert len(engines.faces(astronaut)) == 1
    assert len(engines.classify(astronaut)) == 5
    assert isinstance(engines.read_text(astronaut), list)
    alpha, colors = engines.cutout(astronaut)
    assert (alpha.shape, colors.shape) == ((512, 512), (512, 512, 3))


@pytest.mark.parametrize(
    ("name", "call", "command"),
    [
        ("background-removal", "cutout", "imagewell models pull u2net"),
        ("classification", "classify", "imagewell models pull efficientnet-lite0"),
        ("faces", "faces", "imagewell models pull blazeface"),
    ],
)
def test_without_weights_the_command_is_named(tmp_path: Path, name: str, call: str, command: str) -> None:
    """A refusal, not a failure, at the call that needs the engine; half of the weights are none."""
    settings = VisionSettings(models_dir=tmp_path)
    for file in MODELS[ENGINES[name].model or ""].files[1:]:
        (tmp_path / file).write_bytes(b"")
    assert name not in available(settings)
    with pytest.raises(EngineMissing, match=command) as refused:
        getattr(Engines(settings), call)(BLACK)
    assert (refused.value.status, refused.value.engine) == (503, name)


def test_the_refusal_names_the_extra_and_who_asked() -> None:
    assert "pip install 'imagewell[vision]'" in str(missing("text"))
    assert str(missing("faces", "crop=faces")).startswith("crop=faces needs the engine “faces”")


def test_looking_for_engines_loads_none(models_dir: Path) -> None:
    """The API processes ask; they must not grow by a library for it."""
    heavy = ("numpy", "onnxruntime", "rapidocr", "cv2", "ai_edge_litert", "onnx", "httpx")
    code = (
        "import sys; from imagewell.vision.engines import Engines, available; "
        "from imagewell.vision.settings import VisionSettings as V; from pathlib import Path; "
        f"s = V(models_dir=Path({str(models_dir)!r})); Engines(s); print(len(available(s))); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [str(len(ENGINES)), "[]"]


def test_the_weights_are_in_the_data_folder_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGEWELL_VISION__MODELS_DIR", raising=False)
    monkeypatch.setenv("IMAGEWELL_DATA_DIR", "/srv/imagewell")
    assert load().vision.folder == Path("/srv/imagewell/models")
    monkeypatch.setenv("IMAGEWELL_VISION__MODELS_DIR", "/opt/weights")
    assert load().vision.folder == Path("/opt/weights")


def test_workers_and_threads_share_the_cores() -> None:
    """What is not said is chosen so that all workers together use about as many threads as there are cores."""
    settings = VisionSettings()
    assert 1 <= settings.worker_count <= 4
    assert VisionSettings(workers=2, threads=3).thread_count == 3
    assert VisionSettings(workers=64).thread_count >= 1
