"""Rows: accounts, the people in them, their API keys, and first answers kept for repeated requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from imagewell.db.base import DOCUMENT, EXACT, Base, Exact, Key, Time, UtcTime, Words


class Account(Base):
    """Everything belongs to one."""

    __tablename__ = "accounts"

    id: Mapped[Key]
    name: Mapped[Exact] = mapped_column(EXACT, unique=True)
    created_at: Mapped[Time]
    updated_at: Mapped[Time]


class User(Base):
    """A person who signs in to the dashboard. `email` is normalised and unique on the server."""

    __tablename__ = "users"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"))
    email: Mapped[Exact] = mapped_column(EXACT, unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Time]
    updated_at: Mapped[Time]
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcTime())

    def __repr__(self) -> str:
        return f"<User {self.id}>"


class ApiKey(Base):
    """A key as it is kept: its keyed hash and last four characters, never the key.

    ip_allow: networks as CIDR text; domain_allow: host names, `*.` for every name below; empty is everywhere.
    revision counts changes, for If-Match.
    """

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"))
    name: Mapped[str]
    stage: Mapped[Exact]
    digest: Mapped[Exact] = mapped_column(EXACT, unique=True)
    last4: Mapped[str]
    public_key: Mapped[Exact] = mapped_column(EXACT, unique=True)
    scopes: Mapped[Words]
    ip_allow: Mapped[Words]
    domain_allow: Mapped[Words]
    rate_per_minute: Mapped[int | None]
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime())
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str | None]
    created_at: Mapped[Time]
    updated_at: Mapped[Time]
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime())

    def __repr__(self) -> str:
        return f"<ApiKey {self.id}>"


class FirstAnswer(Base):
    """What the first request under an idempotency key was answered; `status` is None while it runs."""

    __tablename__ = "first_answers"
    __table_args__ = (UniqueConstraint("account_id", "route", "key"), Index(None, "expires_at"))

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"))
    route: Mapped[Exact]
    key: Mapped[Exact]
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(DOCUMENT)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    held_until: Mapped[Time]
    expires_at: Mapped[Time]
    created_at: Mapped[Time]
