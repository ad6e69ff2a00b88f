"""All SQL about figures: reading them, and moving events into their hourly sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from imagewell.accounts.subject import Subject, readable
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_or_add
from imagewell.usage.models import UsageEvent, UsageHour
from imagewell.usage.values import Grouping

PERIODS = {
    Grouping.hour: ("%Y-%m-%dT%H:00:00", 'YYYY-MM-DD"T"HH24:00:00'),
    Grouping.day: ("%Y-%m-%dT00:00:00", 'YYYY-MM-DD"T"00:00:00'),
    Grouping.month: ("%Y-%m-01T00:00:00", 'YYYY-MM-"01T00:00:00"'),
}
"""The start of a period as text: how SQLite writes it, and how PostgreSQL does."""

Line = tuple[str, str, str, str | None, int, int]


async def figures(
    session: ReadSession,
    subject: Subject,
    grouping: Grouping,
    between: tuple[datetime, datetime],
    where: Mapping[str, str],
    *,
    by_key: bool,
    most: int,
) -> Sequence[Line]:
    """Period, operation, meter, key, count, amount: sums over whole periods, in this order.

    One statement: so an event that is being rolled up meanwhile is seen in one of its two places.
    """
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    parts = [
        _part(table, time, counted, on_sqlite, grouping, by_key).where(
            readable(table, subject),
            time >= between[0],
            time < between[1],
            *(getattr(table, name) == value for name, value in where.items()),
        )
        for table, time, counted in (
            (UsageHour, UsageHour.hour, UsageHour.count),
            (UsageEvent, UsageEvent.at, literal(1)),
        )
    ]
    both = union_all(*parts).subquery().c
    groups = (both.period, both.operation, both.meter, both.key_id)
    sums = (func.sum(both.counted), func.sum(both.amount))
    rows = await session.execute(select(*groups, *sums).group_by(*groups).order_by(*groups).limit(most))
    return [(period, operation, meter, key, int(n), int(amount)) for period, operation, meter, key, n, amount in rows]


async def any_before(session: ReadSession, hour: datetime) -> bool:
    """Whether there is an event from before `hour`."""
    return await session.scalar(select(UsageEvent.id).where(_before(hour)).limit(1)) is not None


async def roll_up(session: WriteSession, hour: datetime, most: int) -> int:
    """Move at most `most` events from before `hour` into their sums; returns how many.

    What another process is moving is passed over, and the sums are added to in one order, so nobody waits for long.
    """
    oldest = select(UsageEvent).where(_before(hour)).order_by(UsageEvent.id).limit(most)
    events = (await session.scalars(oldest.with_for_update(skip_locked=True))).all()
    if not events:
        return 0
    await insert_or_add(session, UsageHour, summed(events), add=["count", "amount"])
    gone = delete(UsageEvent).where(UsageEvent.id.in_([event.id for event in events]))
    await session.execute(gone, execution_options={"synchronize_session": False})
    return len(events)


def summed(events: Sequence[UsageEvent]) -> list[dict[str, Any]]:
    """One row for events of one hour that are alike, in the order of their keys."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for event in events:
        hour = event.at.replace(minute=0, second=0, microsecond=0)
        key = (event.account_id, event.stage, hour, event.key_id, event.operation, event.meter)
        sum_ = sums.setdefault(key, [0, 0])
        sum_[0] += 1
        sum_[1] += event.amount
    names = ("account_id", "stage", "hour", "key_id", "operation", "meter", "count", "amount")
    return [dict(zip(names, (*key, *sums[key]), strict=True)) for key in sorted(sums)]


def _before(hour: datetime) -> ColumnElement[bool]:
    """Ids begin with the second of their event."""
    return UsageEvent.id < f"{int(hour.timestamp()):08x}"


def _part(
    table: type[UsageHour] | type[UsageEvent],
    time: InstrumentedAttribute[datetime],
    counted: Any,
    on_sqlite: bool,
    grouping: Grouping,
    by_key: bool,
) -> Select[Any]:
    sqlites, postgres = PERIODS[grouping]
    period = func.strftime(sqlites, time) if on_sqlite else func.to_char(func.timezone("UTC", time), postgres)
    key: Any = table.key_id if by_key else literal("")
    return select(
        period.label("period"),
        table.operation.label("operation"),
        table.meter.label("meter"),
        key.label("key_id"),
        counted.label("counted"),
        table.amount.label("amount"),
    )
