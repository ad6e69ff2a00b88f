"""Group commit: the transactions of tasks that write at the same time become one, with one sync of the disk.

PostgreSQL does this by itself. SQLite has one writer, and every commit waits for the disk while the next one queues; a
disk that is also taking the bytes of uploads makes that wait long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from imagewell.db.errors import translated
from imagewell.db.session import WriteSession
from imagewell.errors import Unavailable

MOST = 64
"""Works in one transaction: the first of them waits for the last."""

Result = TypeVar("Result")
Work = Callable[[WriteSession], Awaitable[Result]]
Waiting = tuple[Work[Any], "asyncio.Future[Any]"]


class Together:
    """Runs works in shared transactions, each in a savepoint of its own. Belongs to one event loop."""

    def __init__(self, write: Callable[[], AbstractAsyncContextManager[WriteSession]]) -> None:
        self._write = write
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, work: Work[Result]) -> Result:
        """What `work` returned, once it is committed.

        A work that raises is rolled back alone. One whose caller is cancelled may be committed all the same.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((work, future))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._commit_all())
        return await future

    async def close(self) -> None:
        """Wait for what is being committed."""
        if self._task is not None:
            await self._task

    async def _commit_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await self._commit(batch)

    async def _commit(self, batch: list[Waiting]) -> None:
        if len(batch) == 1:
            await self._commit_one(*batch[0])
        else:
            await self._commit_several(batch)

    async def _commit_one(self, work: Work[Any], future: asyncio.Future[Any]) -> None:
        """Nobody else's work is in the transaction, so it needs no savepoint."""
        if future.done():
            return
        try:
            async with self._write() as session:
                result = await work(session)
        except Exception as error:
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(result)

    async def _commit_several(self, batch: list[Waiting]) -> None:
        done: list[tuple[asyncio.Future[Any], Any]] = []
        try:
            async with self._write() as session:
                for work, future in batch:
                    if not future.done():
                        await _in_savepoint(session, work, future, done)
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for future, result in done:
                if not future.done():
                    future.set_result(result)


async def _in_savepoint(
    session: WriteSession, work: Work[Any], future: asyncio.Future[Any], done: list[tuple[asyncio.Future[Any], Any]]
) -> None:
    try:
        with translated():
            async with session.begin_nested():
                result = await work(session)
    except Exception as error:
        if not future.done():
            future.set_exception(error)
        await _check_open(session)
    else:
        done.append((future, result))
    finally:
        # The next work reads for itself, and does not change what this one returns.
        session.expunge_all()


async def _check_open(session: WriteSession) -> None:
    """SQLite gives up a whole transaction over some errors (no room, no memory), with what others did in it.

    Raises: Unavailable.
    """
    raw: Any = await (await session.connection()).get_raw_connection()
    if not raw.driver_connection.in_transaction:
        raise Unavailable("database")
