"""The two kinds of session, and their end. Code that only reads takes a ReadSession; the type says what one may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


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


async def to_the_end(work: Coroutine[Any, Any, Any]) -> None:
    """Do `work` even when we are cancelled, once or several times, and be cancelled afterwards.

    A connection whose taking or giving back was interrupted would be lost until the garbage collector finds it.
    """
    task = asyncio.get_running_loop().create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
