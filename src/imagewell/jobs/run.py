"""A job while it runs, as the one who does it sees it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from imagewell.accounts.subject import Stage, Subject, system
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.db.text import storable_json
from imagewell.errors import StorageFull, Unavailable
from imagewell.jobs import repository
from imagewell.jobs.models import Job, State

WRITE_EVERY_S = 0.5
MOST = (1 << 31) - 1

Run = Callable[["JobRun"], Awaitable[Any]]
"""What does a job: returns its result as JSON; a Refusal it raises is what the job failed of."""


class TakenOver(Exception):
    """Another worker has the job now, having taken this one for dead; nothing that is done here counts any more."""


@dataclass(frozen=True, slots=True)
class Handler:
    """How jobs of a kind are done."""

    kind: str
    run: Run
    queue: str


class JobRun:
    """One attempt at a job. `subject`: the server, acting for the job's account and stage."""

    def __init__(self, job: Job, db: Database, clock: Clock, max_bytes: int) -> None:
        self.job = job
        self.subject: Subject = system(job.account_id, Stage(job.stage))
        self.cancelled = False
        self.written = False
        self._db = db
        self._clock = clock
        self._max_bytes = max_bytes
        self._task: asyncio.Task[Any] | None = None
        self._noted_at = float("-inf")

    @property
    def id(self) -> str:
        """The job's id: the key under which an effect is there once, however often the job is begun."""
        return self.job.id

    @property
    def document(self) -> dict[str, Any]:
        """What is asked."""
        return self.job.document

    @property
    def attempt(self) -> int:
        """1 the first time."""
        return self.job.attempts

    async def progress(self, done: int, total: int | None) -> None:
        """How far it is; written down now and then, and when all is done. Ends a job that was cancelled.

        A database that cannot be reached now is no reason to end. Raises: TakenOver; asyncio.CancelledError.
        """
        now = time.monotonic()
        if done != total and now - self._noted_at < WRITE_EVERY_S:
            return
        self._noted_at = now
        held = self.job, min(done, MOST), None if total is None else min(total, MOST)
        try:
            asked = await self._db.write_together(lambda session: repository.note_progress(session, *held))
        except (Unavailable, StorageFull):
            return
        if asked is None:
            raise TakenOver
        if asked:
            self.cancel()
            await asyncio.sleep(0)

    async def succeed(self, session: WriteSession, result: Any = None) -> None:
        """Write the success in the transaction of the job's effects: they are there once, or not at all.

        Without it a job's result is written after its effects, and a worker that dies in between does them twice.
        Raises: TakenOver, so that the effects are undone; InvalidParameter for a result that cannot be kept.
        """
        result = storable_json("result", result, max_bytes=self._max_bytes)
        if not await repository.end(session, self.job, State.succeeded, self._clock.now(), result=result):
            raise TakenOver
        self.written = True

    def go(self, run: Run) -> asyncio.Task[Any]:
        """Begin."""
        self._task = asyncio.ensure_future(_awaited(run, self))
        return self._task

    def cancel(self) -> None:
        """Somebody wants it to end: `cancelled` says so, and the task is cancelled."""
        self.cancelled = True
        self.stop()

    def stop(self) -> None:
        """Cancel the task; without `cancelled`, the job is given back."""
        if self._task is not None:
            self._task.cancel()


async def _awaited(run: Run, job: JobRun) -> Any:
    return await run(job)
