"""Derivatives: kept in the store under their digest, the small ones in memory too.

Nothing here is ever the only copy, so nothing is made durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imagewell.delivery.index import Index
from imagewell.delivery.memory import Recent
from imagewell.delivery.order import Place, StoreRef
from imagewell.delivery.settings import DeliverySettings
from imagewell.delivery.write_behind import Pending, WriteBehind
from imagewell.imaging.probe import HEAD_BYTES, content_type_of
from imagewell.imaging.work import CONTENT_TYPES, Rendition
from imagewell.storage import keys
from imagewell.storage.store import Store
from imagewell.transform.canonical.output import DATA
from imagewell.transform.model import Format

FOREVER = float("inf")
OVERHEAD_BYTES = 1024
"""What an entry in memory weighs besides its body."""
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Derivative:
    """A rendition under its digest. width, height: px, and timings_ms, where this process made it."""

    body: bytes | StoreRef
    content_type: str
    width: int | None = None
    height: int | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)


class DerivativeCache:
    """Look up, keep and forget derivatives.

    Args:
        idle: whether the workers have nothing to do, so that the time may be spent on writing.
    """

    def __init__(self, store: Store, index: Index, settings: DeliverySettings, idle: Callable[[], bool]) -> None:
        self._store = store
        self._index = index
        self.small_bytes = settings.small_kb * 1024
        self._behind = WriteBehind(store, index, idle, settings.pending_mb * MIB)
        self._memory: Recent[str, tuple[Derivative, Place]] = Recent(
            settings.memory_mb * MIB,
            lambda kept: OVERHEAD_BYTES + (len(kept[0].body) if isinstance(kept[0].body, bytes) else 0),
        )

    def recall(self, digest: str) -> Derivative | None:
        """What memory has of a digest."""
        kept = self._memory.get(digest, 0.0)
        return None if kept is None else kept[0]

    async def get(self, digest: str, format: Format | None, place: Place) -> Derivative | None:
        """The derivative of a digest; None when it is nowhere, or damaged.

        Args:
            format: what the order settled on.
            place: whose derivative it is, to forget it by.
        """
        kept = self.recall(digest)
        if kept is not None:
            return kept
        found = await self._find(digest, format)
        if found is not None:
            self._remember(digest, found, place)
        return found

    async def put(self, digest: str, file: str, made: Rendition, place: Place, source_id: str) -> Derivative:
        """Take a rendition. A small one is answered from memory and written behind, a file goes into the store first.

        Raises: StorageFull, Unavailable, for a large one alone.
        """
        body: bytes | StoreRef
        if made.body is not None:
            body = made.body
            await self._behind.add(Pending(digest, body, place, source_id))
        else:
            body = StoreRef(keys.derivative(digest), made.size_bytes)
            path = Path(file)
            try:
                await self._store.put_file(body.key, path, durable=False)
            finally:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            self._index.add(digest, source_id, place[1], made.size_bytes)
        kept = Derivative(body, made.content_type, made.width, made.height, made.timings_ms)
        self._remember(digest, kept, place)
        return kept

    async def forget(self, place: Place, source_id: str) -> None:
        """Forget the derivatives of a source's path, in memory, index and store."""
        await self._behind.drop(lambda pending: pending.place == place)
        self._memory.forget_where(lambda _, kept: kept[1] == place)
        gone = set(await self._index.forget(source_id, place[1]))
        self._memory.forget_where(lambda digest, _: digest in gone)
        await self._store.delete([keys.derivative(digest) for digest in gone])

    async def settled(self) -> None:
        """Wait until everything is in the store."""
        await self._behind.settled()

    async def close(self) -> None:
        """Write what waits."""
        await self._behind.close()

    def _remember(self, digest: str, kept: Derivative, place: Place) -> None:
        if isinstance(kept.body, bytes):
            self._memory.put(digest, (kept, place), FOREVER)

    async def _find(self, digest: str, format: Format | None) -> Derivative | None:
        """What is on its way to the store, or in it."""
        pending = self._behind.recall(digest)
        if pending is not None:
            return _told(pending.data, pending.data, format)
        key = keys.derivative(digest)
        size = await self._store.size(key, sure=False)  # if the disk is gone, that shows when the original is read
        if not size:
            return None
        self._index.touch(digest)
        if size <= self.small_bytes:
            data = await self._store.get(key) or b""
            return _told(data, data, format)
        head = b"".join([part async for part in self._store.stream(key, 0, HEAD_BYTES)])
        return _told(StoreRef(key, size), head, format)


def _told(body: bytes | StoreRef, head: bytes, format: Format | None) -> Derivative | None:
    """With its type: JSON, CSS and text have theirs from the order, pictures from their first bytes."""
    if not head:
        return None
    content_type = CONTENT_TYPES[format] if format in DATA else content_type_of(head[:HEAD_BYTES])
    return None if content_type is None else Derivative(body, content_type)
