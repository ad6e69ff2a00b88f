"""The database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import random
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from tests.conftest import opened

from imagewell.accounts.models import Account, ApiKey
from imagewell.assets.models import Asset
from imagewell.db.base import Base
from imagewell.db.database import Database
from imagewell.db.settings import DatabaseSettings
from imagewell.errors import Conflict, Unavailable
from imagewell.ids import new_id
from imagewell.sources.models import Source

NOW = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


def account(name: str, at: datetime = NOW) -> Account:
    return Account(id=new_id(), name=name, created_at=at, updated_at=at)


async def count(db: Database) -> int:
    async with db.read() as session:
        return await session.scalar(select(func.count()).select_from(Account)) or 0


async def test_write_commits_at_the_end(database: Database) -> None:
    """What is written in a block is there after it."""
    async with database.write() as session:
        session.add(account("a"))
    assert await count(database) == 1


async def test_error_rolls_back(database: Database) -> None:
    """What is written in a block that fails is not there after it, and the next block works."""
    with pytest.raises(RuntimeError):
        async with database.write() as session:
            session.add(account("a"))
            await session.flush()
            raise RuntimeError
    assert await count(database) == 0
    await test_write_commits_at_the_end(database)


async def test_cancelled_writer_leaves_nothing_behind(database: Database) -> None:
    """A writer that is cancelled in the middle writes nothing and holds nobody up."""
    inside = asyncio.Event()

    async def write() -> None:
        async with database.write() as session:
            session.add(account("a"))
            await session.flush()
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == 0
    await test_write_commits_at_the_end(database)


async def test_reader_cannot_write(database: Database) -> None:
    """A session for reading is refused by the database itself when it tries to write."""
    with pytest.raises((DBAPIError, Unavailable)):
        async with database.read() as session:
            session.add(account("a"))
            await session.flush()
    assert await count(database) == 0


async def test_times_keep_their_instant_and_zone(database: Database) -> None:
    """A time comes back in UTC with its microseconds, in whatever zone it was given."""
    abroad = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    async with database.write() as session:
        session.add(account("a", abroad))
    async with database.read() as session:
        found = await session.scalar(select(Account.created_at))
    assert found == NOW
    assert found is not None
    assert found.utcoffset() == timedelta(0)


async def test_time_without_zone_is_refused(database: Database) -> None:
    """A time without a zone is a mistake and never reaches the database."""
    with pytest.raises(StatementError, match="without a zone"):
        async with database.write() as session:
            session.add(account("a", NOW.replace(tzinfo=None)))


async def test_broken_rule_is_a_conflict(database: Database) -> None:
    """A unique rule that is broken by a race is a conflict for the caller, not an error of the server."""
    with pytest.raises(Conflict):
        async with database.write() as session:
            session.add_all([account("a"), account("a")])


async def test_foreign_keys_hold(database: Database) -> None:
    """A row cannot refer to one that is not there."""
    key = {"account_id": new_id(), "name": "k", "stage": "live", "digest": "d", "last4": "last", "public_key": "p"}
    with pytest.raises(Conflict):
        async with database.write() as session:
            session.add(
                ApiKey(id=new_id(), scopes=[], ip_allow=[], domain_allow=[], created_at=NOW, updated_at=NOW, **key)
            )


@pytest.mark.parametrize(("row", "relation"), [(Asset, "tag_rows"), (Source, "host_rows")])
def test_relations_are_never_loaded_in_passing(row: type[Base], relation: str) -> None:
    """A relation that was not asked for raises instead of running a query behind one's back."""
    assert inspect(row).relationships[relation].lazy == "raise"


async def test_writers_at_once_all_get_through(database: Database) -> None:
    """Many tasks that read and then write lose none of each other's changes."""
    async with database.write() as session:
        session.add(account("0"))

    async def increment() -> None:
        async with database.write() as session:
            row = await session.scalar(select(Account).with_for_update())
            assert row is not None
            row.name = str(int(row.name) + 1)

    await asyncio.gather(*(increment() for _ in range(30)))
    async with database.read() as session:
        assert await session.scalar(select(Account.name)) == "30"


async def test_readers_work_while_one_writes(database: Database) -> None:
    """An open transaction hides its changes from readers and does not hold them up."""
    async with database.write() as session:
        session.add(account("a"))
        await session.flush()
        assert await count(database) == 0
    assert await count(database) == 1


