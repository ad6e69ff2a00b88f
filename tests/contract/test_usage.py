"""Quotas, holds, events and their sums, on both databases."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select
from tests.conftest import SECRET, opened

from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.errors import InvalidParameter, NotFound, PermissionDenied, QuotaExceeded
from imagewell.ids import new_id
from imagewell.usage import repository
from imagewell.usage.ledger import Ledger
from imagewell.usage.models import UsageEvent, UsageHold, UsageHour
from imagewell.usage.rollup import RollUp
from imagewell.usage.service import MOST_FIGURES, Usage
from imagewell.usage.settings import UsageSettings
from imagewell.usage.values import Counter, Figure, Grouping, start_of

FIFTY = UsageSettings(operations_per_month=50)
TEN = UsageSettings(operations_per_month=10)


@pytest.fixture
async def ledger(database: Database, clock: HeldClock) -> AsyncIterator[Ledger]:
    """Ten operations a month."""
    made = Ledger(database, clock, TEN)
    yield made
    await made.close()


async def take(ledger: Ledger, database: Database, subject: Subject, amount: int = 1) -> None:
    async with ledger.metered(subject, "resize", amount) as metered, database.write() as session:
        await metered.take(session)


async def counted(database: Database, subject: Subject, clock: HeldClock) -> tuple[int, int]:
    """Used and held this month, as the counter has it."""
    async with database.read() as session:
        return await repository.counter(session, Counter.of(subject.account_id, "operations", clock.now())) or (0, 0)


async def rows(database: Database, table: type[Any]) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to any database meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_two_hundred_at_once_on_fifty(
    any_database_url: str, database: Database, subject: Subject, clock: HeldClock
) -> None:
    """Exactly fifty get through, from two processes' worth of connections; nothing stays held."""
    async with opened(any_database_url) as other:
        doors = [(Ledger(db, clock, FIFTY), db) for db in (database, other)]
        works = [take(*doors[number % 2], subject) for number in range(200)]
        ended = Tally(type(result) for result in await asyncio.gather(*works, return_exceptions=True))
    assert ended == {type(None): 50, QuotaExceeded: 150}
    assert await counted(database, subject, clock) == (50, 0)
    assert (await rows(database, UsageEvent), await rows(database, UsageHold)) == (50, 0)


async def test_what_fails_leaves_its_room_to_others(
    database: Database, ledger: Ledger, subject: Subject, clock: HeldClock
) -> None:
    """Of many at once that fail, are cancelled or are done, those that are done are counted and nothing else."""

    async def work(number: int) -> bool:
        async with ledger.metered(subject, "resize", 1) as metered:
            await asyncio.sleep(0.001 * (number % 7))
            if number % 3 == 0:
                raise LookupError
            async with database.write() as session:
                await metered.take(session)
                if number % 3 == 1:
                    raise LookupError
        return True

    tasks = [asyncio.create_task(work(number)) for number in range(60)]
    for task in tasks[::5]:
        await asyncio.sleep(0.001)
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await ledger.close()
    assert await counted(database, subject, clock) == (await rows(database, UsageEvent), 0)
    assert results.count(True) <= await rows(database, UsageEvent) <= 10
    assert await rows(database, UsageHold) == 0


async def test_refusal_names_the_meter_and_when_it_begins_anew(
    database: Database, ledger: Ledger, subject: Subject, clock: HeldClock
) -> None:
    """What is more than is left is refused whole; what is left may still be used."""
    await take(ledger, database, subject, 9)
    with pytest.raises(QuotaExceeded) as refused:
        await ledger.hold(subject, "remove-background", 2)
    assert (refused.value.meter, refused.value.resets_at) == ("operations", "2023-12-01T00:00:00Z")
    await take(ledger, database, subject, 1)
    assert await counted(database, subject, clock) == (10, 0)


