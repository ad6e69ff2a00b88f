"""Workers with engines: started when needed, left alone when not, and gone after a while."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from imagewell.errors import EngineMissing, UnreadableImage
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.pools import Pools
from imagewell.imaging.settings import RenderSettings
from imagewell.imaging.work import BASE, LookOrder, RenderOrder
from imagewell.transform import spelling
from imagewell.vision.settings import VisionSettings

CROP = {
    "stages": [{"resize": {"width": 64, "height": 64, "fit": "crop", "focus": ["faces"]}}],
    "output": {"format": "png"},
}


@asynccontextmanager
async def pools(folder: Path, **vision: object) -> AsyncIterator[Pools]:
    render = RenderSettings(workers=1)
    pool = RenderPool(render)
    await pool.start()
    while not pool.pids():
        await asyncio.sleep(0.01)
    made = Pools(pool, render, VisionSettings(models_dir=folder, workers=1, **vision))  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()
        await pool.close()


@pytest.fixture
def cat(tmp_path: Path) -> str:
    path = tmp_path / "cat.jpg"
    Image.fromarray(skimage.data.chelsea()).save(path, quality=90)
    return str(path)


async def gone(pids: set[int]) -> None:
    """Wait until none of the processes lives."""
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        await asyncio.sleep(0.02)


async def test_a_look_starts_a_worker_that_leaves_when_it_has_rested(models_dir: Path, cat: str) -> None:
    """Until an engine is asked for there is no process for it, and some time after the last look none again."""
    async with pools(models_dir, idle_s=0.2) as made:
        usual = set(made.pids())
        (label, score), *others = await made.look(LookOrder("classification", cat))
        assert "Cat" in label or label == "Tabby"
        assert score > 0.2
        assert len(others) == 4
        extra = set(made.pids()) - usual
        assert len(extra) == 1
        async with asyncio.timeout(20):
            await gone(extra)
        assert len(await made.look(LookOrder("classification", cat))) == 5


async def test_an_engine_without_weights_is_refused_at_once(tmp_path: Path, cat: str) -> None:
    """No process is started to find that out."""
    async with pools(tmp_path) as made:
        with pytest.raises(EngineMissing, match="imagewell models pull efficientnet-lite0"):
            await made.look(LookOrder("classification", cat))
        assert len(made.pids()) == 1


async def test_an_order_that_can_do_without_goes_the_usual_way(tmp_path: Path, cat: str) -> None:
    """A crop that would rather see faces is a crop all the same."""
    async with pools(tmp_path) as made:
        rendition = await made.render(RenderOrder({BASE: cat}, spelling.read(CROP), str(tmp_path / "made")))
        assert (rendition.width, rendition.height) == (64, 64)
        assert len(made.pids()) == 1


async def test_an_order_with_a_use_for_an_engine_gets_a_worker_that_has_it(
    models_dir: Path, cat: str, tmp_path: Path
) -> None:
    """It is made by another process than the usual ones."""
    async with pools(models_dir) as made:
        rendition = await made.render(RenderOrder({BASE: cat}, spelling.read(CROP), str(tmp_path / "made")))
        assert (rendition.width, rendition.height) == (64, 64)
        assert len(made.pids()) == 2


async def test_a_picture_that_cannot_be_read_is_refused_and_costs_nothing(models_dir: Path, tmp_path: Path) -> None:
    """The worker lives on."""
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    async with pools(models_dir) as made:
        with pytest.raises(UnreadableImage):
            await made.look(LookOrder("faces", str(broken)))
        worker = set(made.pids())
        with pytest.raises(UnreadableImage):
            await made.look(LookOrder("faces", str(broken)))
        assert set(made.pids()) == worker


async def test_a_killed_worker_is_replaced(models_dir: Path, cat: str) -> None:
    """The next look is answered by another process."""
    async with pools(models_dir) as made:
        usual = set(made.pids())
        await made.look(LookOrder("faces", cat))
        (worker,) = set(made.pids()) - usual
        os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(20):
            await gone({worker})
        assert len(await made.look(LookOrder("classification", cat))) == 5
        assert worker not in made.pids()
