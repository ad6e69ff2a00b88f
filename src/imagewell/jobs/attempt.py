"""One attempt at a job, from the claim of its row to its final state."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count

from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.together import Result, Work
from imagewell.errors import Refusal, StorageFull, Unavailable
from imagewell.jobs import repository
from imagewell.jobs.models import Job, State
from imagewell.jobs.outcome import outcome
from imagewell.jobs.repository import Me
from imagewell.jobs.run import Handler, JobRun, TakenOver
from imagewell.jobs.settings import JobsSettings
from imagewell.logs import Log

log = Log(__name__)

RETRY_S = (0.1, 0.5, 1.0, 2.0, 5.0)


class Attempts:
    """Carries jobs out, in this process. `runs` are those it is at, `ended` counts by kind and state."""

    def __init__(self, db: Database, clock: Clock, settings: JobsSettings, handlers: dict[str, Handler]) -> None:
        self.runs: dict[str, JobRun | None] = {}
        self.ended: Counter[tuple[str, str]] = Counter()
        self.closing = False
        self._db = db
        self._clock = clock
        self._settings = settings
        self._handlers = handlers

    async def make(self, job_id: str, me: Me, begun: Callable[[Handler], object]) -> bool:
        """Whether the job's row is right now, so that the engine may take the job for ended.

        begun: told once the job is this process's.
        """
        if job_id in self.runs:
            return True
        if self.closing:
            return False
        self.runs[job_id] = None
        try:
            return await self._make(job_id, me, begun)
        except Refusal:  # this process ends while the database cannot be reached
            return False
        except Exception:  # the row says that it runs, and nobody is at it: it is begun again
            log.exception("job_lost", job=job_id)
            return False
        finally:
            del self.runs[job_id]

    def cancel(self, job_id: str) -> None:
        """End a job if it runs here."""
        run = self.runs.get(job_id)
        if run is not None:
            run.cancel()

    def give_back(self) -> None:
        """Stop what runs; it is begun again by whoever works next."""
        for run in self.runs.values():
            if run is not None:
                run.stop()

    async def _make(self, job_id: str, me: Me, begun: Callable[[Handler], object]) -> bool:
        now, kinds = self._clock.now(), tuple(self._handlers)
        job = await self._surely(lambda session: repository.claim(session, job_id, kinds, me, now))
        if job is None:
            return True  # it has ended, or is another worker's
        if job.lost >= self._settings.max_losses:
            return await self._end(job, State.failed, error=f"The worker died {job.lost} times over this job.")
        handler = self._handlers[job.kind]
        begun(handler)
        return await self._carry_out(job, handler)

    async def _carry_out(self, job: Job, handler: Handler) -> bool:
        run = JobRun(job, self._db, self._clock, self._settings.max_document_bytes)
        self.runs[job.id] = run
        task = run.go(handler.run)
        if job.cancel_asked:
            run.cancel()
        await asyncio.wait({task})
        if task.cancelled() and not run.cancelled and self.closing:
            await self._surely(lambda session: repository.give_back(session, job))
            return False
        if not task.cancelled() and isinstance(task.exception(), TakenOver):
            log.warning("job_taken_over", job=job.id, kind=job.kind)
            return False
        state, result, error = outcome(run, task, self._settings.max_document_bytes)
        return await self._end(job, state, result=result, error=error, written=run.written)

    async def _end(
        self, job: Job, state: State, *, result: object = None, error: str | None = None, written: bool = False
    ) -> bool:
        """written: the job may have noted its own success; then there is nothing left to write."""
        now = self._clock.now()
        ended = await self._surely(lambda session: repository.end(session, job, state, now, result=result, error=error))
        if ended or written:
            self.ended[job.kind, state if ended else State.succeeded] += 1
        return True

    async def _surely(self, work: Work[Result]) -> Result:
        """Write, however long the database cannot be reached; only the end of this process gives up.

        Raises: Refusal, then.
        """
        for tried in count():
            try:
                return await self._db.write_together(work)
            except (Unavailable, StorageFull) as refusal:
                if self.closing:
                    raise
                log.warning("job_waits", reason=refusal.message)
                await asyncio.sleep(RETRY_S[min(tried, len(RETRY_S) - 1)])
        raise AssertionError