async def test_release_frees(database: Database, ledger: Ledger, subject: Subject, clock: HeldClock) -> None:
    """A hold that is given back is free again, once, however often it is said; after a take it is nothing."""
    hold = await ledger.hold(subject, "resize", 10)
    assert await counted(database, subject, clock) == (0, 10)
    with pytest.raises(QuotaExceeded):
        await ledger.hold(subject, "resize", 1)
    await ledger.release(hold)
    await ledger.release(hold)
    assert await counted(database, subject, clock) == (0, 0)
    again = await ledger.hold(subject, "resize", 10)
    async with database.write() as session:
        await ledger.take(session, again)
    await ledger.release(again)
    assert await counted(database, subject, clock) == (10, 0)


async def test_block_without_a_take_releases(
    database: Database, ledger: Ledger, subject: Subject, clock: HeldClock
) -> None:
    """Leaving quietly, by an error, or after the transaction of the take was rolled back: all free again."""
    async with ledger.metered(subject, "resize", 4) as metered:
        assert (metered.amount, await counted(database, subject, clock)) == (4, (0, 4))
    assert await counted(database, subject, clock) == (0, 0)
    for takes in (False, True):
        with pytest.raises(LookupError):
            async with ledger.metered(subject, "resize", 4) as metered, database.write() as session:
                if takes:
                    await metered.take(session)
                raise LookupError
        assert await counted(database, subject, clock) == (0, 0)
    assert await rows(database, UsageEvent) == 0


async def test_take_counts_once(database: Database, ledger: Ledger, subject: Subject, clock: HeldClock) -> None:
    """Taken twice, or again after a transaction that was rolled back, a hold counts once."""
    hold = await ledger.hold(subject, "resize", 3)
    with pytest.raises(LookupError):
        async with database.write() as session:
            await ledger.take(session, hold)
            raise LookupError
    for _ in range(2):
        async with database.write() as session:
            await ledger.take(session, hold)
            await ledger.take(session, hold)
    assert (await counted(database, subject, clock), await rows(database, UsageEvent)) == ((3, 0), 1)


async def test_holds_of_the_killed_expire(
    database: Database, ledger: Ledger, subject: Subject, clock: HeldClock
) -> None:
    """What a killed process held is free after its time, for whoever needs it or by the sweep."""
    killed = await ledger.hold(subject, "resize", 10)
    clock.advance(119)
    with pytest.raises(QuotaExceeded):
        await ledger.hold(subject, "resize", 1)
    clock.advance(1)
    await take(ledger, database, subject)
    assert await counted(database, subject, clock) == (1, 0)
    await ledger.release(killed)
    await ledger.hold(subject, "resize", 5)
    clock.advance(120)
    await ledger.sweep()
    assert await counted(database, subject, clock) == (1, 0)
    assert await rows(database, UsageHold) == 0


async def test_late_take_is_still_right(database: Database, ledger: Ledger, subject: Subject, clock: HeldClock) -> None:
    """A hold taken after its expiry counts once if there is room, swept or not; where there is none it is refused."""
    unswept, swept, crowded_out = [await ledger.hold(subject, "resize", 3) for _ in range(3)]
    clock.advance(120)
    async with database.write() as session:
        await ledger.take(session, unswept)
    await ledger.sweep()
    assert await counted(database, subject, clock) == (3, 0)
    async with database.write() as session:
        await ledger.take(session, swept)
    assert await counted(database, subject, clock) == (6, 0)
    others = await ledger.hold(subject, "resize", 2)
    with pytest.raises(QuotaExceeded):
        async with database.write() as session:
            await ledger.take(session, crowded_out)
    assert (await counted(database, subject, clock), await rows(database, UsageEvent)) == ((6, 2), 2)
    clock.advance(120)  # now the others are late too, and make room
    async with database.write() as session:
        await ledger.take(session, crowded_out)
    assert await counted(database, subject, clock) == (9, 0)
    with pytest.raises(QuotaExceeded):
        async with database.write() as session:
            await ledger.take(session, others)
    assert await counted(database, subject, clock) == (9, 0)


