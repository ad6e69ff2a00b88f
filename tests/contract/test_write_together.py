"""Writes that share a transaction stand and fall alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from tests.conftest import opened

from imagewell.accounts.models import Account
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.errors import Conflict, StorageFull, Unavailable
from imagewell.ids import new_id


def account(name: str) -> Account:
    now = datetime.now(UTC)
    return Account(id=new_id(), name=name, created_at=now, updated_at=now)


async def add(database: Database, name: str, fail: Exception | None = None) -> str:
    async def work(session: WriteSession) -> str:
        session.add(account(name))
        await session.flush()
        if fail is not None:
            raise fail
        return name

    return await database.write_together(work)


async def names(database: Database) -> set[str]:
    async with database.read() as session:
        return set(await session.scalars(select(Account.name)))


async def test_many_at_once_are_all_there(database: Database) -> None:
    """A hundred writes at once return what they did, and all of it is committed."""
    made = await asyncio.gather(*(add(database, f"a{number}") for number in range(100)))
    assert made == [f"a{number}" for number in range(100)]
    assert set(made) <= await names(database)


async def test_one_that_fails_takes_nobody_with_it(database: Database) -> None:
    """A write that raises is undone and says so to its caller alone."""
    works = [add(database, "good"), add(database, "bad", LookupError("no")), add(database, "also good")]
    good, bad, also = await asyncio.gather(*works, return_exceptions=True)
    assert (good, also) == ("good", "also good")
    assert isinstance(bad, LookupError)
    assert {"good", "also good"} <= await names(database)
    assert "bad" not in await names(database)


async def test_breach_of_a_constraint_is_a_conflict(database: Database) -> None:
    """Two writes of one name at once: one stands, the other is a conflict."""
    results = await asyncio.gather(add(database, "same"), add(database, "same"), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "str"]
    with pytest.raises(Conflict):
        await add(database, "same")


async def test_one_whose_caller_left_harms_nobody(database: Database) -> None:
    """Cancelling one write leaves those beside it."""
    tasks = [asyncio.create_task(add(database, f"c{number}")) for number in range(5)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[2], asyncio.CancelledError)
    assert {"c0", "c1", "c3", "c4"} <= await names(database)


async def test_a_transaction_that_is_given_up_is_given_up_for_all(new_sqlite: Callable[[], str]) -> None:
    """When SQLite ends the shared transaction over one work's error, no other is told that it was committed."""

    async def lost(session: WriteSession) -> None:
        await session.execute(text("ROLLBACK"))  # as SQLite does by itself when it has no room
        raise StorageFull

    async with opened(new_sqlite()) as database:
        works = [add(database, "before"), database.write_together(lost), add(database, "after")]
        results = await asyncio.gather(*works, return_exceptions=True)
        assert all(isinstance(result, Unavailable | StorageFull) for result in results)
        assert await add(database, "again") == "again"
        assert {"before", "after", "again"} & await names(database) == {"again"}
