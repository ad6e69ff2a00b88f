"""Faces kept in sight, by the engine itself; and what happens where there is none."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data
from tests import pictures, rendering
from tests.unit.imaging.steps.step_material import rendered

from imagewell.errors import EngineMissing
from imagewell.imaging.engine import Engine


def centred(**options: Any) -> dict[str, Any]:
    return {"stages": [{"resize": {"width": 90, "height": 90, **options}}]}


def two_faces() -> bytes:
    """The same face twice, far apart, on grey; the right one is the larger."""
    face = Image.fromarray(data.astronaut()[0:220, 120:340])
    room = Image.new("RGB", (1200, 400), (128, 128, 128))
    room.paste(face.resize((150, 150)), (20, 200))
    room.paste(face, (960, 60))
    file = io.BytesIO()
    room.save(file, "png")
    return file.getvalue()


def test_a_crop_keeps_faces_in_sight(seeing: Engine, tmp_path: Path) -> None:
    """The larger one where they do not both fit; both where they do; the next word where no engine finds any."""
    picture = two_faces()
    document = centred(fit="crop", focus=["faces", "left"])
    right = np.asarray(rendered(seeing, tmp_path, picture, document).convert("RGB")).astype(int)
    left = rendering.render(tmp_path, picture, document).pixels
    whole = np.asarray(Image.open(io.BytesIO(picture)).resize((270, 90))).astype(int)
    assert np.abs(right - whole[:, 180:]).mean() < 12
    assert np.abs(left - whole[:, :90]).mean() < 12
    both = rendered(seeing, tmp_path, picture, centred(width=285, height=100, fit="crop", focus=["faces"]))
    assert both.size == (285, 100)


def test_facearea(seeing: Engine, tmp_path: Path) -> None:
    """All faces, or one of them with room around it; what follows the comma where there is no such face."""
    picture = two_faces()
    one, other = (
        np.asarray(rendered(seeing, tmp_path, picture, centred(fit="facearea", face_index=n)).convert("L"))
        for n in (1, 2)
    )
    # The same face fills both frames, though one of them is smaller in the picture and lies elsewhere.
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.8
    wide = np.asarray(rendered(seeing, tmp_path, picture, centred(fit="facearea", face_index=1, face_pad=3)))
    assert (np.abs(wide.astype(int)[:, :4] - 128).max(axis=(0, 2)) < 12).all()
    filled = rendered(seeing, tmp_path, picture, centred(fit="facearea", face_index=3, fallback="fill"))
    assert filled.size == (90, 90)
    assert filled.convert("RGB").getpixel((45, 5)) == (255, 255, 255)
    cropped = rendered(seeing, tmp_path, pictures.jpeg(), centred(fit="facearea"))
    assert (np.asarray(cropped) == np.asarray(rendered(seeing, tmp_path, pictures.jpeg(), centred(fit="crop")))).all()


def test_facearea_without_an_engine(portrait: bytes, tmp_path: Path) -> None:
    """Nobody finds a face: the fallback, with its padding, else a crop."""
    asked = centred(fit="facearea", fallback="fill", fill={"color": "#0000ff"})
    found = rendering.render(tmp_path, pictures.jpeg(120, 40), asked)
    assert tuple(found.pixels[2, 45]) == (0, 0, 255)
    plain = rendering.render(tmp_path, portrait, centred(fit="facearea")).pixels
    assert (plain == rendering.render(tmp_path, portrait, centred(fit="crop")).pixels).all()


def test_faces_among_the_facts(seeing: Engine, tmp_path: Path) -> None:
    """In px of the upright picture from its top left, the largest first; without the engine a refusal that names it."""
    order = rendering.order(tmp_path, two_faces(), {"output": {"format": "json", "faces": True}})
    seeing.render(order)
    first, second = json.loads(Path(order.write_to).read_text())["Faces"]
    assert first["bounds"]["width"] > second["bounds"]["width"] > 30
    for face, (left, right) in ((first, (960, 1180)), (second, (20, 170))):
        bounds = face["bounds"]
        assert (
            left < bounds["x"] < face["left_eye"]["x"] < face["right_eye"]["x"] < bounds["x"] + bounds["width"] < right
        )
        assert bounds["y"] < face["left_eye"]["y"] < face["mouth"]["y"] <= bounds["y"] + bounds["height"]
    with pytest.raises(EngineMissing, match="models pull blazeface"):
        rendering.engine().render(order)
    nobody = replace(order, inputs=rendering.order(tmp_path, pictures.png(), {}).inputs)
    seeing.render(nobody)
    assert json.loads(Path(order.write_to).read_text())["Faces"] == []
