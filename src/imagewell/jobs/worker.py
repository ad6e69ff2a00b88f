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
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.errors import Refusal
from imagewell.jobs import repository
from imagewell.jobs.attempt import Attempts
from imagewell.jobs.durable import Durable
from imagewell.jobs.identity import Identity
from imagewell.jobs.repository import Me
from imagewell.jobs.run import Handler
from imagewell.jobs.settings import JobsSettings
from imagewell.jobs.watch import Watch
from imagewell.logs import Log

log = Log(__name__)

LOOK_AGAIN_S = 1.0
"""A job that another process has just begun is passed over this long."""
FORGET_EVERY_S = 600.0
IDLE_S = 300.0
"""Without a job for so long, a server ends the engine: it looks into its tables every second."""
AFTER_A_FAULT_S = 5.0
CLOSE_TIMEOUT_S = 8.0


class Worker:
    """Works from `run` until that is cancelled; then `close`. `news` is set whenever a job has ended here."""

    def __init__(self, db: Database, clock: Clock, settings: JobsSettings, data_dir: Path, engine_url: str) -> None:
        self.handlers: dict[str, Handler] = {}
        self.attempts = Attempts(db, clock, settings, self.handlers)
        self.news = asyncio.Event()
        self._db = db
        self._clock = clock
        self._settings = settings
        self._data_dir = data_dir
        self._engine_url = engine_url
        self._engine: Durable | None = None
        self._stays = False
        self._identity: Identity | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._me = Me("")
        self._seen: dict[str, datetime] = {}
        self._watch = Watch(settings.dead_after_s)
        self._queues: dict[str, str] = {}
        self._passed: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._beat_at = self._forget_at = float("-inf")
        self._busy_at = time.monotonic()

    @property
    def name(self) -> str | None:
        """Its name among the workers, once it works."""
        return self._identity.name if self._identity else None

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
        if self._identity is None:
            self._identity = Identity.take(self._data_dir, self._settings.worker_id)
            self._me = Me(self._identity.name)
        await self._beat()
        engine = Durable(self._engine_url, self._identity.name)
        self._loop = asyncio.get_running_loop()
        if await asyncio.to_thread(engine.launch, self._enter):
            self._engine = engine
            self._busy_at = time.monotonic()
        return self._engine is not None

    async def close(self) -> None:
        """Let jobs end for a while, give the others back, end the engine, and say that this worker is gone."""
        self.attempts.closing = True
        ends = time.monotonic() + self._settings.stop_timeout_s
        while self.attempts.runs and time.monotonic() < ends:
            await self._heard(ends - time.monotonic())
        while self.attempts.runs:
            self.attempts.give_back()
            await self._heard(0.5)
        await self._leave()

    # Looking for work

    async def _look(self) -> None:
        if not self.handlers or not await self._ready():
            return
        if time.monotonic() - self._beat_at >= self._settings.heartbeat_s:
            await self._beat()
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
        now = time.monotonic()
        self._passed = {job_id: until for job_id, until in self._passed.items() if until > now}
        # One that was begun and is not heard of soon takes no room any more.
        runs = self.attempts.runs
        self._queues = {i: queue for i, queue in self._queues.items() if i in runs or i in self._passed}
        for queue in sorted({handler.queue for handler in self.handlers.values()}):
            most = self._settings.queues.get(queue, self._settings.concurrency)
            room = most - sum(1 for used in self._queues.values() if used == queue)
            for job_id in await self._waiting(queue, room) if room > 0 else ():
                await self._begin(job_id, queue)

    async def _waiting(self, queue: str, room: int) -> list[str]:
        kinds = [handler.kind for handler in self.handlers.values() if handler.queue == queue]
        # Several workers that all reached for the very first would mostly be in each other's way.
        reach = room if len(self._alive()) == 1 else 4 * room
        skip = {*self.attempts.runs, *self._passed}
        async with self._db.read() as session:
            found = await repository.queued(session, kinds, skip, reach)
        return found if len(found) <= room else sorted(random.sample(found, room))

    async def _begin(self, job_id: str, queue: str) -> None:
        """Have the engine begin it here; not when another process was first."""
        self._passed[job_id] = time.monotonic() + LOOK_AGAIN_S
        self._queues[job_id] = queue
        if not await self._start(job_id) and job_id not in self.attempts.runs:
            self._queues.pop(job_id, None)

    async def _mend(self) -> None:
        """Have the engine begin again what a dead worker was at."""
        async with self._db.read() as session:
            lost = await repository.orphans(session, self._me, tuple(self.attempts.runs))
        for job_id in lost:
            await self._start(job_id)

    async def _start(self, job_id: str) -> bool:
        if self._engine is None or job_id in self.attempts.runs:
            return False
        self._busy_at = time.monotonic()
        return await asyncio.to_thread(self._engine.start, job_id, self._alive())

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
            self._forget_at = now
            await asyncio.to_thread(self._engine.forget)
        unused = not self._stays and not self.attempts.runs and not self._queues
        if self._engine is not None and unused and (Durable.wanted() or now - self._busy_at > IDLE_S):
            await self._leave()

    # Living among others

    async def _beat(self) -> None:
        """Say that this worker lives, and see who else does."""
        async with self._db.write() as session:
            await repository.beat(session, self._me.id, self._clock.now())
            self._seen = await repository.workers(session)
        self._beat_at = time.monotonic()
        stalled = self._watch.look(self._seen, self._beat_at) - {self._me.id}
        self._me = replace(self._me, stalled=stalled)

    def _alive(self) -> frozenset[str]:
        return frozenset({*self._seen, self._me.id} - self._me.stalled)

    async def _leave(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            # Where its database is gone it would try for ever; what it has not written is begun again.
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(engine.close), CLOSE_TIMEOUT_S)
        if self._identity is not None:
            with suppress(Refusal):
                async with self._db.write() as session:
                    await repository.leave(session, self._me.id)
            self._identity.close()
            self._identity = None

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
                job_id, self._me, lambda handler: self._queues.setdefault(job_id, handler.queue)
            )
        finally:
            if job_id not in self.attempts.runs:
                self._queues.pop(job_id, None)
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
