"""Upkeep by the clock, once for all processes that share a database.

A row for each piece of work says when it is due. Whoever moves that time on, by a conditional UPDATE, does the work; a
process that dies over it leaves it to the next time. DBOS has schedules too, but its engine would then have to run in
every server from the start, and each round would be a workflow to be remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.upsert import insert_new
from imagewell.errors import Refusal
from imagewell.jobs.models import Schedule
from imagewell.logs import Log

log = Log(__name__)

FIRST_AFTER_S = 10.0
LONGEST_REST_S = 300.0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """One piece of work: an unlikely failure is logged, and it is tried again the next time."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]

    def latest(self, now: datetime) -> datetime:
        """A time so late does not count: a clock was wrong then, or the work was to be done more seldom."""
        return now + timedelta(seconds=2 * self.every_s)

    def is_due(self, next_at: datetime, now: datetime) -> bool:
        """Whether to do it now."""
        return not now < next_at < self.latest(now)


class Schedules:
    """All upkeep. `add`, then `running`."""

    def __init__(self, db: Database, clock: Clock | None = None, first_after_s: float = FIRST_AFTER_S) -> None:
        self._db = db
        self._clock = clock or Clock()
        self._first_after_s = first_after_s
        self._works: dict[str, Upkeep] = {}

    def add(self, name: str, every_s: float, run: Callable[[], Awaitable[object]]) -> None:
        """Have `run` done every so often, for the first time that long after the server first knew of it."""
        self._works[name] = Upkeep(name, every_s, run)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Does what is due, for as long as the block lasts."""
        task = asyncio.create_task(self._repeat())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def run_due(self) -> list[str]:
        """Do what is due and nobody else does; the names of what was done, even where it failed."""
        done = []
        for name in await self._due():
            if await self._claim(self._works[name]):
                done.append(name)
                await self._do(self._works[name])
        return done

    async def _repeat(self) -> None:
        await asyncio.sleep(self._first_after_s)
        while True:
            try:
                await self.run_due()
            except Refusal as refusal:
                log.warning("upkeep_waits", reason=refusal.message)
            except Exception:
                log.exception("upkeep_failed", work="schedules")
            await asyncio.sleep(min((LONGEST_REST_S, *(work.every_s for work in self._works.values()))))

    async def _due(self) -> list[str]:
        """Names of what is due, in the order it was added; what was never seen before is entered."""
        async with self._db.read() as session:
            rows = await session.execute(select(Schedule.name, Schedule.next_at))
            known: dict[str, datetime] = {row.name: row.next_at for row in rows}
        now = self._clock.now()
        fresh = [self._row(work, now) for work in self._works.values() if work.name not in known]
        if fresh:
            async with self._db.write() as session:
                await insert_new(session, Schedule, fresh)
        return [name for name, work in self._works.items() if name in known and work.is_due(known[name], now)]

    async def _claim(self, work: Upkeep) -> bool:
        now = self._clock.now()
        due = (Schedule.next_at <= now) | (Schedule.next_at >= work.latest(now))
        moved = update(Schedule).where(Schedule.name == work.name, due).values(next_at=self._row(work, now)["next_at"])
        async with self._db.write() as session:
            return bool((await session.scalars(moved.returning(Schedule.name))).all())

    def _row(self, work: Upkeep, now: datetime) -> dict[str, object]:
        return {"name": work.name, "next_at": now + timedelta(seconds=work.every_s)}

    async def _do(self, work: Upkeep) -> None:
        try:
            await work.run()
        except Exception:
            log.exception("upkeep_failed", work=work.name)
