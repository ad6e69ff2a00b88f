"""Background work on both databases: a row first, the engine under the same id, one final state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.conftest import SECRET, opened

from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.db.settings import DatabaseSettings
from imagewell.errors import Conflict, InvalidParameter, NotFound, UnreadableImage
from imagewell.jobs import repository
from imagewell.jobs.models import Job, JobWorker, State
from imagewell.jobs.run import JobRun
from imagewell.jobs.service import Jobs
from imagewell.jobs.settings import JobsSettings
from imagewell.pages import PageRequest

QUICK = JobsSettings(poll_s=0.05, heartbeat_s=0.1, dead_after_s=0.5, start_after_s=0, stop_timeout_s=2)
LONG_S = 20.0

Make = Callable[..., AbstractAsyncContextManager[Jobs]]
Effects = list[str]


@pytest.fixture
def make(database: Database, any_database_url: str, tmp_path: Path) -> Make:
    """Makes services over one database: one at a time works, since a process has one engine."""
    engine = any_database_url if database.dialect == "postgresql" else f"sqlite:///{tmp_path / 'jobs.db'}"

    @asynccontextmanager
    async def made(
        handlers: dict[str, Callable[[JobRun], Awaitable[Any]]] | None = None, *, works: bool = True, **changed: object
    ) -> AsyncIterator[Jobs]:
        jobs = Jobs(database, settings=QUICK.model_copy(update=changed), data_dir=tmp_path, engine_url=engine)
        for kind, run in (handlers or {"echo": echo}).items():
            jobs.handle(kind, run)
        if works:
            jobs.start()
        try:
            yield jobs
        finally:
            await jobs.close()

    return made


async def echo(run: JobRun) -> Any:
    return run.document


async def test_a_job_is_done_and_its_result_kept(make: Make, subject: Subject) -> None:
    """Asked for, done by its handler as the server for the account and stage, told to whoever waits."""
    seen: list[JobRun] = []

    async def work(run: JobRun) -> Any:
        seen.append(run)
        await run.progress(2, 2)
        return {"made": 2}

    async with make({"work": work}) as jobs:
        asked = await jobs.ask(system(subject.account_id, Stage.test), "work", {"n": 2})
        assert (asked.state, asked.attempts, asked.result) == (State.queued, 0, None)
        job = await jobs.wait(asked.id, LONG_S)
        assert (job.state, job.result, job.error, job.attempts) == (State.succeeded, {"made": 2}, None, 1)
        assert (job.done, job.total) == (2, 2)
        assert job.created_at <= job.started_at <= job.ended_at  # type: ignore[operator]
        assert jobs.ended == {("work", "succeeded"): 1}
    (run,) = seen
    assert (run.id, run.document, run.attempt, run.cancelled) == (asked.id, {"n": 2}, 1, False)
    assert (run.subject.account_id, run.subject.stage) == (subject.account_id, Stage.test)


async def test_the_row_is_there_exactly_when_the_change_is(make: Make, subject: Subject, database: Database) -> None:
    """Asked for inside a transaction that is undone, a job never was; a committed one needs nobody to hand it over."""
    async with make() as jobs:
        with pytest.raises(ZeroDivisionError):
            async with database.write() as session:
                undone = await jobs.ask(subject, "echo", {}, session=session)
                raise ZeroDivisionError
        with pytest.raises(NotFound):
            await jobs.get(subject, undone.id)
        async with database.write() as session:
            kept = await jobs.ask(subject, "echo", {"a": 1}, session=session)
        assert (await jobs.wait(kept.id, LONG_S)).result == {"a": 1}


async def test_a_process_that_dies_before_the_engine_knows_loses_nothing(make: Make, subject: Subject) -> None:
    """A row that no engine has heard of is found by whoever works next."""
    async with make(works=False) as jobs:
        asked = await jobs.ask(subject, "echo", {"a": 1})
        assert (await jobs.wait(asked.id, 0)).state == State.queued
    async with make() as jobs:
        assert (await jobs.wait(asked.id, LONG_S)).result == {"a": 1}


async def test_a_job_handed_over_twice_is_done_once(make: Make, subject: Subject) -> None:
    """The engine takes an id once, and the row of a job that has ended does not change."""
    done: Effects = []

    async def note(run: JobRun) -> None:
        done.append(run.id)

    async with make({"note": note}) as jobs:
        asked = [await jobs.ask(subject, "note", {}) for _ in range(20)]
        for job in asked:
            await jobs.hand_over(job.id)
            await jobs.hand_over(job.id)
        ended = [await jobs.wait(job.id, LONG_S) for job in asked]
        for job in asked:
            await jobs.hand_over(job.id)
        assert [job.attempts for job in ended] == [1] * 20
    assert sorted(done) == sorted(job.id for job in asked)


async def test_what_a_dead_worker_began_is_done_by_another(make: Make, subject: Subject, database: Database) -> None:
    """A running row whose worker is gone is begun again, and counts as lost once."""
    async with make(works=False) as jobs:
        asked = await jobs.ask(subject, "echo", {"a": 1})
    async with database.write() as session:
        dead = {"state": State.running, "worker_id": "gone", "attempts": 1}
        await session.execute(update(Job).where(Job.id == asked.id).values(dead))
    async with make() as jobs:
        job = await jobs.wait(asked.id, LONG_S)
        assert (job.state, job.attempts, job.lost) == (State.succeeded, 2, 1)


async def test_a_worker_that_says_nothing_is_taken_for_dead(make: Make, subject: Subject, database: Database) -> None:
    """Its row is there, but stands still: after a while others take its jobs, not before."""
    async with make(works=False) as jobs:
        asked = await jobs.ask(subject, "echo", {})
    async with database.write() as session:
        dead = {"state": State.running, "worker_id": "still", "attempts": 1}
        await session.execute(update(Job).where(Job.id == asked.id).values(dead))
        session.add(JobWorker(id="still", last_seen=asked.created_at))
    async with make() as jobs:
        assert (await jobs.wait(asked.id, 0.2)).attempts == 1
        assert (await jobs.wait(asked.id, LONG_S)).state == State.succeeded


async def test_what_the_engine_holds_for_ended_is_begun_again(make: Make, subject: Subject, database: Database) -> None:
    """Where our row says that it waits, as after a backup was restored, the row is right."""
    async with make() as jobs:
        asked = await jobs.ask(subject, "echo", {})
        await jobs.wait(asked.id, LONG_S)
    async with database.write() as session:
        before = {"state": State.queued, "attempts": 0, "ended_at": None, "result": None}
        await session.execute(update(Job).where(Job.id == asked.id).values(before))
    async with make() as jobs:
        assert (await jobs.wait(asked.id, LONG_S)).state == State.succeeded


async def test_a_job_that_kills_its_workers_has_failed(make: Make, subject: Subject, database: Database) -> None:
    """After so many losses nobody tries again."""
    async with make(works=False) as jobs:
        asked = await jobs.ask(subject, "echo", {})
    async with database.write() as session:
        dead = {"state": State.running, "worker_id": "gone", "attempts": 3, "lost": 2}
        await session.execute(update(Job).where(Job.id == asked.id).values(dead))
    async with make() as jobs:
        job = await jobs.wait(asked.id, LONG_S)
        assert (job.state, job.error) == (State.failed, "The worker died 3 times over this job.")


async def test_a_job_of_an_unknown_kind_is_left_to_others(make: Make, subject: Subject, database: Database) -> None:
    """While servers are replaced, an old one does not end what only the new ones can do."""
    async with make({"new": echo}, works=False) as jobs:
        waiting, running = [await jobs.ask(subject, "new", {"a": number}) for number in (1, 2)]
    async with database.write() as session:
        dead = {"state": State.running, "worker_id": "gone", "attempts": 1}
        await session.execute(update(Job).where(Job.id == running.id).values(dead))
    async with make({"echo": echo}) as old:
        assert (await old.wait((await old.ask(subject, "echo", {})).id, LONG_S)).state == State.succeeded
        assert (await old.wait(running.id, 0.5)).state == State.running
        assert (await old.wait(waiting.id, 0)).state == State.queued
    async with make({"new": echo}) as jobs:
        ended = [await jobs.wait(job.id, LONG_S) for job in (waiting, running)]
        assert [job.result for job in ended] == [{"a": 1}, {"a": 2}]


class Stumbling:
    """A database in which the next `stumbles` writes fail as none should."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.stumbles = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write_together(self, work: Any) -> Any:
        if self.stumbles:
            self.stumbles -= 1
            raise RuntimeError("unforeseen")
        return await self._database.write_together(work)


