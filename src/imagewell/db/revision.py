"""Which shape the tables have. Read without Alembic, whose import would be a good part of every start."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

HEAD = "0004"
"""The newest migration; a test holds it to what is in `migrations/versions`."""


def current(connection: Connection) -> str | None:
    """The revision the tables are at; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def behind(connection: Connection) -> list[str]:
    """A sentence when the tables are not those of this version, else nothing."""
    now = current(connection)
    return [] if now == HEAD else [f"The tables are at revision {now}, not {HEAD}; run `imagewell migrate`."]
