"""An upload as it is kept by those who keep pictures and nothing else: upright, sRGB, one frame, no metadata."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from imagewell.assets.values import Upload
from imagewell.editing import bare
from imagewell.imaging.work import BASE, Facts, LookOrder, RenderOrder, Rendition
from imagewell.storage.store import Store
from imagewell.transform import negotiate
from imagewell.transform.canonical import canonical
from imagewell.transform.model import Frames, Output, Stage, Transformation

QUALITY = 95
"""Where the samples must be written anew: they are lossy already, and should not lose much again."""


class Workers(Protocol):
    """The render workers as edits use them."""

    async def render(self, order: RenderOrder, deadline_s: float | None = None) -> Rendition:
        """Writes the rendition to the order's file."""
        ...

    async def probe(self, path: str, decode: bool = False) -> Facts:
        """Facts from the header, or from every pixel."""
        ...

    async def look(self, order: LookOrder, deadline_s: float | None = None) -> Any:
        """What an engine sees."""
        ...


class Plain:
    """Makes plain pictures of uploads."""

    def __init__(self, store: Store, workers: Workers) -> None:
        self._store = store
        self._workers = workers

    @asynccontextmanager
    async def of(self, upload: Upload, facts: Facts) -> AsyncIterator[tuple[Upload, Facts]]:
        """The upload as it is kept, and what that is. A file of its own is gone when the block ends.

        The samples stay as they are where the picture looks the same without what is left out.
        """
        temp = self._store.temp()
        try:
            stripped = await self._stripped(upload, facts, temp)
            yield stripped or await self._rendered(upload, facts, temp)
        finally:
            temp.unlink(missing_ok=True)

    async def _stripped(self, upload: Upload, facts: Facts, temp: Path) -> tuple[Upload, Facts] | None:
        if facts.orientation != 1 or facts.frames != 1 or facts.format not in bare.FORMATS:
            return None
        try:
            changed = await asyncio.to_thread(bare.bare, upload.temp, facts.format, temp)
        except bare.MustRender:
            return None
        return (await asyncio.to_thread(Upload.of, temp) if changed else upload), facts

    async def _rendered(self, upload: Upload, facts: Facts, temp: Path) -> tuple[Upload, Facts]:
        wanted = still(Transformation((Stage(),), Output(quality=QUALITY, chroma="444")), facts)
        longest = max(facts.width, facts.height)
        order = RenderOrder({BASE: str(upload.temp)}, wanted, str(temp), max_side_px=longest, hashed=True)
        made = await self._workers.render(order)
        return Upload(temp, made.sha256, made.size_bytes), facts_of(made)


def still(transformation: Transformation, facts: Facts) -> Transformation:
    """A transformation, settled and canonical, of a picture's first frame in the picture's own format."""
    settled = replace(transformation, output=negotiate.settle(transformation.output, replace(facts, frames=1), ""))
    if facts.frames > 1:
        settled = replace(settled, frames=Frames(first=1, last=1))
    return canonical(settled)


def facts_of(made: Rendition) -> Facts:
    """What a probe would say of a rendition."""
    return Facts(made.content_type.removeprefix("image/"), made.width, made.height, made.frames, made.has_alpha)
