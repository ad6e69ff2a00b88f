"""Jobs as everyone else sees them: ask for one, wait for it, list, cancel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from imagewell.accounts.subject import Subject
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.text import storable, storable_json
from imagewell.errors import Conflict, NotFound
from imagewell.ids import is_id, new_id
from imagewell.jobs import repository
from imagewell.jobs.models import Job, State
from imagewell.jobs.run import Handler, Run
from imagewell.jobs.settings import JobsSettings
from imagewell.jobs.worker import Worker
from imagewell.pages import Page, PageRequest

DEFAULT_QUEUE = "default"
LOOK_EVERY_S = 0.25
DROP_AT_ONCE = 500
MAX_KIND_CHARS = 100


class Jobs:
    """Background work. Handlers first, then `start` in a process that works; end with `close`."""

    def __init__(
        self,
        db: Database,
        clock: Clock | None = None,
        settings: JobsSettings | None = None,
        *,
        data_dir: Path,
        engine_url: str,
    ) -> None:
        """data_dir: where this worker's name is kept. engine_url: where the engine keeps what it must remember."""
        self._db = db
        self._clock = clock or Clock()
        self._settings = settings or JobsSettings()
        self._worker = Worker(db, self._clock, self._settings, data_dir, engine_url)
        self._task: asyncio.Task[None] | None = None

    def handle(self, kind: str, run: Run, *, queue: str = DEFAULT_QUEUE) -> None:
        """Have jobs of a kind done by `run`; at most so many of a queue at once in a process (setting).

        A job may be begun again when its worker dies, so what `run` does must be there once however often it is done:
        under the job's id, or in one transaction with `JobRun.succeed`. Raises: ValueError for a kind handled already.
        """
        if kind in self._worker.handlers:
            raise ValueError(f"jobs of kind {kind} have a handler")
        self._worker.handlers[kind] = Handler(kind, run, queue)

    async def ask(
        self, subject: Subject, kind: str, document: dict[str, Any], *, session: WriteSession | None = None
    ) -> Job:
        """A new job of the subject's account and stage, which begins soon.

        With `session` it is there exactly when that transaction is, whatever happens to this process; call `hand_over`
        after the commit so that it begins at once. Raises: InvalidParameter "document", ValueError for a kind that
        nobody handles.
        """
        if kind not in self._worker.handlers:
            raise ValueError(f"nobody handles jobs of kind {kind}")
        now = self._clock.now()
        job = Job(
            id=new_id(now.timestamp()),
            account_id=subject.account_id,
            stage=subject.stage,
            kind=kind,
            state=State.queued,
            document=storable_json("document", document, max_bytes=self._settings.max_document_bytes),
            done=0,
            attempts=0,
            lost=0,
            cancel_asked=False,
            created_by=subject.key_id,
            created_at=now,
        )
        if session is not None:
            session.add(job)
            await session.flush()
            return job
        async with self._db.write() as own:
            own.add(job)
        await self.hand_over(job.id)
        return job

    async def hand_over(self, job_id: str) -> None:
        """The job is committed: begin it, if this process works on jobs. Nothing is lost by not calling it."""
        self._worker.wake()

    async def wait(self, job_id: str, seconds: float) -> Job:
        """The job once it has ended, or as it is when the time is over. Raises: NotFound."""
        ends = time.monotonic() + seconds
        while True:
            news = self._worker.news
            async with self._db.read() as session:
                job = await repository.job_by_id(session, job_id)
            left_s = ends - time.monotonic()
            if job is None:
                raise NotFound("job", job_id)
            if job.ended or left_s <= 0:
                return job
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), min(left_s, LOOK_EVERY_S))

    async def get(self, subject: Subject, job_id: str) -> Job:
        """One job. Raises: NotFound."""
        async with self._db.read() as session:
            return await _there(session, subject, job_id)

    async def list(
        self, subject: Subject, page: PageRequest, *, state: State | None = None, kind: str | None = None
    ) -> Page[Job]:
        """The subject's jobs. Raises: InvalidParameter "after", "sort" or "kind"."""
        if kind is not None:
            kind = storable("kind", kind, max_chars=MAX_KIND_CHARS)
        async with self._db.read() as session:
            return await repository.page_of_jobs(session, subject, page, state, kind)

    async def cancel(self, subject: Subject, job_id: str) -> Job:
        """End a job that waits at once; one that runs is told to, and ends soon, perhaps well.

        Returns: the job as it is now. Raises: NotFound; Conflict when it has ended otherwise.
        """
        async with self._db.write() as session:
            kind = (await _there(session, subject, job_id)).kind
            waited = await repository.cancel_queued(session, job_id, self._clock.now())
            if not waited:
                await repository.ask_to_end(session, job_id)
        if waited:
            self._worker.attempts.ended[kind, State.cancelled] += 1
        self._worker.attempts.cancel(job_id)
        job = await self.get(subject, job_id)
        if job.ended and job.state != State.cancelled:
            raise Conflict(f"The job has ended already: it has {job.state}.")
        return job

    @property
    def ended(self) -> Mapping[tuple[str, str], int]:
        """How many jobs ended in this process, by kind and state."""
        return self._worker.attempts.ended

    @property
    def worker(self) -> str | None:
        """This process's name among the workers, once it works."""
        return self._worker.name

    @property
    def kinds(self) -> tuple[str, ...]:
        """What there are handlers for."""
        return tuple(sorted(self._worker.handlers))

    def start(self) -> None:
        """Work from now on: at once when a job is asked for here, otherwise after a while (setting)."""
        self._task = asyncio.create_task(self._worker.run(self._settings.start_after_s))

    async def join(self) -> None:
        """Start the engine and work, without waiting for a job. Raises: Refusal, OSError."""
        await self._worker.join(stays=True)
        if self._task is None:
            self._task = asyncio.create_task(self._worker.run())
        self._worker.wake()

    async def drop_old(self) -> None:
        """For upkeep: forget jobs that ended long ago, and workers that died."""
        before = self._clock.now() - timedelta(seconds=self._settings.keep_ended_s)
        while True:
            async with self._db.write() as session:
                dropped = await repository.drop_ended(session, before, DROP_AT_ONCE)
                await repository.drop_workers(session, before)
            if dropped < DROP_AT_ONCE:
                return

    async def close(self) -> None:
        """Let what runs end for a while (setting), give the rest back, and stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._worker.close()


async def _there(session: ReadSession, subject: Subject, job_id: str) -> Job:
    job = await repository.job(session, subject, job_id) if is_id(job_id) else None
    if job is None:
        raise NotFound("job", job_id)
    return job
