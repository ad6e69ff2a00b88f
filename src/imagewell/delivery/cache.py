"""Derivatives: kept in the store under their digest, the small ones in memory too.

An answer does not wait for the store: the rendered file is moved there behind it. Nothing here is ever the only copy,
so nothing is made durable, and what cannot be written is only logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from imagewell.clock import Clock
from imagewell.delivery.index import Index
from imagewell.delivery.memory import Recent
from imagewell.delivery.order import Place, StoreRef
from imagewell.delivery.settings import DeliverySettings
from imagewell.errors import Refusal
from imagewell.imaging.probe import HEAD_BYTES, content_type_of
from imagewell.imaging.work import CONTENT_TYPES, Rendition
from imagewell.storage import keys
from imagewell.storage.store import Store
from imagewell.transform.canonical.output import DATA
from imagewell.transform.model import Format

FOREVER = float("inf")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Derivative:
    """A rendition under its digest. width, height: px, and timings_ms,
    where this process made it."""

    body: bytes | StoreRef
    content_type: str
    width: int | None = None
    height: int | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)


class DerivativeCache:
    """Look up, keep and forget derivatives."""

    def __init__(self, store: Store, index: Index, settings: DeliverySettings, clock: Clock) -> None:
        self._store = store
        self._index = index
        self._clock = clock
        self._small = settings.small_kb * 1024
        self._most_writes = settings.pending_writes
        self._memory: Recent[str, tuple[Derivative, Place]] = Recent(
            settings.memory_mb * 1024 * 1024, lambda kept: len(kept[0].body) if isinstance(kept[0].body, bytes) else 0
        )
        self._writes: set[asyncio.Task[None]] = set()

    async def get(self, digest: str, format: Format | None, place: Place) -> Derivative | None:
        """The derivative of a digest; None when it is nowhere, or damaged.

        Args:
            format: what the order settled on, None where the bytes decide.
            place: whose derivative it is, to forget it by.
        """
        kept = self.recall(digest)
        if kept is not None:
            return kept
        key = keys.derivative(digest)
        size = await self._store.size(key)
        if not size:
            return None
        found = await self._read(key, size, format)
        if found is not None:
            self._remember(digest, found, place)
            self._index.touch(digest)
        return found

    def recall(self, digest: str) -> Derivative | None:
        """What memory has of a digest."""
        kept = self._memory.get(digest, 0.0)
        return None if kept is None else kept[0]

    async def put(self, digest: str, file: Path, made: Rendition, place: Place, source_id: str) -> Derivative:
        """Take a rendered file. A small one is answered from memory and written behind, a large one first written.

        Raises: StorageFull, Unavailable, for a large one alone.
        """
        body: bytes | StoreRef = StoreRef(keys.derivative(digest), made.size_bytes)
        row = (digest, source_id, place[1], made.size_bytes)
        if made.size_bytes <= self._small:
            body = _read_now(file)
            await self._write_behind(file, *row)
        else:
            await self._write(file, *row)
        kept = Derivative(body, made.content_type, made.width, made.height, made.timings_ms)
        self._remember(digest, kept, place)
        return kept

    async def forget(self, concerned: Callable[[Place], bool], source_id: str, path: str) -> None:
        """Forget the derivatives of a source's path, in memory, index and store."""
        await self.settled()
        self._memory.forget_where(lambda _, kept: concerned(kept[1]))
        gone = set(await self._index.forget(source_id, path))
        self._memory.forget_where(lambda digest, _: digest in gone)
        await self._store.delete([keys.derivative(digest) for digest in gone])

    async def settled(self) -> None:
        """Wait until everything written behind is in the store."""
        while self._writes:
            await asyncio.gather(*self._writes)

    def _remember(self, digest: str, kept: Derivative, place: Place) -> None:
        if isinstance(kept.body, bytes):
            self._memory.put(digest, (kept, place), FOREVER)

    async def _read(self, key: str, size: int, format: Format | None) -> Derivative | None:
        body: bytes | StoreRef = StoreRef(key, size)
        if size <= self._small:
            head = body = await self._store.get(key) or b""
        else:
            head = b"".join([part async for part in self._store.stream(key, 0, HEAD_BYTES)])
        if format in DATA:  # JSON, CSS and text cannot be told by their first bytes
            content_type = CONTENT_TYPES[format] if head else None
        else:
            content_type = content_type_of(head[:HEAD_BYTES])
        return None if content_type is None else Derivative(body, content_type)

    async def _write_behind(self, file: Path, digest: str, source_id: str, path: str, size: int) -> None:
        write = self._written_or_logged(file, digest, source_id, path, size)
        if len(self._writes) >= self._most_writes:
            await write
            return
        task = asyncio.get_running_loop().create_task(write)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _written_or_logged(self, file: Path, digest: str, source_id: str, path: str, size: int) -> None:
        try:
            await self._write(file, digest, source_id, path, size)
        except Refusal as error:
            log.warning("derivative not kept", digest=digest, reason=error.code)

    async def _write(self, file: Path, digest: str, source_id: str, path: str, size: int) -> None:
        try:
            await self._store.put_file(keys.derivative(digest), file, durable=False)
        except Refusal:
            await asyncio.to_thread(file.unlink, missing_ok=True)
            raise
        self._index.add(digest, source_id, path, size)


def _read_now(file: Path) -> bytes:
    """Without a thread: it would cost more than reading the little that a worker wrote a moment ago."""
    return file.read_bytes()
