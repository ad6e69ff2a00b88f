"""The one way to the database: `read` and `write` sessions, migration, and a check for `doctor`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState, Session

from imagewell.db import revision
from imagewell.db.errors import translated
from imagewell.db.postgres import Postgres
from imagewell.db.session import ReadSession, WriteSession, committing, reading
from imagewell.db.settings import DatabaseSettings
from imagewell.db.sqlite import Sqlite
from imagewell.db.together import Result, Together, Work

HIDDEN_TOO = "hidden_too"
"""The execution option of a statement that is also about rows that `hide` leaves out."""


class Database:
    """An open database. Made by `open`; end it with `close`."""

    def __init__(self, engines: Sqlite | Postgres) -> None:
        self._engines = engines
        self._started = False
        self._together = Together(self.write) if isinstance(engines, Sqlite) else None
        self._below: type[Session] = type("DatabaseSession", (Session,), {})  # of this database alone, to listen to
        options: Any = {"expire_on_commit": False, "sync_session_class": self._below}
        self._readers = async_sessionmaker(engines.reader, class_=ReadSession, autoflush=False, **options)
        self._writers = async_sessionmaker(engines.writer, class_=WriteSession, **options)

    @classmethod
    def open(cls, url: str, settings: DatabaseSettings | None = None) -> Database:
        """`sqlite:///file`, or `postgresql://user:password@host/name`. Connects on first use.

        Raises: ValueError, without the address, which may hold a password.
        """
        settings = settings or DatabaseSettings()
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError("The database address cannot be read; expected sqlite:///… or postgresql://…") from None
        match parsed.get_backend_name():
            case "sqlite":
                return cls(Sqlite(parsed, settings))
            case "postgresql" | "postgres":
                return cls(Postgres(parsed, settings))
            case other:
                raise ValueError(f"The database cannot be {other}; expected sqlite or postgresql.")

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engines.writer.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """A session for reading. Keep it short: it holds a connection."""
        with translated():
            await self._start()
            async with reading(self._readers()) as session:
                await self._engines.take(session)
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        On SQLite nobody else writes meanwhile, so nothing slow belongs inside.
        """
        with translated():
            await self._start()
            async with self._engines.writing(), committing(self._writers()) as session:
                await self._engines.take(session)
                yield session

    def hide(self, hidden: Callable[[], LoaderCriteriaOption | None]) -> None:
        """Have rows that do not count any more left out of every statement, whoever writes it.

        Args:
            hidden: the `with_loader_criteria` of now. A statement with the execution option `HIDDEN_TOO` gets all rows.
        """

        def narrow(state: ORMExecuteState) -> None:
            if state.is_insert or state.is_column_load or HIDDEN_TOO in state.execution_options:
                return
            criteria = hidden()
            if criteria is not None:
                state.statement = state.statement.options(criteria)

        event.listen(self._below, "do_orm_execute", narrow)

    async def write_together(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction that it may share with others; returns what it returned, once committed.

        For short writes that come many at a time. A work that raises is rolled back alone.
        """
        if self._together is None:
            async with self.write() as session:
                return await work(session)
        return await self._together.run(work)

    async def migrate(self) -> None:
        """Bring the tables to this version's shape; safe when several processes start at once."""
        with translated():
            await self._start()
            async with self._engines.writing(), self._engines.writer.begin() as connection:
                await self._engines.lock_migrations(connection)
                if await connection.run_sync(revision.current) != revision.HEAD:
                    from imagewell.db import migrate

                    await connection.run_sync(migrate.upgrade)

    async def check(self) -> list[str]:
        """What is wrong with it, as sentences; nothing when all is well. Raises: Unavailable."""
        with translated():
            await self._start()
            async with self._engines.reader.connect() as connection:
                found = await connection.run_sync(revision.behind)
                if self.dialect == "sqlite":
                    integrity = (await connection.execute(text("PRAGMA integrity_check"))).scalars().all()
                    found += [f"Integrity: {line}" for line in integrity if line != "ok"]
                    dangling = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
                    found += [f"A row of {row[0]} refers to one of {row[2]} that is gone." for row in dangling]
        return found

    async def copy_to(self, path: Path) -> None:
        """A consistent copy of a SQLite database, while others write. Raises: ValueError for PostgreSQL."""
        with translated():
            await self._start()
            await self._engines.copy_to(path)

    async def close(self) -> None:
        """Close every connection."""
        if self._together is not None:
            await self._together.close()
        await self._engines.close()

    async def _start(self) -> None:
        if not self._started:
            await self._engines.start()
            self._started = True
