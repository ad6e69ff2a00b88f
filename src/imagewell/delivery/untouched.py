"""Originals handed out byte for byte."""

from __future__ import annotations

import asyncio

from imagewell.delivery.memory import Recent
from imagewell.delivery.order import StoreRef
from imagewell.delivery.originals import Found, Originals
from imagewell.delivery.settings import DeliverySettings
from imagewell.errors import NotFound, UnsupportedFormat
from imagewell.storage.store import Store

LARGEST_SVG_BYTES = 4 * 1024 * 1024
"""Of an SVG that is looked through here, in the server's own process; larger ones can only be had as pixels."""

REMEMBERED = 10_000


class Untouched:
    """Bodies of originals; of SVG only those that are plainly inert."""

    def __init__(self, store: Store, originals: Originals, settings: DeliverySettings) -> None:
        self._store = store
        self._originals = originals
        self._small = settings.small_kb * 1024
        self._inert: Recent[str, bool] = Recent(REMEMBERED)

    async def body(self, found: Found) -> bytes | StoreRef:
        """The bytes, or where they lie when they are many.

        Raises: NotFound; UnsupportedFormat for an SVG with something in it that might act.
        """
        original = found.original
        if original.facts.format == "svg":
            await self._check_inert(found)
        if original.size > self._small:
            return StoreRef(original.key, original.size)
        return await self._read(found)

    async def _read(self, found: Found) -> bytes:
        data = await self._store.get(found.original.key)
        if data is None:
            await self._originals.lost(found)
            raise NotFound("picture", found.original.path)
        return data

    async def _check_inert(self, found: Found) -> None:
        identity = found.original.identity
        inert = self._inert.get(identity, 0.0)
        if inert is None:
            inert = found.original.size <= LARGEST_SVG_BYTES and await asyncio.to_thread(
                _is_inert, await self._read(found)
            )
            self._inert.put(identity, inert, float("inf"))
        if not inert:
            raise UnsupportedFormat(
                "SVG with active or outside content", "it as pixels, with any parameter; or plain SVG as it is"
            )


def _is_inert(data: bytes) -> bool:
    from imagewell.imaging import svg  # only here: its XML parser is not needed to start

    return svg.is_inert(data)
