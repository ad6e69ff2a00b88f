"""The part of a process that works on jobs: takes them in order, runs them, and gives back what it cannot end.

It looks into our own table for work; the engine settles which process begins a job, and our row which attempt counts.
See docs/decisions/0501-jobs.md.
"""

from __future__ import annotations

import asyncio
import random
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path

from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.errors import Refusal
from imagewell.jobs import repository
from imagewell.jobs.attempt import Attempts
from imagewell.jobs.durable import FORGET_AT_ONCE, Durable
from imagewell.jobs.places import RECOVERED_S, Opening, Places
from imagewell.jobs.presence import Presence
from imagewell.jobs.run import Handler
from imagewell.jobs.settings import JobsSettings
from imagewell.logs import Log

log = Log(__name__)

FORGET_EVERY_S = 600.0
IDLE_S = 300.0
"""Without a job for so long, a server ends the engine: it looks into its tables every second."""
AFTER_A_FAULT_S = 5.0
GIVE_BACK_TIMEOUT_S = 3.0
ENGINE_TIMEOUT_S = 4.0
"""For the engine to end, which it cannot where its database does not answer."""


class Worker:
    """Works from `run` until that is cancelled; then `close`. `news` is set whenever a job has ended here."""

    def __init__(self, db: Database, clock: Clock, settings: JobsSettings, data_dir: Path, engine_url: str) -> None:
        self.handlers: dict[str, Handler] = {}
        self.attempts = Attempts(db, clock, settings, self.handlers)
        self.news = asyncio.Event()
        self._db = db
        self._settings = settings
        self._presence = Presence(db, clock, settings, data_dir)
        self._engine_url = engine_url
        self._engine: Durable | None = None
        self._stays = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = Places(self.handlers, settings)
        self._wake = asyncio.Event()
        self._forget_at = float("-inf")
        self._busy_at = time.monotonic()

    @property
    def name(self) -> str | None:
        """Its name among the workers, once it works."""
        return self._presence.name

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self, first_after_s: float = 0) -> None:
        """Look for work until cancelled; a failure is logged, and it looks again."""
        await self._rest(first_after_s)
        while True:
            rest_s = self._settings.poll_s
            try:
                await self._look()
            except Refusal as refusal:
                log.warning("jobs_wait", reason=refusal.message)
            except Exception:
                log.exception("jobs_failed")
                rest_s = max(rest_s, AFTER_A_FAULT_S)
            await self._rest(rest_s)

    async def join(self, *, stays: bool = False) -> bool:
        """Get a name, say that it lives, start the engine. False while another engine runs in this process.

        stays: it is not ended when there is nothing to do.
        """
        self._stays = self._stays or stays
        if self._engine is not None:
            return True
        await self._presence.beat()
        self._loop = asyncio.get_running_loop()
        await self._launch(Durable(self._engine_url, self._presence.me.id))
        return self._engine is not None

    async def close(self) -> None:
        """Let jobs end for a while, give the others back, end the engine, and say that this worker is gone.

        A job that will not stop is left behind: another worker takes it over, and this one can no longer end it.
        """
        self.attempts.closing = True
        ends = time.monotonic() + self._settings.stop_timeout_s
        while self.attempts.runs and (left_s := ends - time.monotonic()) > 0:
            await self._heard(left_s)
        ends = time.monotonic() + GIVE_BACK_TIMEOUT_S
        while self.attempts.runs and time.monotonic() < ends:
            self.attempts.give_back()
            await self._heard(0.5)
        if self.attempts.runs:
            log.warning("jobs_left", jobs=sorted(self.attempts.runs))
        await self._leave()

    # Looking for work

    async def _look(self) -> None:
        if not self.handlers or not await self._ready():
            return
        if self._presence.is_due:
            await self._presence.beat()
            await self._mend()
        await self._end_cancelled()
        await self._take()
        await self._tidy()

    async def _ready(self) -> bool:
        """Whether the engine runs. It does from the first job on, wherever that was asked for."""
        if self._engine is not None:
            return True
        async with self._db.read() as session:
            is_open = await repository.is_open(session, tuple(self.handlers))
        return is_open and await self.join()

    async def _take(self) -> None:
        """Begin as many jobs as there is room for, those that waited longest first."""
        for opening in self._places.openings(self.attempts.runs):
            for job_id in await self._waiting(opening):
                await self._begin(job_id, opening.queue)

    async def _waiting(self, opening: Opening) -> list[str]:
        # Several workers that all reached for the very first would mostly be in each other's way.
        reach = 4 * opening.room if self._presence.others() else opening.room
        skip = {*self.attempts.runs, *self._places.passed}
        async with self._db.read() as session:
            found = await repository.queued(session, opening.kinds, skip, reach)
        return found if len(found) <= opening.room else sorted(random.sample(found, opening.room))

    async def _begin(self, job_id: str, queue: str) -> None:
        """Have the engine begin it here; not when another process was first."""
        self._places.take(job_id, queue)
        if not await self._start(job_id) and job_id not in self.attempts.runs:
            self._places.free(job_id)

    async def _mend(self) -> None:
        """Have the engine begin again what a dead worker was at, or this one before it lost hold of it."""
        for opening in self._places.openings(self.attempts.runs):
            skip = {*self.attempts.runs, *self._places.passed}
            async with self._db.read() as session:
                lost = await repository.orphans(session, self._presence.me, opening.kinds, skip, opening.room)
            for job_id in lost:
                self._places.take(job_id, opening.queue, RECOVERED_S)
                await self._start(job_id)

    async def _start(self, job_id: str) -> bool:
        """Whether it was begun here. One that the engine cannot begin does not keep others from being begun."""
        if self._engine is None or job_id in self.attempts.runs:
            return False
        self._busy_at = time.monotonic()
        try:
            return await asyncio.to_thread(self._engine.start, job_id, self._presence.others())
        except Exception:
            log.exception("job_not_begun", job=job_id)
            self._places.pass_over(job_id, AFTER_A_FAULT_S)
            return False

    async def _end_cancelled(self) -> None:
        if self.attempts.runs:
            async with self._db.read() as session:
                asked = await repository.asked_to_end(session, tuple(self.attempts.runs))
            for job_id in asked:
                self.attempts.cancel(job_id)

    async def _tidy(self) -> None:
        """Have the engine forget what has ended; end it when nobody needs it, or another here does."""
        now = time.monotonic()
        if self._engine is not None and now - self._forget_at >= FORGET_EVERY_S:
            some_left = await asyncio.to_thread(self._engine.forget) == FORGET_AT_ONCE
            self._forget_at = self._forget_at if some_left else now
        unused = not self._stays and not self.attempts.runs and self._places.all_free
        if self._engine is not None and unused and (Durable.wanted() or now - self._busy_at > IDLE_S):
            await self._leave()

    # The engine

    async def _launch(self, engine: Durable) -> None:
        """In a thread, to its end although we may be cancelled: one that nobody knew of could not be ended."""
        launching = asyncio.ensure_future(asyncio.to_thread(engine.launch, self._enter))
        try:
            await asyncio.shield(launching)
        except asyncio.CancelledError:
            await asyncio.wait({launching}, timeout=ENGINE_TIMEOUT_S)
            raise
        finally:
            if launching.done() and not launching.cancelled() and not launching.exception() and launching.result():
                self._engine = engine
                self._busy_at = time.monotonic()

    async def _leave(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            with suppress(TimeoutError):  # what it has not written is begun again
                await asyncio.wait_for(asyncio.to_thread(engine.close), ENGINE_TIMEOUT_S)
        await self._presence.leave()

    # Working

    def _enter(self, job_id: str) -> bool:
        """In a thread of the engine: have our loop do the job. False leaves it to be begun again."""
        if self._loop is None:
            return False
        try:
            return asyncio.run_coroutine_threadsafe(self._work(job_id), self._loop).result()
        except (CancelledError, RuntimeError):  # the loop has ended, or is about to
            return False

    async def _work(self, job_id: str) -> bool:
        try:
            return await self.attempts.make(
                job_id, self._presence.me, lambda handler: self._places.enter(job_id, handler.queue)
            )
        finally:
            if job_id not in self.attempts.runs:
                self._places.free(job_id)
            self._busy_at = time.monotonic()
            news, self.news = self.news, asyncio.Event()
            news.set()
            self._wake.set()

    # Waiting

    async def _heard(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.news.wait(), max(0.0, seconds))

    async def _rest(self, seconds: float) -> None:
        """Until it is time, or somebody wakes it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()