async def test_late_takes_and_sweeps_at_once(
    any_database_url: str, database: Database, ledger: Ledger, subject: Subject, clock: HeldClock
) -> None:
    """Takes of expired holds, sweeps and new holds that fight over the same room never count twice, or too much."""
    late = [await ledger.hold(subject, "resize", 1) for _ in range(10)]
    clock.advance(120)

    async def take_late(number: int) -> None:
        async with database.write() as session:
            await ledger.take(session, late[number])

    async with opened(any_database_url) as other:
        elsewhere = Ledger(other, clock, TEN)
        works = [work for n in range(10) for work in (take_late(n), elsewhere.sweep(), take(elsewhere, other, subject))]
        results = await asyncio.gather(*works, return_exceptions=True)
    assert {type(result) for result in results} <= {type(None), QuotaExceeded}
    assert await counted(database, subject, clock) == (10, 0)
    assert await rows(database, UsageEvent) == 10


async def test_month_begins_anew(database: Database, ledger: Ledger, subject: Subject, clock: HeldClock) -> None:
    """With the first second of a month in UTC all is free; what was held before counts in the month it was held in."""
    november = clock.now()
    await take(ledger, database, subject, 8)
    clock.advance((datetime.fromisoformat("2023-11-30T23:59:59Z") - november).total_seconds())
    before = await ledger.hold(subject, "resize", 2)
    with pytest.raises(QuotaExceeded):
        await ledger.hold(subject, "resize", 1)
    clock.advance(1)
    await take(ledger, database, subject, 10)
    async with database.write() as session:
        await ledger.take(session, before)
    assert await counted(database, subject, clock) == (10, 0)
    async with database.read() as session:
        assert await repository.counter(session, before.counter) == (10, 0)
    usage = Usage(database, ledger.limits, clock, TEN)
    months = await usage.figures(subject, Grouping.month, usage.span(Grouping.month, november, None))
    assert [(each.period_start.isoformat()[:7], each.amount) for each in months] == [("2023-11", 10), ("2023-12", 10)]


async def test_without_a_limit_nothing_is_asked(database: Database, subject: Subject, clock: HeldClock) -> None:
    """A hold sends no statement, a take one INSERT, a release none; the limit is read once in a while."""
    ledger = Ledger(database, clock)
    await take(ledger, database, subject)
    with statements() as sent:
        holds = [await ledger.hold(subject, "resize", 1) for _ in range(20)]
        await ledger.release(holds.pop())
        assert sent == []
    async with database.write() as session:
        await session.scalar(select(1))
        with statements() as sent:
            await ledger.take(session, holds[0])
    assert [statement.split()[0] for statement in sent] == ["INSERT"]
    assert await counted(database, subject, clock) == (0, 0)
    assert await rows(database, UsageEvent) == 2


async def test_statements_under_a_limit(database: Database, ledger: Ledger, subject: Subject) -> None:
    """One UPDATE decides a hold, and one ends it."""
    await take(ledger, database, subject)
    async with database.write() as session:
        await session.scalar(select(1))
        with statements() as sent:
            hold = await ledger.hold(subject, "resize", 1) if database.dialect == "postgresql" else None
        words = [statement.split()[0] for statement in sent]
        assert words == ([] if hold is None else ["UPDATE", "INSERT"])
    hold = hold or await ledger.hold(subject, "resize", 1)
    async with database.write() as session:
        await session.scalar(select(1))
        with statements() as sent:
            await ledger.take(session, hold)
    assert [statement.split()[0] for statement in sent] == ["INSERT", "UPDATE", "DELETE"]


async def test_test_keys_are_never_counted(
    database: Database, ledger: Ledger, subject: Subject, clock: HeldClock
) -> None:
    """With the quota used up a test subject goes on, and what it does is an event of amount 0 in its own report."""
    await take(ledger, database, subject, 10)
    tester = system(subject.account_id, Stage.test)
    async with ledger.metered(tester, "resize", 2) as metered:
        assert metered.amount == 0
        async with database.write() as session:
            await metered.take(session)
    await take(ledger, database, subject, 0)
    assert await counted(database, subject, clock) == (10, 0)
    usage = Usage(database, ledger.limits, clock, TEN)
    day = usage.span(Grouping.day, None, None)
    assert [(each.count, each.amount) for each in await usage.figures(tester, Grouping.day, day)] == [(1, 0)]
    assert [(each.count, each.amount) for each in await usage.figures(subject, Grouping.day, day)] == [(2, 10)]
    assert [(each.limit, each.used, each.held) for each in await usage.quotas(tester)] == [(None, 0, 0)]
    with pytest.raises(PermissionDenied):
        await usage.set_limit(tester, "operations", 1)


