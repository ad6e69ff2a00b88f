"""Running Alembic from inside the program, on the migrations of this package. Imported when there is one to run."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
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