@pytest.mark.parametrize("at_the_end", [False, True])
async def test_a_job_that_was_lost_hold_of_is_begun_again(
    subject: Subject, database: Database, any_database_url: str, tmp_path: Path, at_the_end: bool
) -> None:
    """By the same process, when something unforeseen kept it from beginning or ending the job."""
    stumbling = Stumbling(database)

    async def work(run: JobRun) -> int:
        stumbling.stumbles = int(at_the_end and run.attempt == 1)
        return run.attempt

    engine = any_database_url if database.dialect == "postgresql" else f"sqlite:///{tmp_path / 'jobs.db'}"
    jobs = Jobs(stumbling, settings=QUICK, data_dir=tmp_path, engine_url=engine)  # type: ignore[arg-type]
    jobs.handle("work", work)
    stumbling.stumbles = int(not at_the_end)
    jobs.start()
    job = await jobs.wait((await jobs.ask(subject, "work", {})).id, LONG_S)
    await jobs.close()
    assert (job.state, job.result) == (State.succeeded, 2 if at_the_end else 1)


async def test_what_others_lost_is_taken_over_as_there_is_room(
    make: Make, subject: Subject, database: Database
) -> None:
    """Not all at once, however many they were."""
    running = most = 0

    async def count(run: JobRun) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    async with make({"count": count}, works=False) as jobs:
        asked = [(await jobs.ask(subject, "count", {})).id for _ in range(3)]
    async with database.write() as session:
        dead = {"state": State.running, "worker_id": "gone", "attempts": 1}
        await session.execute(update(Job).where(Job.id.in_(asked)).values(dead))
    async with make({"count": count}, concurrency=1) as jobs:
        assert {(await jobs.wait(job_id, LONG_S)).state for job_id in asked} == {State.succeeded}
    assert most == 1