async def test_own_limit_goes_before_the_servers(
    any_database_url: str, database: Database, subject: Subject, clock: HeldClock
) -> None:
    """A limit set in the middle of a month counts what was done before it: here at once, elsewhere once learnt."""
    async with opened(any_database_url) as db:
        elsewhere = Ledger(db, clock, UsageSettings(limit_cache_s=0))
        ledger = Ledger(database, clock)
        usage = Usage(database, ledger.limits, clock)
        await take(ledger, database, subject, 5)
        begun = await ledger.hold(subject, "resize", 1)
        set_ = await usage.set_limit(subject, "operations", 7)
        assert (set_.limit, set_.used, set_.held) == (7, 5, 0)
        hold = await elsewhere.hold(subject, "resize", 2)
        async with database.write() as session:
            await ledger.take(session, begun)  # had no limit to ask, and is counted
        assert [(each.used, each.held) for each in await usage.quotas(subject)] == [(6, 2)]
        await elsewhere.release(hold)
        with pytest.raises(QuotaExceeded):
            await ledger.hold(subject, "resize", 2)
        await usage.set_limit(subject, "operations", None)
        await take(ledger, database, subject, 100)
        await take(elsewhere, db, subject, 100)
        assert [(each.limit, each.used) for each in await usage.quotas(subject)] == [(None, 206)]
        await usage.set_limit(subject, "operations", 206)
        for other in (ledger, elsewhere):
            with pytest.raises(QuotaExceeded):
                await other.hold(subject, "resize", 1)
        assert await counted(database, subject, clock) == (206, 0)


async def test_limits_that_cannot_be(database: Database, subject: Subject, clock: HeldClock) -> None:
    """Zero allows nothing; an unknown meter, a negative limit and one beyond counting are refused."""
    ledger = Ledger(database, clock)
    usage = Usage(database, ledger.limits, clock)
    await usage.set_limit(subject, "operations", 0)
    with pytest.raises(QuotaExceeded):
        await ledger.hold(subject, "resize", 1)
    with pytest.raises(NotFound):
        await usage.set_limit(subject, "credits", 1)
    for wrong in (-1, 1 << 63):
        with pytest.raises(InvalidParameter):
            await usage.set_limit(subject, "operations", wrong)


def random_events(subject: Subject, other: Subject, clock: HeldClock, many: int) -> list[dict[str, Any]]:
    """Events of the last five hours, the present one included, of a few kinds."""
    chance = random.Random(7)
    made = []
    for _ in range(many):
        at = clock.now() - timedelta(seconds=chance.uniform(0, 5 * 3600))
        made.append(
            {
                "id": new_id(at.timestamp()),
                "account_id": chance.choice((subject, other)).account_id,
                "stage": chance.choice(("live", "live", "test")),
                "key_id": chance.choice(("", "0" * 24, "1" * 24)),
                "operation": chance.choice(("resize", "crop", "remove-background")),
                "meter": "operations",
                "amount": chance.randint(0, 3),
                "at": at,
            }
        )
    return made


def expected(events: list[dict[str, Any]], subject: Subject, grouping: Grouping) -> list[Figure]:
    """What a report must say of events."""
    sums: dict[tuple[datetime, str, str], list[int]] = {}
    for each in events:
        if (each["account_id"], each["stage"]) == (subject.account_id, subject.stage):
            key = (start_of(grouping, each["at"]), each["operation"], each["key_id"])
            sums.setdefault(key, []).append(each["amount"])
    return [Figure(at, op, "operations", key, len(sums[at, op, key]), sum(sums[at, op, key])) for at, op, key in sorted(sums)]  # fmt: skip  # noqa: E501


