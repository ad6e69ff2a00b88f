"""What is counted, and in which month: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Grouping(StrEnum):
    """How long the periods of a report are."""

    hour = "hour"
    day = "day"
    month = "month"


def start_of(grouping: Grouping, at: datetime) -> datetime:
    """Start of the hour, day or calendar month of `at`, which is in UTC."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if grouping is Grouping.hour:
        return hour
    day = hour.replace(hour=0)
    return day if grouping is Grouping.day else day.replace(day=1)


def end_of(grouping: Grouping, start: datetime) -> datetime:
    """Start of the period after the one that begins at `start`."""
    if grouping is Grouping.hour:
        return start + HOUR
    return start + DAY if grouping is Grouping.day else start_of(Grouping.month, start + 31 * DAY)


@dataclass(frozen=True, slots=True)
class Counter:
    """Which count: a meter of an account in the calendar month that begins at `month`."""

    account_id: str
    meter: str
    month: datetime

    @classmethod
    def of(cls, account_id: str, meter: str, at: datetime) -> Counter:
        """That of the month of `at`."""
        return cls(account_id, meter, start_of(Grouping.month, at))


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to do one operation now. Made by `Ledger.hold`; ended by `take` or `release`.

    id: also the usage event's, so that nothing is counted twice. key_id: of the key or user, "" for the server itself.
    amount: what it counts; 0 for a test subject. at: when it was asked, which says in whose month it counts.
    held: whether a quota applies, and so a row stands for it.
    """

    id: str
    account_id: str
    stage: str
    key_id: str
    operation: str
    meter: str
    amount: int
    at: datetime
    held: bool = False

    @property
    def counter(self) -> Counter:
        """What it counts against."""
        return Counter.of(self.account_id, self.meter, self.at)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a report: how often an operation was done in a period, and what that counted on its meter.

    key_id: "" for the server itself, None where all callers are summed.
    """

    period_start: datetime
    operation: str
    meter: str
    key_id: str | None
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands with a meter this month; `limit` None is no limit. `ends_at` is when it begins anew."""

    meter: str
    limit: int | None
    used: int
    held: int
    starts_at: datetime
    ends_at: datetime
