"""aiosqlite, with one hand-over to its thread for each statement.

SQLAlchemy opens a cursor, executes, fetches and closes; aiosqlite hands each of the four to its thread and waits, which
takes several times as long as the statement itself. Here all four are done in the thread at once; BEGIN goes with the
first statement of its transaction, and nobody waits for the end of a transaction that only read.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite

ITER_CHUNK_SIZE = 64
"""aiosqlite's own; nothing here iterates."""


class Connection(aiosqlite.Connection):
    """A connection whose cursors hold their rows.

    Args:
        begin: what begins its transactions. reads: it never writes, so that a rollback cannot fail in any way that
            would matter, and need not be waited for.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], begin: str, reads: bool) -> None:
        super().__init__(connector, ITER_CHUNK_SIZE)
        self._begin = begin
        self._reads = reads
        self._begins = False

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy only ever enters what this returns
        """A cursor; nothing is handed over for it."""
        return Cursor(self)

    async def run(self, statement: str, parameters: Any, many: bool) -> Done:
        """Execute in the thread, and take all rows."""
        if statement == self._begin:
            self._begins = True
            return NOTHING
        begin, self._begins = self._begin if self._begins else None, False
        try:
            done: Done = await self._execute(_run, self._conn, begin, statement, parameters, many)  # type: ignore[no-untyped-call]
        except sqlite3.Error:
            # Where BEGIN itself failed, the next statement begins: none is ever outside of a transaction.
            self._begins = begin is not None and not self._conn.in_transaction
            raise
        return done

    async def commit(self) -> None:
        """End a transaction that did something."""
        if not self._unbegun():
            await super().commit()

    async def rollback(self) -> None:
        """Take back a transaction that did something."""
        if self._unbegun():
            return
        if self._reads:
            self._tx.put_nowait((None, self._conn.rollback))
        else:
            await super().rollback()

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread. Once: it would leave whoever asks a second time without an answer for ever."""
        return super().stop() if self._running else None

    def _unbegun(self) -> bool:
        """Whether the transaction ends before its first statement; it then needs no end."""
        unbegun, self._begins = self._begins, False
        return unbegun


class Done:
    """What a statement left: its rows, and what the DB-API says of it."""

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self, cursor: sqlite3.Cursor | None = None) -> None:
        self.description: Any = cursor and cursor.description
        self.rowcount = cursor.rowcount if cursor else -1
        self.lastrowid = cursor.lastrowid if cursor else None
        self.rows: list[Any] = []


NOTHING = Done()


def _run(connection: sqlite3.Connection, begin: str | None, statement: str, parameters: Any, many: bool) -> Done:
    cursor = connection.cursor()
    try:
        if begin is not None:
            cursor.execute(begin)
        (cursor.executemany if many else cursor.execute)(statement, parameters)
        done = Done(cursor)
        if done.description:
            done.rows = cursor.fetchall()
            done.rowcount = cursor.rowcount  # of INSERT … RETURNING it is known only now
        return done
    finally:
        cursor.close()


class Cursor:
    """The part of aiosqlite's cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        """One statement. Raises: sqlite3.Error."""
        return self._take(await self._connection.run(statement, parameters, many=False))

    async def executemany(self, statement: str, parameters: Sequence[Iterable[Any]]) -> Self:
        """One statement many times. Raises: sqlite3.Error."""
        return self._take(await self._connection.run(statement, parameters, many=True))

    async def fetchall(self) -> list[Any]:
        """The rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    def _take(self, done: Done) -> Self:
        self.description, self.rowcount, self.lastrowid = done.description, done.rowcount, done.lastrowid
        self._rows = done.rows
        return self


def connect(path: Path, wait_s: float, begin: str, *, reads: bool) -> Connection:
    """A connection to a file, opened when it is awaited. Its thread ends with the program.

    Args:
        wait_s: for a lock that another connection holds. begin, reads: see `Connection`.
    """

    def connector() -> sqlite3.Connection:
        # SQLAlchemy sets the isolation level from its own thread, before anything is executed.
        return sqlite3.connect(path, timeout=wait_s, check_same_thread=False)

    connection = Connection(connector, begin, reads)
    connection._thread.daemon = True
    return connection
