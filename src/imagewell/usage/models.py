"""Rows: quotas and their counters, what is held of them, usage events and their hourly sums."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from imagewell.accounts.models import Account
from imagewell.db.base import EXACT, Base, Exact, Key, Time, UtcTime


class Quota(Base):
    """An account's own limit of a meter per calendar month; NULL is no limit. Without a row the settings' holds."""

    __tablename__ = "quotas"

    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    meter: Mapped[Key]
    monthly_limit: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Time]
    updated_at: Mapped[Time]


class MeterMonth(Base):
    """What a quota is decided by: used and held of a meter in the calendar month that begins at `month`.

    There is one only where there is a limit. It is locked before any hold of it: so two transactions never wait for
    each other.
    """

    __tablename__ = "meter_months"

    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    meter: Mapped[Key]
    month: Mapped[datetime] = mapped_column(UtcTime(), primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)


class UsageHold(Base):
    """An operation that is being done under a quota; after `expires_at` whoever needs the room frees it."""

    __tablename__ = "usage_holds"
    __table_args__ = (Index(None, "account_id", "meter", "month", "expires_at"), Index(None, "expires_at"))

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"))
    meter: Mapped[Exact]
    month: Mapped[Time]
    amount: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[Time]


class UsageEvent(Base):
    """One operation done. Its id begins with the second of `at`, so the oldest events are those of the lowest ids."""

    __tablename__ = "usage_events"
    __table_args__ = (Index(None, "account_id", "stage", "at"),)

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"))
    stage: Mapped[Exact]
    key_id: Mapped[Exact]
    operation: Mapped[Exact]
    meter: Mapped[Exact]
    amount: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Time]


class UsageHour(Base):
    """The events of one hour that were alike, as their number and sum. An event is in here or a row, never both."""

    __tablename__ = "usage_hours"

    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    stage: Mapped[Key]
    hour: Mapped[datetime] = mapped_column(UtcTime(), primary_key=True)
    key_id: Mapped[Key]
    operation: Mapped[Key]
    meter: Mapped[Key]
    count: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
