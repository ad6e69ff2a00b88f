"""INSERT … ON CONFLICT for both databases; SQLAlchemy has it once per dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import sqlite

from imagewell.db.base import Base
from imagewell.db.session import WriteSession


async def insert_new(session: WriteSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Insert what breaks no unique rule; a row that is there already stays as it is.

    Returns: the (first column of the) primary keys of the rows that went in. On PostgreSQL this waits for another
    transaction that is about to insert the same.
    """
    statement = _insert(session, table).on_conflict_do_nothing().returning(_key(table)[0])
    return list((await session.execute(statement, _plain(rows))).scalars()) if rows else []


async def insert_or_update(
    session: WriteSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, update: Sequence[str]
) -> None:
    """Insert rows; where the primary key is there already, set the columns `update` to the new values."""
    statement = _insert(session, table)
    set_ = {name: statement.excluded[name] for name in update}
    if rows:
        await session.execute(statement.on_conflict_do_update(index_elements=_key(table), set_=set_), _plain(rows))


async def insert_or_add(
    session: WriteSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, add: Sequence[str]
) -> None:
    """Insert rows; where the primary key is there already, add the new values of the columns `add` to the old ones."""
    statement = _insert(session, table)
    set_ = {name: getattr(table, name) + statement.excluded[name] for name in add}
    if rows:
        await session.execute(statement.on_conflict_do_update(index_elements=_key(table), set_=set_), _plain(rows))


def _insert(session: WriteSession, table: type[Base]) -> Any:
    """Rows are handed over as parameters, not as `values`: so the statement's text is made once and remembered."""
    rows: Any = table.__table__
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # a dialect takes a while to import

        return postgresql.insert(rows)
    return sqlite.insert(rows)


def _key(table: type[Base]) -> list[Any]:
    return list(inspect(table).primary_key)


def _plain(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
