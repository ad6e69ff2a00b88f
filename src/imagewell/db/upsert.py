"""INSERT … ON CONFLICT for both databases; SQLAlchemy has it once per dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite

from imagewell.db.base import Base
from imagewell.db.session import WriteSession


async def insert_new(session: WriteSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Insert what breaks no unique rule; a row that is there already stays as it is.

    Returns: the (first column of the) primary keys of the rows that went in. On PostgreSQL this waits for another
    transaction that is about to insert the same.
    """
    statement = _insert(session, table).values([dict(row) for row in rows]).on_conflict_do_nothing()
    return list((await session.execute(statement.returning(inspect(table).primary_key[0]))).scalars())


async def insert_or_update(
    session: WriteSession, table: type[Base], rows: Sequence[Mapping[str, Any]], *, update: Sequence[str]
) -> None:
    """Insert rows; where the primary key is there already, set the columns `update` to the new values."""
    statement = _insert(session, table).values([dict(row) for row in rows])
    set_ = {name: statement.excluded[name] for name in update}
    await session.execute(statement.on_conflict_do_update(index_elements=list(inspect(table).primary_key), set_=set_))


def _insert(session: WriteSession, table: type[Base]) -> Any:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
