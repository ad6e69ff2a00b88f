"""PostgreSQL through psycopg 3: one pool, with a ceiling on every kind of waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from imagewell.db.session import ReadSession, to_the_end
from imagewell.db.settings import DatabaseSettings

TAKE_S = 30.0
"""Longer than the usual waits for a connection together; they are settings."""
MIGRATION_LOCK = 0x494D4157  # any number that no other program takes; these are the letters IMAW


class Postgres:
    """The engines of one database; both draw on the same pool, and what the reader begins is READ ONLY."""

    def __init__(self, url: URL, settings: DatabaseSettings) -> None:
        self.writer = _engine(url, settings)
        self.reader = self.writer.execution_options(postgresql_readonly=True)

    async def start(self) -> None:
        """Connections are made when they are needed."""

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """PostgreSQL looks after its own writers."""
        yield

    async def take(self, session: ReadSession) -> None:
        """Give a session its connection, which is looked at and made READ ONLY on the way: all of it or nothing."""
        await to_the_end(session.connection(), TAKE_S)

    async def lock_migrations(self, connection: AsyncConnection) -> None:
        """Until this transaction ends, nobody else migrates; this wait and what follows may take their time."""
        await connection.execute(text("SET LOCAL lock_timeout = 0"))
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})

    async def copy_to(self, path: Path) -> None:
        """Raises: ValueError, always."""
        raise ValueError("Only a SQLite database is copied to a file; use pg_dump for PostgreSQL.")

    async def close(self) -> None:
        """Give all connections back."""
        await self.writer.dispose()


def _engine(url: URL, settings: DatabaseSettings) -> AsyncEngine:
    limits = {
        "statement_timeout": settings.statement_timeout_s * 1000,
        "lock_timeout": int(settings.wait_s * 1000),
        "idle_in_transaction_session_timeout": settings.statement_timeout_s * 1000,
    }
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=settings.wait_s,
        hide_parameters=True,  # hashes and sealed secrets are no business of a log
        pool_pre_ping=True,  # a restarted database costs nobody a request
        connect_args={
            "connect_timeout": settings.connect_timeout_s,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()) + " -c timezone=UTC",
        },
    )