async def test_check_finds_nothing_wrong(database: Database) -> None:
    """A fresh database is in order."""
    assert await database.check() == []


async def test_migrating_twice_at_once_is_harmless(any_database_url: str) -> None:
    """Two processes that start at the same moment may both migrate."""
    async with opened(any_database_url) as one, opened(any_database_url) as other:
        await asyncio.gather(one.migrate(), other.migrate())
        assert await one.check() == []


def test_unknown_kind_is_refused_without_the_password() -> None:
    """An address that cannot be used is refused in a sentence that does not repeat it."""
    with pytest.raises(ValueError, match="sqlite or postgresql") as refused:
        Database.open("mysql://root:hunter2@db/imagewell")
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ValueError, match="must be a file"):
        Database.open("sqlite://")
    with pytest.raises(ValueError, match="cannot be read"):
        Database.open("::::")


async def test_absent_postgres_is_unavailable() -> None:
    """A database that does not answer is a refusal that says so, not an exception of its driver."""
    async with opened("postgresql://nobody@127.0.0.1:1/none") as db:
        with pytest.raises(Unavailable, match="database"):
            async with db.read() as session:
                await session.execute(text("SELECT 1"))


async def test_restarted_postgres_costs_nobody_a_request(new_postgres: Callable[[], str], postgres: object) -> None:
    """Connections that died meanwhile are noticed before they are used."""
    async with opened(new_postgres()) as db:
        assert await count(db) == 0
        postgres.execute(  # type: ignore[attr-defined]
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        )
        assert await count(db) == 0


async def test_a_postgres_that_stops_answering_holds_nobody_for_ever(new_postgres: Callable[[], str]) -> None:
    """Who has waited enough is let go, while a connection is taken, used or given back."""
    await asyncio.gather(*(let_go(new_postgres(), moment) for moment in ("taken", "used", "given back")))


async def let_go(url: str, moment: str) -> None:
    """The server's side of a connection stops at that moment of a read, which is then cancelled."""
    db = Database.open(url, DatabaseSettings(pool_size=1, pool_overflow=0))
    async with db.read() as session:
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    stopped = asyncio.Event()

    def stop(now: str) -> None:
        if now == moment:
            os.kill(pid, signal.SIGSTOP)
            stopped.set()

    async def read() -> None:
        stop("taken")
        async with db.read() as session:
            stop("used")
            await session.execute(text("SELECT 1"))
            stop("given back")

    task = asyncio.create_task(read())
    try:
        await stopped.wait()
        await asyncio.sleep(0.1)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=25)
        assert done, f"it waits for ever to be {moment}"
        assert await count(db) == 0
    finally:
        os.kill(pid, signal.SIGCONT)
        await db.close()


async def test_locked_sqlite_is_unavailable_and_recovers(new_sqlite: Callable[[], str]) -> None:
    """Where another process holds the write lock for too long, the writer gives up in words, and later works again."""
    url = new_sqlite()
    mine = Database.open(url, DatabaseSettings(wait_s=0.3))
    async with opened(url) as other:
        async with other.write() as session:
            session.add(account("theirs"))
            await session.flush()
            with pytest.raises(Unavailable):
                async with mine.write():
                    pass
        async with mine.write() as session:
            session.add(account("mine"))
        assert await count(other) == 2
    await mine.close()


async def test_sqlite_is_set_up_to_survive_power_cuts(sqlite_database: Database) -> None:
    """The writer syncs every commit, keeps foreign keys and uses the write-ahead log; readers never checkpoint."""
    async with sqlite_database.write() as session:
        assert await _pragmas(session) == ("wal", 2, 1, 0)
    async with sqlite_database.read() as session:
        assert await _pragmas(session) == ("wal", 2, 1, 1)
        assert (await session.execute(text("PRAGMA wal_autocheckpoint"))).scalar() == 0


async def _pragmas(session: object) -> tuple[object, ...]:
    names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
    return tuple([(await session.execute(text(f"PRAGMA {name}"))).scalar() for name in names])  # type: ignore[attr-defined]


def insert_many(url: str, name: str, number: int) -> None:
    """Runs in a process of its own."""

    async def run() -> None:
        async with opened(url) as db:
            for index in range(number):
                async with db.write() as session:
                    session.add(account(f"{name}{index}"))

    asyncio.run(run())