async def test_closing_while_the_engine_starts_leaves_none_behind(make: Make, subject: Subject) -> None:
    """The next one of this process can start."""
    async with make() as jobs:
        asked = await jobs.ask(subject, "echo", {"a": 1})
        while jobs.worker is None:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
    async with make() as jobs:
        assert (await jobs.wait(asked.id, LONG_S)).result == {"a": 1}


async def test_a_job_that_does_not_stop_holds_nobody_up(make: Make, subject: Subject, database: Database) -> None:
    """The process ends without it, and others may take it over."""
    began, release = asyncio.Event(), asyncio.Event()

    async def stubborn(run: JobRun) -> None:
        began.set()
        while not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()

    async with asyncio.timeout(LONG_S):
        async with make({"stubborn": stubborn}, stop_timeout_s=0) as jobs:
            asked = await jobs.ask(subject, "stubborn", {})
            await began.wait()
    async with database.read() as session:
        assert (await session.scalars(select(JobWorker))).all() == []
    release.set()
    async with make({"stubborn": stubborn}) as jobs:
        assert (await jobs.wait(asked.id, LONG_S)).state == State.succeeded


async def test_progress_that_cannot_be_noted_ends_no_job(
    new_sqlite: Callable[[], str], clock: HeldClock, tmp_path: Path
) -> None:
    """Somebody else holds the database for a while; the work goes on."""
    url = new_sqlite()
    mine = Database.open(url, DatabaseSettings(wait_s=0.5))
    async with opened(url) as other:

        async def work(run: JobRun) -> str:
            async with other.write():
                await run.progress(1, 2)
            return "done"

        jobs = Jobs(mine, settings=QUICK, data_dir=tmp_path, engine_url=f"sqlite:///{tmp_path / 'jobs.db'}")
        jobs.handle("work", work)
        jobs.start()
        subject = system((await Accounts(other, SECRET, clock).ensure_default()).id)
        job = await jobs.wait((await jobs.ask(subject, "work", {})).id, LONG_S)
        await jobs.close()
    await mine.close()
    assert (job.state, job.result) == (State.succeeded, "done")


