"""Small derivatives on their way to the store: written when the workers are idle, at the latest when they get many.

Nothing is lost by waiting that could not be made again, and while workers are busy the time is theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from imagewell.delivery.index import Index
from imagewell.delivery.order import Place
from imagewell.errors import Refusal
from imagewell.logs import Log
from imagewell.storage import keys
from imagewell.storage.store import Store

AT_ONCE = 16
"""Written together: enough for a distant store, and few enough to be done soon on a near one."""

LOOK_EVERY_S = 0.05

log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Pending:
    """One derivative that is not in the store yet."""

    digest: str
    data: bytes
    place: Place
    source_id: str


class WriteBehind:
    """A bounded queue and the task that empties it.

    Args:
        idle: whether the workers have nothing to do.
        room_bytes: what may wait; from half of it on nothing waits for idle workers any more.
    """

    def __init__(self, store: Store, index: Index, idle: Callable[[], bool], room_bytes: int) -> None:
        self._store = store
        self._index = index
        self._idle = idle
        self._room = room_bytes
        self._waiting: dict[str, Pending] = {}
        self._bytes = 0
        self._hurried = 0
        self._task: asyncio.Task[None] | None = None
        self._batch = asyncio.Lock()

    def recall(self, digest: str) -> Pending | None:
        """What is still on its way."""
        return self._waiting.get(digest)

    async def add(self, pending: Pending) -> None:
        """Take a derivative; waits while there is no room."""
        while self._bytes + len(pending.data) > self._room and self._waiting:
            await self._write_some()
        if pending.digest not in self._waiting:
            self._waiting[pending.digest] = pending
            self._bytes += len(pending.data)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._empty())

    async def drop(self, concerned: Callable[[Pending], bool]) -> None:
        """Forget what is not written yet; afterwards nothing of it is being written either."""
        async with self._batch:
            for pending in [each for each in self._waiting.values() if concerned(each)]:
                self._take(pending.digest)

    async def settled(self) -> None:
        """Write everything now."""
        self._hurried += 1
        try:
            while self._waiting:
                await self._write_some()
        finally:
            self._hurried -= 1

    async def close(self) -> None:
        """Write the rest and stop."""
        await self.settled()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _empty(self) -> None:
        while self._waiting:
            if not (self._idle() or self._hurried or self._bytes > self._room // 2):
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            await self._write_some()

    async def _write_some(self) -> None:
        """The oldest few. They stay to be recalled until they are in the store."""
        async with self._batch:
            batch = list(self._waiting.values())[:AT_ONCE]
            await self._write(batch)
            for pending in batch:
                self._take(pending.digest)

    async def _write(self, batch: list[Pending]) -> None:
        try:
            await self._store.put_many({keys.derivative(pending.digest): pending.data for pending in batch})
        except Refusal as error:
            log.warning("derivatives_not_kept", count=len(batch), reason=error.code)
        else:
            for pending in batch:
                self._index.add(pending.digest, pending.source_id, pending.place[1], len(pending.data))

    def _take(self, digest: str) -> None:
        pending = self._waiting.pop(digest, None)
        if pending is not None:
            self._bytes -= len(pending.data)