async def test_two_processes_share_one_sqlite_file(new_sqlite: Callable[[], str]) -> None:
    """The server and the command line may write to one file at once; nothing is lost and nothing corrupted."""
    url = new_sqlite()
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=insert_many, args=(url, name, 60)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    async with opened(url) as db:
        assert await count(db) == 180
        assert await db.check() == []


async def test_copy_is_whole_while_others_write(sqlite_database: Database, tmp_path: Path) -> None:
    """A backup taken in the middle of writing is a database in order."""

    async def write() -> None:
        for index in range(40):
            async with sqlite_database.write() as session:
                session.add(account(f"a{index}"))

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.01)
    await sqlite_database.copy_to(tmp_path / "copy.db")
    await writing
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT count(*) FROM accounts").fetchone()[0] <= 40
    copy.close()


async def test_a_block_without_statements_costs_nothing(sqlite_database: Database) -> None:
    """No transaction is begun for it, and the next block has one of its own."""
    async with sqlite_database.write():
        pass
    async with sqlite_database.read():
        pass
    await test_write_commits_at_the_end(sqlite_database)


async def test_a_reader_lets_go_of_its_snapshot(sqlite_database: Database) -> None:
    """What is written after a block of reading is seen by the next block on the same connection, again and again."""
    for wanted in range(1, 30):
        async with sqlite_database.write() as session:
            session.add(account(f"account {wanted}"))
        assert await count(sqlite_database) == wanted


async def test_a_failing_statement_takes_its_transaction_back(sqlite_database: Database) -> None:
    """Also when it is the first, with which the transaction only begins."""
    for _ in range(3):
        with pytest.raises(Unavailable):
            async with sqlite_database.write() as session:
                await session.execute(text("INSERT INTO nowhere VALUES (1)"))
    await test_write_commits_at_the_end(sqlite_database)


async def test_a_transaction_that_could_not_begin_is_begun_by_the_next_statement(new_sqlite: Callable[[], str]) -> None:
    """Nothing that a block does is done outside of its transaction, whatever became of its first statement."""
    url = new_sqlite()
    mine = Database.open(url, DatabaseSettings(wait_s=0.1))
    stranger = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    with closing(stranger), pytest.raises(RuntimeError):
        async with mine.write() as session:
            stranger.execute("BEGIN IMMEDIATE")
            with pytest.raises(DBAPIError):
                await session.execute(text("SELECT 1"))
            stranger.execute("ROLLBACK")
            session.add(account("half"))
            await session.flush()
            raise RuntimeError
    assert await count(mine) == 0
    await mine.close()


async def test_a_writer_cancelled_twice_leaves_no_task(sqlite_database: Database) -> None:
    """The second time while its connection is being closed."""
    for _ in range(3):
        before = asyncio.all_tasks()
        writing = asyncio.create_task(write_slowly(sqlite_database))
        await asyncio.sleep(0.05)
        writing.cancel()
        await asyncio.sleep(0.01)
        writing.cancel()
        await asyncio.wait({writing})
        await asyncio.wait_for(asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True), 20)
    await test_write_commits_at_the_end(sqlite_database)


async def write_slowly(db: Database) -> None:
    counting = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) SELECT sum(x) FROM n"
    async with db.write() as session:
        await session.execute(text(counting))


async def test_cancellations_lose_no_connection(database: Database) -> None:
    """Whenever, and however often, tasks are cancelled, their connections go back to the pool or are closed."""
    chance = random.Random(5)

    async def work() -> None:
        async with database.write() if chance.random() < 0.5 else database.read() as session:
            await session.execute(text("SELECT 1"))
            await session.execute(text("SELECT 2"))

    for _ in range(150):
        tasks = [asyncio.create_task(work()) for _ in range(6)]
        await asyncio.sleep(chance.random() * 0.004)
        for _ in range(2):
            for task in tasks:
                if chance.random() < 0.6:
                    task.cancel()
            await asyncio.sleep(chance.random() * 0.002)
        await asyncio.gather(*tasks, return_exceptions=True)
    gc.collect()
    for engine in (database._engines.writer, database._engines.reader):
        assert engine.pool.checkedout() == 0
    assert await count(database) == 0
