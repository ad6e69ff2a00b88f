"""Which derivatives there are of which path: written in batches behind the answers, read when a path is purged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from imagewell.clock import Clock
from imagewell.errors import Refusal
from imagewell.logs import Log

MOST_WAITING = 20_000
"""Rows kept for a database that cannot be reached. Beyond them the oldest are dropped: their files are then found by
the sweep alone."""

TOUCH_EVERY_S = 3600.0
"""How exactly the last use is known; writing it at every use would cost more than it is worth."""

log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """One derivative: its digest, whose it is, its length in bytes, when it was written (Unix seconds)."""

    digest: str
    source_id: str
    path: str
    size: int
    at_s: float


class IndexRows(Protocol):
    """The table: `rows.py`, and a twin in tests."""

    async def add(self, kept: Sequence[Kept], used: Sequence[str], now_s: float) -> None:
        """Write new rows, and the time of last use of others."""

    async def take(self, source_id: str, path: str) -> list[str]:
        """Delete the rows of a path; their digests."""
        ...


class Index:
    """Collects rows and writes them at least once in `every_s`, in a task of its own."""

    def __init__(self, rows: IndexRows, every_s: float, clock: Clock) -> None:
        self._rows = rows
        self._every_s = every_s
        self._clock = clock
        self._new: dict[str, Kept] = {}
        self._used: dict[str, float] = {}
        self._told: set[str] = set()
        self._told_since_s = clock.seconds()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def add(self, digest: str, source_id: str, path: str, size: int) -> None:
        """A derivative was written."""
        if len(self._new) >= MOST_WAITING:
            del self._new[next(iter(self._new))]
        self._new[digest] = Kept(digest, source_id, path, size, self._clock.seconds())
        self._wake()

    def touch(self, digest: str) -> None:
        """A derivative was read from the store; said at most once an hour for each."""
        now_s = self._clock.seconds()
        if now_s - self._told_since_s > TOUCH_EVERY_S or len(self._told) >= MOST_WAITING:
            self._told.clear()
            self._told_since_s = now_s
        if digest not in self._told:
            self._told.add(digest)
            self._used[digest] = now_s
            self._wake()

    async def flush(self) -> None:
        """Write what has been collected so far. Raises: Unavailable, StorageFull; nothing is lost then."""
        async with self._writing:
            new, self._new = self._new, {}
            used, self._used = self._used, {}
            if not new and not used:
                return
            try:
                await self._rows.add(
                    list(new.values()), [digest for digest in used if digest not in new], self._clock.seconds()
                )
            except BaseException:
                self._new = new | self._new
                raise

    async def forget(self, source_id: str, path: str) -> list[str]:
        """Delete the rows of a path, those not yet written included; their digests."""
        await self.flush()
        return await self._rows.take(source_id, path)

    async def close(self) -> None:
        """Write the rest."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._flush_or_log()

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._later())

    async def _later(self) -> None:
        while self._new or self._used:
            await asyncio.sleep(self._every_s)
            await self._flush_or_log()

    async def _flush_or_log(self) -> None:
        try:
            await self.flush()
        except Refusal as error:
            log.warning("derivative index not written", reason=error.code, waiting=len(self._new))
