"""SQLite: one writer connection a process, which alone checkpoints, and readers that cannot write.

Before 3.51.3 two connections that write or checkpoint a WAL database at the same instant can corrupt it, and Python is
often linked with an older one. So a process has a single writing connection, and between processes (the server and
the command line) a file lock is held around everything that one of them does: a transaction, opening, closing.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from imagewell.db.errors import refusal_for_driver
from imagewell.db.filelock import FileLock
from imagewell.db.session import ReadSession
from imagewell.db.settings import DatabaseSettings
from imagewell.db.sqlite_driver import connect

PRAGMAS = ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 67108864")
READER_PRAGMAS = ("foreign_keys = ON", "query_only = ON", "wal_autocheckpoint = 0")
LOCK_SUFFIX = ".write-lock"


class Sqlite:
    """The engines of one database file."""

    def __init__(self, url: URL, settings: DatabaseSettings) -> None:
        path = Path(_file(url))
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path.with_name(path.name + LOCK_SUFFIX), settings.wait_s)
        self.writer = _engine(path, settings, PRAGMAS, "BEGIN IMMEDIATE", 1)
        self.reader = _engine(path, settings, READER_PRAGMAS, "BEGIN", settings.readers)

    async def start(self) -> None:
        """Open the writer first: as long as it is open, no reader is the last to leave and checkpoints on its way."""
        async with self._lock.held(), self.writer.connect():
            pass

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Around every transaction that writes."""
        async with self._lock.held():
            yield

    async def take(self, session: ReadSession) -> None:
        """Nothing: a session takes its connection without waiting, so that nothing can come between."""

    async def lock_migrations(self, connection: Any) -> None:
        """Nothing: the lock around the transaction is enough."""

    async def copy_to(self, path: Path) -> None:
        """A snapshot, through a connection of its own that only reads. Raises: StorageFull, Unavailable."""
        await asyncio.to_thread(_vacuum_into, self._path, path)

    async def close(self) -> None:
        """Readers first, the writer last and under the lock, since closing it checkpoints."""
        await self.reader.dispose()
        async with self._lock.held():
            await self.writer.dispose()
        self._lock.close()


def _vacuum_into(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.OperationalError as error:
            raise refusal_for_driver(error) from error


def _file(url: URL) -> str:
    if not url.database or url.database == ":memory:":
        raise ValueError("A SQLite database must be a file, such as sqlite:////var/lib/imagewell/imagewell.db.")
    return url.database


def _engine(path: Path, settings: DatabaseSettings, pragmas: tuple[str, ...], begin: str, size: int) -> AsyncEngine:
    reads = pragmas is READER_PRAGMAS
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,  # hashes and sealed secrets are no business of a log
        pool_timeout=settings.wait_s,
        connect_args={"async_creator_fn": lambda *_, **__: connect(path, settings.wait_s, begin, reads=reads)},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: sqlite3 would begin late and without a lock
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
