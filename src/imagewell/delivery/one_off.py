"""A picture from a URL, transformed once and not kept: for callers of an API, never for the delivery roads."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from imagewell.delivery.mark import marked
from imagewell.delivery.order import Delivered, StoreRef
from imagewell.delivery.render import Engine
from imagewell.errors import InvalidParameter
from imagewell.imaging.work import BASE, SOURCE_CONTENT_TYPES, RenderOrder
from imagewell.sources.fetch import Fetcher
from imagewell.storage.store import Store
from imagewell.transform import limits, negotiate
from imagewell.transform.canonical import canonical
from imagewell.transform.limits import Limits
from imagewell.transform.model import ImageOverlay, Transformation

CHUNK_BYTES = 1024 * 1024
SMALL_BYTES = 256 * 1024
"""A result up to this size is held in memory, a larger one is read while it is sent."""


class Unlinked:
    """The bytes of a file that has no name any more: whatever happens, they go when nobody reads them."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        path.unlink(missing_ok=True)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`; the key means nothing here."""
        at = start
        while end is None or at < end:
            wanted = CHUNK_BYTES if end is None else min(CHUNK_BYTES, end - at)
            chunk = await asyncio.to_thread(os.pread, self._file, wanted, at)
            if not chunk:
                return
            yield chunk
            at += len(chunk)


class OneOff:
    """Renders pictures of other servers."""

    def __init__(self, store: Store, engine: Engine, fetcher: Fetcher, ceilings: Limits | None = None) -> None:
        self._store = store
        self._engine = engine
        self._fetcher = fetcher
        self._limits = ceilings or Limits()

    async def render(
        self, url: str, transformation: Transformation, *, max_bytes: int, accept: str = "", mark: bool = False
    ) -> tuple[Delivered, Unlinked]:
        """Fetch, transform, and leave nothing behind; a body that is not in memory is read from the second.

        Args:
            mark: draw the mark of the test stage over it.
        Raises: InvalidParameter for a transformation that does nothing or names other pictures, and what fetching,
            the look at the file, rendering and the limits refuse.
        """
        _check(transformation)
        limits.check(transformation, self._limits)
        came, made = self._store.temp(), self._store.temp()
        try:
            fetched = await self._fetcher.fetch(url, to=came, max_bytes=max_bytes)
            facts = await self._engine.probe(str(came))
            output = negotiate.settle(transformation.output, facts, accept)
            wanted = canonical(Transformation(transformation.stages, output, transformation.frames))
            wanted = canonical(marked(wanted)) if mark else wanted
            kind = SOURCE_CONTENT_TYPES[facts.format]
            order = RenderOrder({BASE: str(came)}, wanted, str(made), kind, fetched.size)
            rendition = await self._engine.render(order)
            result = await asyncio.to_thread(Unlinked, made)
            size = rendition.size_bytes
            body = b"".join([part async for part in result.stream("")]) if size <= SMALL_BYTES else StoreRef("", size)
        finally:
            await asyncio.to_thread(_remove, came, made)
        delivered = Delivered(
            body=body,
            content_type=rendition.content_type,
            etag="",
            last_modified=None,
            max_age_s=0,
            varies=negotiate.varies(transformation.output),
            cache="miss",
            places=(),
            valid_until_s=0,
            width=rendition.width,
            height=rendition.height,
        )
        return delivered, result


def _check(transformation: Transformation) -> None:
    if transformation.is_identity or transformation.typeset is not None:
        raise InvalidParameter("transformation", "nothing to do", "at least one operation on the picture")
    for stage in transformation.stages:
        others = [overlay for overlay in stage.overlays if isinstance(overlay, ImageOverlay)]
        if others or (stage.mask is not None and stage.mask.image is not None):
            raise InvalidParameter("transformation", "another picture", "no other pictures together with url")


def _remove(*files: Path) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)
