"""Uploads through the real render pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from tests import pictures
from tests.conftest import opened
from tests.contract.library import Library, library_in

from imagewell.clock import Clock
from imagewell.errors import Refusal
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.settings import RenderSettings
from imagewell.storage.store import Store


@pytest.fixture
async def library(new_sqlite: Callable[[], str], local_store: Store) -> AsyncIterator[Library]:
    """A library whose uploads are looked at by a real worker."""
    pool = RenderPool(RenderSettings(workers=1))
    await pool.start()
    url = new_sqlite()
    try:
        async with opened(url) as db, library_in(url, db, local_store, Clock(), pool) as made:
            yield made
    finally:
        await pool.close()


async def test_pictures_of_every_format_are_kept_with_their_facts(library: Library) -> None:
    """The formats that can be uploaded are known by their bytes, whatever they are called."""
    made = {
        "jpeg": pictures.jpeg(), "png": pictures.png(), "webp": pictures.webp(), "gif": pictures.animated_gif(),
        "avif": pictures.avif(), "heic": pictures.heic(), "bmp": pictures.bmp(), "tiff": pictures.tiff(),
    }  # fmt: skip
    for format, data in made.items():
        asset = await library.put(f"/{format}.txt", data, decode=True)
        assert (asset.format, asset.width, asset.height) == (format, 120, 80)
        assert await library.bytes_of(asset) == data
        assert asset.content_type.startswith("image/")
    assert (await library.assets.find(library.subject, "/gif.txt")).frames == 3


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\xff\xd8\xff", pictures.jpeg()[:200], pictures.png()[:-30], b"%PDF-1.4"]
)
async def test_other_files_are_refused(library: Library, data: bytes) -> None:
    """What is no picture, or only the beginning of one, is a refusal, and nothing of it is kept."""
    with pytest.raises(Refusal) as refused:
        await library.put("/a.png", data, decode=True)
    assert 400 <= refused.value.status < 500
    assert list((library.store.temp().parent).iterdir()) == []
    assert not [key async for key, _, _ in library.store.list("blobs")]
