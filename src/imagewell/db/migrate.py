"""Running Alembic from inside the program; the migrations are part of the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's settings for a connection that is open already."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """All migrations that are missing, inside the connection's transaction."""
    command.upgrade(config(connection), "head")


def behind(connection: Connection) -> list[str]:
    """A sentence when the tables are not those of this version, else nothing."""
    now = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(config(connection)).get_current_head()
    return [] if now == head else [f"The tables are at revision {now}, not {head}; run `imagewell migrate`."]
