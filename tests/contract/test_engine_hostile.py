"""Hostile files through real workers: a refusal, always, and soon; never a lost worker.

The mutations are seeded: a failure names the seed that brings it back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.rendering import order

from imagewell.errors import Refusal, RenderFailed
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.settings import RenderSettings

TRANSFORMATIONS: tuple[dict[str, Any], ...] = (
    {"output": {"format": "png"}},
    {"stages": [{"resize": {"width": 50}}], "output": {"format": "jpeg"}},
    {
        "stages": [{"trim": {}, "resize": {"width": 60, "height": 60, "fit": "crop", "focus": ["entropy"]}}],
        "output": {"format": "webp"},
    },
    {"stages": [{"rotate": {"degrees": 7}, "adjust": {"enhance": True}}], "output": {"format": "gif"}},
    {"output": {"format": "json"}},
    {"output": {"format": "palette_json"}},
)
VICTIMS = {**pictures.VARIANTS, "cmyk": pictures.cmyk_jpeg, "iptc": pictures.iptc_jpeg, "ico": pictures.ico}
BATCHES = 8
IN_A_BATCH = 60


@pytest.fixture
async def pool() -> AsyncIterator[RenderPool]:
    made = RenderPool(RenderSettings(workers=2, queue=200, deadline_s=30))
    await made.start()
    yield made
    await made.close()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Cut, flipped, shortened or lengthened somewhere, more often near the beginning."""
    if chance.random() < 0.2:
        return data[: chance.randrange(1, len(data))]
    bent = bytearray(data)
    for _ in range(chance.choice([1, 2, 4, 16, 64])):
        at = chance.randrange(len(bent) if chance.random() < 0.5 else min(len(bent), 200))
        bent[at] = chance.choice([0, 255, 0x7F, 0x80, chance.randrange(256)])
    at = chance.randrange(len(bent))
    if chance.random() < 0.2:
        del bent[at : at + chance.randrange(1, 50)]
    elif chance.random() < 0.2:
        bent[at:at] = chance.randbytes(chance.randrange(1, 50))
    return bytes(bent)


async def answered(pool: RenderPool, folder: Path, data: bytes, document: dict[str, Any]) -> None:
    """Both doors say yes or give a refusal that is the file's own fault."""
    folder.mkdir()
    asked = order(folder, data, document)
    for work in (pool.probe(asked.inputs[""], decode=True), pool.render(asked)):
        try:
            await work
        except Refusal as refused:
            if isinstance(refused, RenderFailed) or refused.status >= 500:
                raise
    left = {path.name for path in folder.iterdir()} - {"input-base", "output"}
    assert not left


@pytest.mark.parametrize("seed", range(BATCHES))
async def test_bent_files_are_refused_or_read(seed: int, pool: RenderPool, tmp_path: Path) -> None:
    """Hundreds of mutated files of every format: no crash, no stray error, no file left behind."""
    chance = random.Random(seed)
    work = []
    for index in range(IN_A_BATCH):
        data = mutated(chance.choice(list(VICTIMS.values()))(), chance)
        work.append(answered(pool, tmp_path / str(index), data, chance.choice(TRANSFORMATIONS)))
    await asyncio.gather(*work)
    assert pool.stats().lost == 0


@pytest.mark.parametrize("name", [n for n in VICTIMS if n not in ("jpeg with trailing bytes", "tiff pages")])
async def test_a_picture_cut_anywhere_is_refused(name: str, pool: RenderPool, tmp_path: Path) -> None:
    """A file without its end is no picture, wherever it was cut."""
    data = VICTIMS[name]()
    path = tmp_path / "cut"
    for share in (0.02, 0.2, 0.5, 0.8):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(Refusal) as caught:
            await pool.probe(str(path))
        assert caught.value.status in (413, 415, 422)
    assert pool.stats().lost == 0


async def test_attacks_are_refused_and_cost_no_worker(pool: RenderPool, tmp_path: Path) -> None:
    """Drawings that reach out, bombs, polyglots and files that are no pictures are all refused."""
    attacks = {
        **{f"svg {name}": make() for name, make in pictures.SVG_ATTACKS.items()},
        **{f"bomb {name}": make() for name, make in pictures.BOMBS.items()},
        **pictures.NOT_PICTURES,
        "polyglot": pictures.polyglot_html_gif(),
    }
    for index, (name, data) in enumerate(attacks.items()):
        path = tmp_path / str(index)
        path.write_bytes(data)
        with pytest.raises(Refusal) as caught:
            await pool.probe(str(path), deadline_s=10)
        assert not isinstance(caught.value, RenderFailed), name
    assert pool.stats().lost == 0


async def test_a_drawing_does_not_show_its_neighbours(pool: RenderPool, tmp_path: Path) -> None:
    """A file beside a drawing cannot be drawn by it, however it is named."""
    (tmp_path / "secret.png").write_bytes(pictures.png())
    for address in ("secret.png", "./secret.png", f"file://{tmp_path}/secret.png", str(tmp_path / "secret.png")):
        body = f'<image href="{address}" width="100" height="100"/>'
        path = tmp_path / "drawing"
        path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{body}</svg>')
        with pytest.raises(Refusal):
            await pool.probe(str(path))
