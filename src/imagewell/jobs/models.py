"""Rows: jobs, the workers that say they live, and when each piece of upkeep is due."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from imagewell.accounts.models import Account
from imagewell.db.base import DOCUMENT, EXACT, Base, Document, Exact, Key, Time, UtcTime


class State(StrEnum):
    """Where a job is. The last three are final: nothing leaves them."""

    queued = "queued"
    running = "running"
    succeeded = "succeeded"
    failed = "failed"
    cancelled = "cancelled"


FINAL = frozenset({State.succeeded, State.failed, State.cancelled})


class Job(Base):
    """One piece of work, kept by us whatever the engine knows of it.

    document: what is asked; result: what came of it; error: a sentence fit for the one who asked. done of total: how
    far it is, in units of its kind. attempts: times it was begun, and the token by which a worker shows that the job
    is still its own. lost: times its worker died over it. worker_id: who has it, while it runs. cancel_asked: it runs,
    and should end.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "account_id", "stage", "created_at", "id"),
        Index(None, "state", "kind", "id"),
        Index(None, "ended_at"),
    )

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id, ondelete="CASCADE"))
    stage: Mapped[Exact]
    kind: Mapped[Exact]
    state: Mapped[Exact]
    document: Mapped[Document]
    result: Mapped[Any | None] = mapped_column(DOCUMENT)
    error: Mapped[str | None] = mapped_column(String)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    worker_id: Mapped[str | None] = mapped_column(EXACT)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[str | None]
    created_at: Mapped[Time]
    started_at: Mapped[datetime | None] = mapped_column(UtcTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime())

    @property
    def ended(self) -> bool:
        """Whether its state is final."""
        return self.state in FINAL

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.kind} {self.state}>"


class JobWorker(Base):
    """A process that works on jobs. Its row goes when it ends in order; when it dies, `last_seen` stands still."""

    __tablename__ = "job_workers"

    id: Mapped[Key]
    last_seen: Mapped[Time]


class Schedule(Base):
    """Work that is done by the clock, once for all processes: whoever moves `next_at` on does it."""

    __tablename__ = "schedules"

    name: Mapped[Key]
    next_at: Mapped[Time]
