"""The two kinds of session. Code that only reads takes a ReadSession; the type says what a function may do."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession


class ReadSession(AsyncSession):
    """A session on a connection that cannot write; one snapshot on SQLite, one statement's view on PostgreSQL."""


class WriteSession(ReadSession):
    """One transaction that may write; committed by `Database.write` alone. It can be handed to code that reads."""
