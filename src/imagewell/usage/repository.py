"""All SQL about quotas, holds and events. Whatever changes a counter locks its row first; see `MeterMonth`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Update, delete, func, insert, select, union_all, update

from imagewell.accounts.subject import Stage
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_new, insert_or_update
from imagewell.usage.models import MeterMonth, Quota, UsageEvent, UsageHold, UsageHour
from imagewell.usage.values import Counter, Grouping, Hold, end_of

PLAIN = {"synchronize_session": False}
"""Nobody has these rows in a session: they are only ever changed where they lie."""


async def own_limit(session: ReadSession, account_id: str, meter: str, default: int | None) -> int | None:
    """An account's limit of a meter: its own, or `default` where it has none."""
    row = await session.get(Quota, (account_id, meter))
    return default if row is None else row.monthly_limit


async def set_limit(session: WriteSession, account_id: str, meter: str, limit: int | None, now: datetime) -> None:
    """Give an account a limit of its own; None is no limit."""
    row = {"account_id": account_id, "meter": meter, "monthly_limit": limit, "created_at": now, "updated_at": now}
    await insert_or_update(session, Quota, [row], update=["monthly_limit", "updated_at"])


async def counter(session: ReadSession, at: Counter) -> tuple[int, int] | None:
    """Used and held; None where nothing was ever decided by it."""
    row = (await session.execute(select(MeterMonth.used, MeterMonth.held).where(*_is(at)))).one_or_none()
    return None if row is None else (row.used, row.held)


async def open_counter(session: WriteSession, at: Counter) -> None:
    """Have a counter, and have it right, whatever was counted while there was no limit."""
    zero = {"account_id": at.account_id, "meter": at.meter, "month": at.month, "used": 0, "held": 0}
    await insert_new(session, MeterMonth, [zero])
    await _lock(session, at)  # who adds to it meanwhile is seen by the sum, or adds to what we write
    await session.execute(_change(at, used=await used_since(session, at)))


async def used_since(session: ReadSession, at: Counter) -> int:
    """What the events of a month say was used of a meter."""
    end = end_of(Grouping.month, at.month)
    parts = [
        select(func.coalesce(func.sum(table.amount), 0).label("amount")).where(
            table.account_id == at.account_id,
            table.stage == Stage.live,
            table.meter == at.meter,
            column >= at.month,
            column < end,
        )
        for table, column in ((UsageHour, UsageHour.hour), (UsageEvent, UsageEvent.at))
    ]
    both = union_all(*parts).subquery()
    return int(await session.scalar(select(func.sum(both.c.amount))) or 0)


async def reserve(session: WriteSession, at: Counter, amount: int, limit: int | None) -> bool:
    """Hold `amount` more, if used and held leave room for it: the one statement that decides."""
    statement = _change(at, held=MeterMonth.held + amount)
    if limit is not None:
        statement = statement.where(MeterMonth.used + MeterMonth.held + amount <= limit)
    return await _changed(session, statement) == 1


async def add_hold(session: WriteSession, hold: Hold, expires_at: datetime) -> None:
    """The row of a hold."""
    at = hold.counter
    row = {"id": hold.id, "account_id": at.account_id, "meter": at.meter, "month": at.month}
    await session.execute(insert(UsageHold), [{**row, "amount": hold.amount, "expires_at": expires_at}])


async def add_event(session: WriteSession, hold: Hold) -> bool:
    """Write what was done; False when it was written before."""
    names = ("id", "account_id", "stage", "key_id", "operation", "meter", "amount", "at")
    return bool(await insert_new(session, UsageEvent, [{name: getattr(hold, name) for name in names}]))


async def count(session: WriteSession, at: Counter, amount: int) -> None:
    """Count what was used without having been held."""
    await session.execute(_change(at, used=MeterMonth.used + amount))


async def settle(session: WriteSession, hold: Hold) -> bool:
    """From held to used. False when the hold was swept: what it held must then be reserved again, or all undone."""
    change = _change(hold.counter, used=MeterMonth.used + hold.amount, held=MeterMonth.held - hold.amount)
    await session.execute(change)
    return await _drop(session, hold)


async def free(session: WriteSession, hold: Hold) -> None:
    """Hold no more. Harmless when it was taken, freed or swept before."""
    await _lock(session, hold.counter)
    if await _drop(session, hold):
        await session.execute(_change(hold.counter, held=MeterMonth.held - hold.amount))


async def free_expired(session: WriteSession, at: Counter, now: datetime) -> int:
    """Free what was held too long; returns how much."""
    await _lock(session, at)
    doomed = delete(UsageHold).where(
        UsageHold.account_id == at.account_id,
        UsageHold.meter == at.meter,
        UsageHold.month == at.month,
        UsageHold.expires_at <= now,
    )
    freed = sum(await session.scalars(doomed.returning(UsageHold.amount), execution_options=PLAIN))
    if freed:
        await session.execute(_change(at, held=MeterMonth.held - freed))
    return freed


async def expired(session: ReadSession, now: datetime, most: int) -> list[Counter]:
    """Counters of which something is held too long."""
    columns = (UsageHold.account_id, UsageHold.meter, UsageHold.month)
    rows = await session.execute(select(*columns).distinct().where(UsageHold.expires_at <= now).limit(most))
    return [Counter(*row) for row in rows]


def _is(at: Counter) -> tuple[ColumnElement[bool], ...]:
    return (MeterMonth.account_id == at.account_id, MeterMonth.meter == at.meter, MeterMonth.month == at.month)


def _change(at: Counter, **values: Any) -> Update:
    return update(MeterMonth).where(*_is(at)).values(values).execution_options(**PLAIN)


async def _lock(session: WriteSession, at: Counter) -> None:
    """Have others wait who change this counter, until the transaction ends."""
    await session.execute(select(MeterMonth.meter).where(*_is(at)).with_for_update())


async def _changed(session: WriteSession, statement: Any) -> int:
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount


async def _drop(session: WriteSession, hold: Hold) -> bool:
    return await _changed(session, delete(UsageHold).where(UsageHold.id == hold.id).execution_options(**PLAIN)) == 1
