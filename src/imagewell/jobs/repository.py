"""All SQL about jobs and their workers. Each step of a job's life is one conditional UPDATE."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, case, delete, exists, select, update

from imagewell.accounts.subject import Subject, readable
from imagewell.db.paging import keyset
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_or_update
from imagewell.jobs.models import FINAL, Job, JobWorker, State
from imagewell.pages import Page, PageRequest

SORTS = {"created_at": Job.created_at}
OPEN = (State.queued, State.running)


@dataclass(frozen=True, slots=True)
class Me:
    """A worker as the others know it. stalled: ids of workers it takes for dead."""

    id: str
    stalled: frozenset[str] = frozenset()


async def job(session: ReadSession, subject: Subject, job_id: str) -> Job | None:
    """One job that the subject may know of."""
    return await session.scalar(select(Job).where(readable(Job, subject), Job.id == job_id))


async def job_by_id(session: ReadSession, job_id: str) -> Job | None:
    """One job, whoever it belongs to."""
    return await session.get(Job, job_id)


async def page_of_jobs(
    session: ReadSession, subject: Subject, page: PageRequest, state: State | None, kind: str | None
) -> Page[Job]:
    """Jobs in the order they were asked for."""
    query = select(Job).where(readable(Job, subject))
    if state is not None:
        query = query.where(Job.state == state)
    if kind is not None:
        query = query.where(Job.kind == kind)
    return await keyset(session, query, page, Job.id, SORTS)


async def queued(session: ReadSession, kinds: Collection[str], skip: Collection[str], limit: int) -> list[str]:
    """Ids of the jobs that have waited longest."""
    mine = (Job.state == State.queued) & Job.kind.in_(kinds) & Job.id.not_in(skip)
    return list(await session.scalars(select(Job.id).where(mine).order_by(Job.id).limit(limit)))


async def is_open(session: ReadSession, kinds: Collection[str]) -> bool:
    """Whether a job of these kinds waits or runs."""
    open_ = Job.state.in_(OPEN) & Job.kind.in_(kinds)
    return bool(await session.scalar(select(exists(select(1).where(open_)))))


async def orphans(session: ReadSession, me: Me, kinds: Collection[str], skip: Collection[str], limit: int) -> list[str]:
    """Ids of jobs that should be running, but nobody who lives has them. skip: what this worker does have."""
    where = (Job.state == State.running) & Job.kind.in_(kinds) & Job.id.not_in(skip) & _abandoned(me)
    return list(await session.scalars(select(Job.id).where(where).order_by(Job.id).limit(limit)))


async def claim(session: WriteSession, job_id: str, kinds: Collection[str], me: Me, now: datetime) -> Job | None:
    """Begin a job that waits, or whose worker is dead; None when it has ended, somebody has it, or it is of no kind
    that is done here."""
    free = (Job.state == State.queued) | ((Job.state == State.running) & _abandoned(me))
    values = {
        "state": State.running,
        "attempts": Job.attempts + 1,
        "lost": Job.lost + case((Job.state == State.running, 1), else_=0),
        "worker_id": me.id,
        "started_at": now,
    }
    begun = update(Job).where(Job.id == job_id, Job.kind.in_(kinds), free).values(values).returning(Job)
    return (await session.scalars(begun, execution_options={"populate_existing": True})).one_or_none()


async def end(
    session: WriteSession, held: Job, state: State, now: datetime, *, result: Any = None, error: str | None = None
) -> bool:
    """Write a final state; False when it was not this attempt's to write."""
    return await _changed(session, _held(held).values(state=state, result=result, error=error, ended_at=now))


async def give_back(session: WriteSession, held: Job) -> None:
    """Let another worker have it, or this one later."""
    await session.execute(_held(held).values(state=State.queued, worker_id=None))


async def note_progress(session: WriteSession, held: Job, done: int, total: int | None) -> bool | None:
    """Whether it should end; None when it is no longer this attempt's."""
    noted = _held(held).values(done=done, total=total).returning(Job.cancel_asked)
    return (await session.scalars(noted)).one_or_none()


async def cancel_queued(session: WriteSession, job_id: str, now: datetime) -> bool:
    """End a job that has not begun."""
    waiting = update(Job).where(Job.id == job_id, Job.state == State.queued)
    return await _changed(session, waiting.values(state=State.cancelled, ended_at=now))


async def ask_to_end(session: WriteSession, job_id: str) -> bool:
    """Tell whoever runs it, or begins it: it may just have been given back."""
    open_ = update(Job).where(Job.id == job_id, Job.state.in_(OPEN))
    return await _changed(session, open_.values(cancel_asked=True))


async def asked_to_end(session: ReadSession, ids: Collection[str]) -> list[str]:
    """Those of `ids` that should end."""
    return list(await session.scalars(select(Job.id).where(Job.id.in_(ids), Job.cancel_asked)))


async def beat(session: WriteSession, worker_id: str, now: datetime) -> None:
    """A worker lives."""
    await insert_or_update(session, JobWorker, [{"id": worker_id, "last_seen": now}], update=["last_seen"])


async def leave(session: WriteSession, worker_id: str) -> None:
    """A worker ends."""
    await session.execute(delete(JobWorker).where(JobWorker.id == worker_id))


async def workers(session: ReadSession) -> dict[str, datetime]:
    """When each was last seen, by its own clock."""
    rows = await session.execute(select(JobWorker.id, JobWorker.last_seen))
    return {row.id: row.last_seen for row in rows}


async def drop_ended(session: WriteSession, before: datetime, limit: int) -> int:
    """Forget jobs that ended long ago; how many."""
    old: Sequence[str] = list(await session.scalars(select(Job.id).where(Job.ended_at < before).limit(limit)))
    await session.execute(delete(Job).where(Job.id.in_(old), Job.state.in_(FINAL)))
    return len(old)


async def drop_workers(session: WriteSession, before: datetime) -> None:
    """Forget workers that died long ago."""
    await session.execute(delete(JobWorker).where(JobWorker.last_seen < before))


def _abandoned(me: Me) -> ColumnElement[bool]:
    """For a running job: its worker has gone, or is taken for dead, or was this one before it was started anew."""
    gone = ~exists(select(1).where(JobWorker.id == Job.worker_id))
    return gone | Job.worker_id.in_((me.id, *sorted(me.stalled)))


def _held(held: Job) -> Update:
    mine = (Job.id == held.id) & (Job.state == State.running) & (Job.attempts == held.attempts)
    return update(Job).where(mine)


async def _changed(session: WriteSession, statement: Update) -> bool:
    return bool((await session.scalars(statement.returning(Job.id))).all())
