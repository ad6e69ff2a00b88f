"""The migrations make the tables that the models describe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    inspect,
    select,
)
from tests.conftest import opened

import imagewell.assets.models
import imagewell.delivery.models
import imagewell.jobs.models
import imagewell.sources.models
import imagewell.usage.models  # noqa: F401
from imagewell.accounts.models import Account
from imagewell.assets.models import Asset
from imagewell.db import migrate, revision
from imagewell.db.base import Base
from imagewell.db.database import Database
from imagewell.ids import new_id


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def in_database(db: Database, look: Callable[[Connection], object]) -> object:
    async with db.write() as session:
        return await (await session.connection()).run_sync(look)


async def test_models_and_migrations_agree(database: Database) -> None:
    """Alembic finds nothing that a migration is missing for."""
    assert await in_database(database, differences) == []


def test_newest_revision_is_known_without_alembic() -> None:
    """The revision that a start compares with is the last of the migrations."""
    assert ScriptDirectory(str(migrate.FOLDER)).get_current_head() == revision.HEAD


async def test_texts_are_sorted_by_code_point(database: Database) -> None:
    """What is paged by text has one order on both databases, whatever language the server speaks."""
    now = datetime.now(UTC)
    names = ["a", "B", "ä", "Z", "a-b", "aB", "_"]
    async with database.write() as session:
        session.add_all(Account(id=new_id(), name=name, created_at=now, updated_at=now) for name in names)
    async with database.read() as session:
        assert list(await session.scalars(select(Account.name).order_by(Account.name))) == sorted(names)


async def test_down_and_up_again(any_database_url: str) -> None:
    """A migration can be taken back and made again."""
    async with opened(any_database_url) as db:
        await in_database(db, lambda connection: command.downgrade(migrate.config(connection), "base"))
        tables = await in_database(db, lambda connection: set(inspect(connection).get_table_names()))
        assert tables == {"alembic_version"}
        assert await db.check() == [f"The tables are at revision None, not {revision.HEAD}; run `imagewell migrate`."]
        await db.migrate()
        assert await db.check() == []


ACCOUNT_ID = "0" * 24
VALUES: dict[type, object] = {
    Boolean: True,
    DateTime: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    Double: 0.5,
    Integer: 1,
    JSON: [],
    LargeBinary: b"bytes",
}


async def test_rows_of_the_first_version_are_kept(any_database_url: str) -> None:
    """A database that was in use: every row of every table is as it was, and the new columns are empty."""
    async with opened(any_database_url) as db:
        await in_database(db, lambda connection: command.downgrade(migrate.config(connection), "0001"))
        before = await in_database(db, fill)
        assert isinstance(before, dict)
        assert len(before) > 10
        await db.migrate()
        assert await db.check() == []
        after = await in_database(db, lambda connection: {name: rows(connection, name) for name in before})
        assert isinstance(after, dict)
        for name, (was,) in before.items():
            (now,) = after[name]
            assert {column: now[column] for column in was} == was
        async with db.read() as session:
            asset = await session.scalar(select(Asset))
            assert asset is not None
            assert (asset.account_id, asset.title, asset.shared_at) == (ACCOUNT_ID, None, None)


def fill(connection: Connection) -> dict[str, list[dict[str, object]]]:
    """A row in each table; each text is the same, so that what refers to another row does."""
    made = MetaData()
    made.reflect(connection)
    tables = [table for table in made.sorted_tables if table.name != "alembic_version"]
    for table in tables:
        connection.execute(table.insert().values({column.name: value(column.type) for column in table.columns}))
    return {table.name: rows(connection, table.name) for table in tables}


def value(type_: object) -> object:
    return next((value for kind, value in VALUES.items() if isinstance(type_, kind)), ACCOUNT_ID)


def rows(connection: Connection, name: str) -> list[dict[str, object]]:
    found = connection.execute(select(Table(name, MetaData(), autoload_with=connection)))
    return [dict(row._mapping) for row in found]


async def test_failed_migration_changes_nothing(any_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrating is one transaction: when it fails, the tables are as they were."""

    def fail(connection: Connection) -> None:
        command.downgrade(migrate.config(connection), "base")
        raise RuntimeError

    async with opened(any_database_url) as db:
        with monkeypatch.context() as newer:
            newer.setattr(revision, "HEAD", "newer")
            newer.setattr(migrate, "upgrade", fail)
            with pytest.raises(RuntimeError):
                await db.migrate()
        assert await db.check() == []
