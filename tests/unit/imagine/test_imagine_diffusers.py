"""Pictures by diffusers: real pipelines with tiny random weights, in the real process, from a hub on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from tests.unit.imagine import hub as hubs

from imagewell.errors import Busy, Unavailable
from imagewell.imagine.diffusion import Diffusion
from imagewell.imagine.diffusion_child import Child, environment
from imagewell.imagine.service import Imagine
from imagewell.imagine.settings import ImagineSettings
from imagewell.imagine.wishes import Progress, Wish
from imagewell.imaging.pool import RenderPool
from imagewell.sources.fetch import Fetcher
from imagewell.sources.settings import FetchSettings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("diffusers")]

Make = Callable[..., Awaitable[bytes]]
SIDE = {"width": 128, "height": 128}
TINY = Path(__file__).with_name("tiny.py")
"""Not imported: it imports torch."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pipelines of `tiny.py`."""
    folder = tmp_path_factory.mktemp("pipelines")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, TINY, folder], check=True, env=environment, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def hub(built: Path) -> Iterator[hubs.Hub]:
    with hubs.serving({"tiny/sdxl": built / "sdxl"}) as hub:
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def imagine(hub: hubs.Hub, built: Path, pool: RenderPool) -> AsyncIterator[Imagine]:
    """One engine for all: starting it takes seconds."""
    models = {
        "sdxl": {"name": "tiny/sdxl", "steps": 2},
        "flux": {"name": str(built / "flux"), "steps": 2},
        "z-image": {"name": str(built / "z-image"), "steps": 2},
        "short": {"name": "tiny/sdxl", "steps": 30},
        "long": {"name": "tiny/sdxl", "steps": 500},
        "none": {"name": "tiny/none"},
        "code": {"name": str(with_code(built))},
        "pickle": {"name": str(with_pickle(built))},
    }
    settings = {"grace_s": 0.5, "queue": 1, "threads": 1, "device": "cpu", "cache_dir": built / "cache"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HOME", str(built / "home"))
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.delenv("HF_HUB_OFFLINE", raising=False)
        given = ImagineSettings.model_validate({"models": models, "diffusers": settings})
        made = Imagine(given, pool, Fetcher(FetchSettings()))
        yield made
        await made.close()


@pytest.fixture
def make(imagine: Imagine, tmp_path: Path) -> Make:
    """`await make(wish)`: the JPEG's bytes."""

    async def make(wish: Wish, deadline_s: float = 60, progress: Progress | None = None) -> bytes:
        to = tmp_path / hashlib.sha256(repr(wish).encode()).hexdigest()
        await imagine.picture(wish, to, deadline_s, progress)
        return to.read_bytes()

    return make


def engine(imagine: Imagine) -> Diffusion:
    found = imagine.require()
    assert isinstance(found, Diffusion)
    return found


def with_code(built: Path) -> Path:
    """A pipeline one of whose parts wants code of its own to be run."""
    folder = built / "code"
    shutil.copytree(built / "sdxl", folder)
    (folder / "unet" / "own.py").write_text(f"open({str(built / 'code-ran')!r}, 'w')\nclass Net: pass\n")
    index = json.loads((folder / "model_index.json").read_text()) | {"unet": ["own", "Net"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)


def with_pickle(built: Path) -> Path:
    """A pipeline with weights in a format that can run code."""
    folder = built / "pickle"
    shutil.copytree(built / "sdxl", folder)
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    weights = pickle.dumps(Trap(f"touch {built / 'pickle-ran'}"))
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(weights)
    return folder


async def test_picture_from_the_hub(make: Make, hub: hubs.Hub, imagine: Imagine) -> None:
    """The model is fetched, loaded, and makes a JPEG of the usual size; each step is told."""
    steps: list[tuple[int, int]] = []

    async def note(done: int, total: int) -> None:
        steps.append((done, total))

    assert imagine.available
    data = await make(Wish("a cat", seed=1), progress=note)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (1024, 1024))
    assert steps == [(1, 2), (2, 2)]
    assert any(heard.endswith("/unet/diffusion_pytorch_model.safetensors") for heard in hub.heard)
    assert engine(imagine).memory_mb > 100


async def test_same_wish_same_bytes(make: Make) -> None:
    """Prompt, negative prompt and seed decide, and nothing else does."""
    wish = Wish("a cat", "a dog", seed=1, **SIDE)
    others = [
        Wish("a cat", "a dog", seed=2, **SIDE),
        Wish("a dog", "a dog", seed=1, **SIDE),
        Wish("a cat", seed=1, **SIDE),
    ]
    first = await make(wish)
    assert await make(wish) == first
    assert len({first, *[await make(other) for other in others]}) == 4


@pytest.mark.parametrize("model", ["flux", "z-image"])
async def test_folder_says_what_kind_it_is(make: Make, hub: hubs.Hub, model: str) -> None:
    """A folder with weights of another kind makes pictures as that kind does; the hub is not asked."""
    heard = len(hub.heard)
    wishes = [Wish("a cat", "a dog", seed=seed, model=model, **SIDE) for seed in (1, 1, 2)]
    first, again, other = [await make(wish) for wish in wishes]
    assert first == again != other
    with Image.open(io.BytesIO(first)) as image:
        assert image.size == (128, 128)
    assert len(hub.heard) == heard


async def test_kinds_that_people_use_are_known(built: Path) -> None:
    """The installed version makes pictures with these."""
    kinds = json.loads((built / "facts.json").read_text())["kinds"]
    assert {"stable-diffusion-xl", "stable-diffusion-3", "flux", "flux2", "z-image", "qwenimage"} <= set(kinds)


async def test_cancelled_picture_stops_at_its_next_step(make: Make, imagine: Imagine, tmp_path: Path) -> None:
    """Whoever leaves is let go at once; the process stops soon, leaves no file and serves the next."""
    task, begun = begin(make, Wish("a cat", model="long", **SIDE))
    await begun.wait()
    pid = engine(imagine).pid
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await make(Wish("a cat", seed=1, **SIDE))
    assert engine(imagine).pid == pid
    assert len(list(tmp_path.iterdir())) == 1


async def test_deadline(make: Make, imagine: Imagine) -> None:
    """A picture that takes too long is refused as busy; the process lives on."""
    await make(Wish("a cat", seed=1, **SIDE))
    pid = engine(imagine).pid
    with pytest.raises(Busy):
        await make(Wish("a cat", model="long", **SIDE), deadline_s=0.2)
    assert await make(Wish("a cat", seed=1, **SIDE))
    assert engine(imagine).pid == pid


async def test_queue_is_bounded(make: Make) -> None:
    """One at work and one waiting; the next is refused at once."""
    task, begun = begin(make, Wish("a cat", model="long", **SIDE))
    await begun.wait()
    waiting = asyncio.create_task(make(Wish("a cat", seed=1, **SIDE)))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await make(Wish("a cat", seed=2, **SIDE))
    task.cancel()
    assert await waiting


@pytest.mark.parametrize("name", ["none", "code", "pickle"])
async def test_models_that_cannot_be_loaded(make: Make, built: Path, imagine: Imagine, name: str) -> None:
    """One that is not there, that brings code, or whose weights could run some: a 503, nothing is run, and the process
    lives on."""
    pid = engine(imagine).pid
    with pytest.raises(Unavailable):
        await make(Wish("a cat", model=name, **SIDE))
    assert not list(built.glob("*-ran"))
    assert await make(Wish("a cat", seed=1, **SIDE))
    assert engine(imagine).pid == pid


async def test_killed_process_costs_a_repeat(make: Make, imagine: Imagine) -> None:
    """Killed at work, the picture is made by the next process; it is the same picture."""
    wish = Wish("a cat", model="short", seed=5, **SIDE)
    before = await make(wish)
    lost = engine(imagine).lost
    task, begun = begin(make, wish)
    await begun.wait()
    pid = engine(imagine).pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert await task == before
    assert (engine(imagine).lost, engine(imagine).pid == pid) == (lost + 1, False)


async def test_process_that_hangs_is_killed(make: Make, imagine: Imagine) -> None:
    """At its deadline the caller is answered; a little later the process is killed, and makes room for another."""
    await make(Wish("a cat", seed=1, **SIDE))
    task, begun = begin(make, Wish("a cat", model="long", **SIDE), deadline_s=0.5)
    await begun.wait()
    pid = engine(imagine).pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(Busy):
        await task
    while engine(imagine).pid:
        await asyncio.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_closing_lets_everybody_go(imagine: Imagine, make: Make) -> None:
    """Who waits is answered, and the process ends."""
    engine_ = engine(imagine)
    task = asyncio.create_task(make(Wish("a cat", seed=1, **SIDE)))
    while not engine_.pid:
        await asyncio.sleep(0.01)
    pid = engine_.pid
    await imagine.close()
    with pytest.raises(Unavailable):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(Unavailable):
        await make(Wish("a cat", **SIDE))


async def test_process_ends_with_its_server() -> None:
    """However the server ends: the line is dead, and the process is too, whatever it was at."""
    child = await Child.start(ImagineSettings(engine="diffusers"))
    child._writer.transport.abort()
    assert await asyncio.wait_for(child._process.wait(), 30) == 0


async def test_process_knows_no_secret_and_tells_nobody(monkeypatch: pytest.MonkeyPatch, built: Path) -> None:
    """The server's settings stay with it, telemetry is off, and with folders alone so is the hub."""
    monkeypatch.setenv("IMAGEWELL_SECRET_KEY", "secret")
    folders = environment(ImagineSettings(model=str(built / "flux")))
    assert "secret" not in folders.values()
    assert folders["HF_HUB_DISABLE_TELEMETRY"] == folders["HF_HUB_OFFLINE"] == "1"
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert "HF_HUB_OFFLINE" not in environment(ImagineSettings(engine="diffusers"))


def begin(make: Make, wish: Wish, deadline_s: float = 60) -> tuple[asyncio.Task[bytes], asyncio.Event]:
    """A picture that is being made, and an event that is set after its first step."""
    begun = asyncio.Event()

    async def note(done: int, total: int) -> None:
        begun.set()

    return asyncio.create_task(make(wish, deadline_s, note)), begun