async def test_a_stale_attempt_changes_nothing(make: Make, subject: Subject, database: Database) -> None:
    """A worker that was taken for dead and is not: what it still does is undone, and its outcome not written."""
    began, go = asyncio.Event(), asyncio.Event()

    async def slow(run: JobRun) -> str:
        began.set()
        await go.wait()
        async with database.write() as session:
            session.add(JobWorker(id="effect", last_seen=run.job.created_at))
            await run.succeed(session, "stale")
        return "stale"

    async with make({"slow": slow}) as jobs:
        asked = await jobs.ask(subject, "slow", {})
        await began.wait()
        async with database.write() as session:  # another has begun it, and ended it
            other = {"attempts": 2, "state": State.succeeded, "result": "fresh", "ended_at": asked.created_at}
            await session.execute(update(Job).where(Job.id == asked.id).values(other))
        go.set()
    async with database.read() as session:
        job = await session.get(Job, asked.id)
        assert job is not None
        assert (job.result, job.attempts) == ("fresh", 2)
        assert await session.scalar(select(JobWorker).where(JobWorker.id == "effect")) is None


async def test_effects_and_success_in_one_transaction(make: Make, subject: Subject, database: Database) -> None:
    """What `succeed` is committed with is there, and the job has ended with it."""

    async def work(run: JobRun) -> None:
        async with database.write() as session:
            session.add(JobWorker(id=run.id, last_seen=run.job.created_at))
            await run.succeed(session, {"is": "there"})

    async with make({"work": work}) as jobs:
        job = await jobs.wait((await jobs.ask(subject, "work", {})).id, LONG_S)
        assert (job.state, job.result) == (State.succeeded, {"is": "there"})
    async with database.read() as session:
        assert await session.get(JobWorker, job.id) is not None


async def test_a_job_that_waits_is_cancelled_at_once(make: Make, subject: Subject) -> None:
    """It never begins; to cancel it again changes nothing."""
    async with make(works=False) as jobs:
        asked = await jobs.ask(subject, "echo", {})
        assert (await jobs.cancel(subject, asked.id)).state == State.cancelled
        assert (await jobs.cancel(subject, asked.id)).state == State.cancelled
    async with make() as jobs:
        later = await jobs.ask(subject, "echo", {})
        assert (await jobs.wait(later.id, LONG_S)).state == State.succeeded
        assert (await jobs.get(subject, asked.id)).attempts == 0


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_job_that_runs_is_told_to_end(make: Make, subject: Subject, elsewhere: bool) -> None:
    """Its task is cancelled, whether the process that runs it was asked or another one."""
    began, told = asyncio.Event(), []

    async def endless(run: JobRun) -> None:
        began.set()
        try:
            await asyncio.sleep(3600)
        finally:
            told.append(run.cancelled)

    async with make({"endless": endless}) as jobs, make({"endless": endless}, works=False) as other:
        asked = await jobs.ask(subject, "endless", {})
        await began.wait()
        await (other if elsewhere else jobs).cancel(subject, asked.id)
        job = await jobs.wait(asked.id, LONG_S)
        assert (job.state, job.error, told) == (State.cancelled, None, [True])


async def test_to_be_given_back_loses_no_cancellation(make: Make, subject: Subject, database: Database) -> None:
    """A job that was told to end just as its process let go of it does so when it is begun again."""
    async with make(works=False) as jobs:
        asked = await jobs.ask(subject, "echo", {})
    async with database.write() as session:
        assert await repository.ask_to_end(session, asked.id)
    async with make() as jobs:
        assert (await jobs.wait(asked.id, LONG_S)).state == State.cancelled


async def test_what_has_ended_cannot_be_cancelled(make: Make, subject: Subject) -> None:
    """It is a conflict, and says how it ended."""
    async with make() as jobs:
        job = await jobs.wait((await jobs.ask(subject, "echo", {})).id, LONG_S)
        with pytest.raises(Conflict, match="succeeded"):
            await jobs.cancel(subject, job.id)


async def test_a_failure_is_told_in_a_public_sentence(make: Make, subject: Subject) -> None:
    """A refusal's own words; of anything else only that the server failed."""

    async def refuse(run: JobRun) -> None:
        raise UnreadableImage("it is cut short")

    async def crash(run: JobRun) -> None:
        raise RuntimeError("secret")

    async def unkeepable(run: JobRun) -> object:
        return {"nul": "\0"}

    async with make({"refuse": refuse, "crash": crash, "unkeepable": unkeepable}) as jobs:
        refused = await jobs.wait((await jobs.ask(subject, "refuse", {})).id, LONG_S)
        assert (refused.state, "cut short" in str(refused.error)) == (State.failed, True)
        for kind in ("crash", "unkeepable"):
            failed = await jobs.wait((await jobs.ask(subject, kind, {})).id, LONG_S)
            assert (failed.state, failed.error) == (State.failed, "The server failed at this job.")
            assert failed.attempts == 1


