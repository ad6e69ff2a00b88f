"""The two kinds of session, and their end. Code that only reads takes a ReadSession; the type says what one may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from imagewell.errors import Unavailable

END_S = 3.0
"""To give a connection back takes milliseconds."""


class ReadSession(AsyncSession):
    """A session on a connection that cannot write; one snapshot on SQLite, one statement's view on PostgreSQL."""


class WriteSession(ReadSession):
    """One transaction that may write; committed by `Database.write` alone. It can be handed to code that reads."""


@asynccontextmanager
async def reading(session: ReadSession) -> AsyncIterator[ReadSession]:
    """A session, and its connection given back at the end."""
    try:
        yield session
    finally:
        await to_the_end(session.close())


@asynccontextmanager
async def committing(session: WriteSession) -> AsyncIterator[WriteSession]:
    """A session that is committed at the end of the block, or taken back when it raises."""
    try:
        try:
            yield session
        except BaseException:
            await to_the_end(session.rollback())
            raise
        await session.commit()
    finally:
        await to_the_end(session.close())


async def to_the_end(work: Coroutine[Any, Any, Any], patience_s: float = END_S) -> None:
    """Do `work` even when we are cancelled, once or several times, and be cancelled afterwards.

    A connection whose taking or giving back was interrupted would be lost until the garbage collector finds it. That is
    better than to wait for ever for a database that does not answer: then the work is given up.

    Args:
        patience_s: time for the work; once we are cancelled, `END_S` is left of it.
    Raises: Unavailable when it was given up, and whatever the work does.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    giving_up = loop.call_later(patience_s, task.cancel)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            if cancelled is None:
                giving_up.cancel()
                giving_up = loop.call_at(min(giving_up.when(), loop.time() + END_S), task.cancel)
            cancelled = error
    giving_up.cancel()
    failure = Unavailable("database") if task.cancelled() else task.exception()
    if cancelled is not None:
        raise cancelled
    if failure is not None:
        raise failure
