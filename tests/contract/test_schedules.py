"""Upkeep by the clock: once for all processes, and again the next time whatever happened."""

from __future__ import annotations

import asyncio

from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.jobs.schedules import Schedules


async def test_work_is_done_when_it_is_due(database: Database, clock: HeldClock) -> None:
    """Not when it is first heard of, but so long after, and then so long after that."""
    done: list[str] = []

    async def sweep() -> None:
        done.append("sweep")

    schedules = Schedules(database, clock)
    schedules.add("sweep", 60, sweep)
    assert await schedules.run_due() == []
    clock.advance(59)
    assert await schedules.run_due() == []
    clock.advance(1)
    assert await schedules.run_due() == ["sweep"]
    assert await schedules.run_due() == []
    clock.advance(600)
    assert await schedules.run_due() == ["sweep"]
    assert done == ["sweep", "sweep"]


async def test_a_time_that_is_far_too_late_does_not_count(database: Database, clock: HeldClock) -> None:
    """As when a clock was set right, or when the work is to be done more often than before."""
    done: list[str] = []

    async def sweep() -> None:
        done.append("sweep")

    for every_s in (86_400, 60):
        schedules = Schedules(database, clock)
        schedules.add("sweep", every_s, sweep)
        await schedules.run_due()
    assert done == ["sweep"]
    assert await schedules.run_due() == []
    clock.advance(-3600)
    assert await schedules.run_due() == ["sweep"]
    assert await schedules.run_due() == []


async def test_one_process_does_it(database: Database, clock: HeldClock) -> None:
    """Of many that look at the same moment, and of those that start later."""
    done: list[int] = []

    def of(number: int) -> Schedules:
        async def sweep() -> None:
            done.append(number)

        schedules = Schedules(database, clock)
        schedules.add("sweep", 60, sweep)
        return schedules

    several = [of(number) for number in range(6)]
    for _ in range(3):
        await asyncio.gather(*(each.run_due() for each in several))
        clock.advance(60)
    assert len(done) == 2
    assert await of(9).run_due() == ["sweep"]
    assert done[2:] == [9]


async def test_a_failure_is_left_to_the_next_time(database: Database, clock: HeldClock) -> None:
    """It stops neither the other work of the round nor the rounds that follow."""
    done: list[str] = []

    async def fail() -> None:
        done.append("failed")
        raise RuntimeError("no")

    async def sweep() -> None:
        done.append("sweep")

    schedules = Schedules(database, clock)
    schedules.add("fail", 60, fail)
    schedules.add("sweep", 60, sweep)
    await schedules.run_due()
    for _ in range(2):
        clock.advance(60)
        assert await schedules.run_due() == ["fail", "sweep"]
    assert done == ["failed", "sweep"] * 2


async def test_it_goes_by_itself(database: Database) -> None:
    """For as long as the block lasts."""
    came = asyncio.Event()

    async def sweep() -> None:
        came.set()

    schedules = Schedules(database, first_after_s=0)
    schedules.add("sweep", 0.05, sweep)
    async with schedules.running():
        await asyncio.wait_for(came.wait(), 20)