async def test_only_so_many_run_at_once(make: Make, subject: Subject) -> None:
    """A queue's jobs in one process, and all of them in the end."""
    running = most = 0

    async def count(run: JobRun) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    async with make({"count": count}, queues={"default": 2}) as jobs:
        asked = [await jobs.ask(subject, "count", {}) for _ in range(15)]
        assert {(await jobs.wait(job.id, LONG_S)).state for job in asked} == {State.succeeded}
    assert most == 2


async def test_what_cannot_end_in_time_is_given_back(make: Make, subject: Subject) -> None:
    """A process that stops leaves its jobs to the next one, and that is no loss."""
    began, stay = asyncio.Event(), True

    async def work(run: JobRun) -> int:
        began.set()
        if stay:
            await asyncio.sleep(3600)
        return run.attempt

    async with make({"work": work}, stop_timeout_s=0) as jobs:
        asked = await jobs.ask(subject, "work", {})
        await began.wait()
    assert (await jobs.get(subject, asked.id)).state == State.queued
    stay = False
    async with make({"work": work}) as jobs:
        job = await jobs.wait(asked.id, LONG_S)
        assert (job.state, job.result, job.lost) == (State.succeeded, 2, 0)


async def test_lists_are_filtered_and_paged(make: Make, subject: Subject) -> None:
    """By state and kind, in pages; the other stage and other accounts see nothing."""
    async with make({"a": echo, "b": echo}, works=False) as jobs:
        asked = [await jobs.ask(subject, kind, {}) for kind in ("a", "b", "a")]
        await jobs.cancel(subject, asked[0].id)

        async def ids(**filters: Any) -> set[str]:
            return {job.id for job in (await jobs.list(subject, PageRequest(), **filters)).items}

        assert await ids() == {job.id for job in asked}
        assert await ids(kind="a") == {asked[0].id, asked[2].id}
        assert await ids(state=State.cancelled) == {asked[0].id}
        assert await ids(state=State.queued, kind="b") == {asked[1].id}
        first = await jobs.list(subject, PageRequest(limit=2))
        rest = await jobs.list(subject, PageRequest(limit=2, position=first.next))
        assert {job.id for job in (*first.items, *rest.items)} == {job.id for job in asked}
        assert rest.next is None
        for stranger in (system("f" * 24), system(subject.account_id, Stage.test)):
            assert (await jobs.list(stranger, PageRequest())).items == []
            for forbidden in (jobs.get, jobs.cancel):
                with pytest.raises(NotFound):
                    await forbidden(stranger, asked[1].id)
        assert (await jobs.get(subject, asked[1].id)).state == State.queued


async def test_what_is_asked_is_bounded(make: Make, subject: Subject) -> None:
    """A document that is too large or cannot be kept is refused; a kind without a handler is our own mistake."""
    async with make(works=False) as jobs:
        for document in ({"a": "x" * 300_000}, {"a": "\0"}):
            with pytest.raises(InvalidParameter):
                await jobs.ask(subject, "echo", document)
        with pytest.raises(ValueError, match="nobody"):
            await jobs.ask(subject, "other", {})
        with pytest.raises(ValueError, match="handler"):
            jobs.handle("echo", echo)


async def test_jobs_that_ended_long_ago_are_forgotten(make: Make, subject: Subject, database: Database) -> None:
    """Not those that ended lately, and none that has not."""
    async with make(works=False) as jobs:
        old, late, waiting = [await jobs.ask(subject, "echo", {}) for _ in range(3)]
        await jobs.cancel(subject, old.id)
        await jobs.cancel(subject, late.id)
        async with database.write() as session:
            long_ago = old.created_at.replace(year=2020)
            await session.execute(update(Job).where(Job.id == old.id).values(ended_at=long_ago))
            session.add(JobWorker(id="dead", last_seen=long_ago))
        await jobs.drop_old()
        assert {j.id for j in (await jobs.list(subject, PageRequest())).items} == {late.id, waiting.id}
    async with database.read() as session:
        assert await session.get(JobWorker, "dead") is None