async def test_rolling_up_loses_nothing_and_counts_nothing_twice(
    any_database_url: str, database: Database, subject: Subject, clock: HeldClock
) -> None:
    """While two processes roll 2,000 events up, and are cancelled now and then, every report says the same."""
    other = system((await Accounts(database, SECRET, clock).ensure_account("other")).id)
    tester = replace(subject, stage=Stage.test)
    events = random_events(subject, other, clock, 2000)
    async with database.write() as session:
        await session.execute(insert(UsageEvent), events)
    usage = Usage(database, Ledger(database, clock).limits, clock)
    since = clock.now() - timedelta(hours=6)
    chance = random.Random(1)

    async def report(who: Subject, grouping: Grouping) -> list[Figure]:
        return list(await usage.figures(who, grouping, usage.span(grouping, since, None), by_key=True))

    async def roll(db: Database) -> None:
        for _ in range(6):
            task = asyncio.create_task(RollUp(db, clock, batch=50).run())
            await asyncio.wait([task], timeout=chance.uniform(0, 0.02))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await RollUp(db, clock, batch=50).run()

    async with opened(any_database_url) as db:
        rolling = [asyncio.create_task(roll(each)) for each in (database, db, database)]
        hours, reads = expected(events, subject, Grouping.hour), 0
        while not all(task.done() for task in rolling) or reads == 0:
            assert await report(subject, Grouping.hour) == hours
            reads += 1
        await asyncio.gather(*rolling)
    for who in (subject, other, tester):
        for grouping in Grouping:
            assert await report(who, grouping) == expected(events, who, grouping)
    current = [each for each in events if each["at"] >= start_of(Grouping.hour, clock.now())]
    assert await rows(database, UsageEvent) == len(current) > 0
    kinds = {(e["account_id"], e["stage"], start_of(Grouping.hour, e["at"]), e["key_id"], e["operation"]) for e in events if e not in current}  # fmt: skip  # noqa: E501
    assert await rows(database, UsageHour) == len(kinds)
    assert await RollUp(database, clock).run() == 0
    clock.advance(3600)
    assert await RollUp(database, clock).run() == len(current)
    assert await report(subject, Grouping.day) == expected(events, subject, Grouping.day)


async def test_report_by_key_and_operation(database: Database, subject: Subject, clock: HeldClock) -> None:
    """Sums of all callers, or of each, or of one; none of it another account's."""
    ledger, key = Ledger(database, clock), replace(subject, kind="key", key_id="a" * 24)
    usage = Usage(database, ledger.limits, clock)
    for who, operation in ((subject, "crop"), (key, "crop"), (key, "crop"), (key, "resize")):
        async with ledger.metered(who, operation, 2) as metered, database.write() as session:
            await metered.take(session)
    day = usage.span(Grouping.day, None, None)

    async def lines(**how: Any) -> list[tuple[str, str | None, int, int]]:
        found = await usage.figures(subject, Grouping.day, day, **how)
        return [(each.operation, each.key_id, each.count, each.amount) for each in found]

    assert await lines() == [("crop", None, 3, 6), ("resize", None, 1, 2)]
    assert await lines(by_key=True) == [("crop", "", 1, 2), ("crop", "a" * 24, 2, 4), ("resize", "a" * 24, 1, 2)]
    assert await lines(key_id="a" * 24, operation="crop") == [("crop", None, 2, 4)]
    assert await lines(operation="blur") == []
    other = system((await Accounts(database, SECRET, clock).ensure_account("other")).id)
    assert await usage.figures(other, Grouping.day, day) == []


async def test_report_that_is_too_long_is_refused(database: Database, subject: Subject, clock: HeldClock) -> None:
    """A report of more lines than are sent says so, instead of leaving some out."""
    usage = Usage(database, Ledger(database, clock).limits, clock)
    hour = start_of(Grouping.hour, clock.now())
    same = {"account_id": subject.account_id, "stage": "live", "hour": hour, "operation": "o", "meter": "operations"}
    keys = [{**same, "key_id": f"{number:024x}", "count": 1, "amount": 1} for number in range(MOST_FIGURES + 1)]
    async with database.write() as session:
        await session.execute(insert(UsageHour), keys)
    span = usage.span(Grouping.hour, None, None)
    assert [each.count for each in await usage.figures(subject, Grouping.hour, span)] == [MOST_FIGURES + 1]
    with pytest.raises(InvalidParameter, match="10000"):
        await usage.figures(subject, Grouping.hour, span, by_key=True)
