"""Equal work in flight is done once."""

from __future__ import annotations

import asyncio

import pytest

from imagewell.delivery.flight import Flight
from imagewell.errors import Busy


class Work:
    """Counts how often it is begun and ended, and waits until it is let go."""

    def __init__(self, result: object = "done") -> None:
        self.begun = self.cancelled = 0
        self.let_go = asyncio.Event()
        self.result = result

    async def __call__(self) -> object:
        self.begun += 1
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_equal_work_is_done_once() -> None:
    """Ten who ask at once get one result; all but the first have joined."""
    flight, work = Flight(), Work()
    asked = [asyncio.create_task(flight.once("a", work)) for _ in range(10)]
    await turns()
    work.let_go.set()
    results = await asyncio.gather(*asked)
    assert work.begun == 1
    assert [joined for _, joined in results] == [False] + [True] * 9
    assert len(flight) == 0


async def test_other_work_is_not_joined() -> None:
    """Different keys are different work."""
    flight, one, two = Flight(), Work(1), Work(2)
    one.let_go.set()
    two.let_go.set()
    assert (await flight.once("a", one), await flight.once("b", two)) == ((1, False), (2, False))


async def test_what_is_done_is_not_kept() -> None:
    """The next who asks after the end starts again."""
    flight, work = Flight(), Work()
    work.let_go.set()
    await flight.once("a", work)
    await flight.once("a", work)
    assert work.begun == 2


async def test_a_cancelled_leader_does_not_fail_followers() -> None:
    """Who began the work may leave; the others still get it, and it is not begun again."""
    flight, work = Flight(), Work()
    leader = asyncio.create_task(flight.once("a", work))
    await turns()
    followers = [asyncio.create_task(flight.once("a", work)) for _ in range(3)]
    await turns()
    leader.cancel()
    await turns()
    work.let_go.set()
    assert [result for result, _ in await asyncio.gather(*followers)] == ["done"] * 3
    assert (work.begun, work.cancelled) == (1, 0)
    with pytest.raises(asyncio.CancelledError):
        await leader


async def test_work_that_nobody_waits_for_is_cancelled() -> None:
    """When the last one leaves, the work ends, and the next who asks starts afresh."""
    flight, work = Flight(), Work()
    asked = [asyncio.create_task(flight.once("a", work)) for _ in range(2)]
    await turns()
    asked[0].cancel()
    await turns()
    assert work.cancelled == 0
    asked[1].cancel()
    await turns()
    assert (work.cancelled, len(flight)) == (1, 0)
    work.let_go.set()
    assert await flight.once("a", work) == ("done", False)


async def test_work_to_the_end() -> None:
    """Work that is to be finished is finished without anybody waiting, and can be joined meanwhile."""
    flight, work = Flight(), Work()
    leader = asyncio.create_task(flight.once("a", work, to_the_end=True))
    await turns()
    leader.cancel()
    await turns()
    assert "a" in flight
    late = asyncio.create_task(flight.once("a", work, to_the_end=True))
    await turns()
    work.let_go.set()
    assert await late == ("done", True)


async def test_a_failure_is_shared_and_not_kept() -> None:
    """All who wait hear of a failure; the next who asks tries again."""
    flight, work = Flight(), Work(Busy())
    asked = [asyncio.create_task(flight.once("a", work)) for _ in range(3)]
    await turns()
    work.let_go.set()
    assert all(isinstance(result, Busy) for result in await asyncio.gather(*asked, return_exceptions=True))
    work.result = "done"
    assert await flight.once("a", work) == ("done", False)


async def test_a_failure_nobody_waits_for_is_quiet() -> None:
    """Work that fails after everybody left warns of nothing (warnings are errors here)."""
    flight, work = Flight(), Work(Busy())
    leader = asyncio.create_task(flight.once("a", work, to_the_end=True))
    await turns()
    leader.cancel()
    await turns()
    work.let_go.set()
    await turns()
    assert len(flight) == 0


async def test_work_that_is_left() -> None:
    """After `leave_where` the next who asks starts afresh; who waits still gets the old work, which ends quietly."""
    flight, old, new = Flight(), Work("old"), Work("new")
    first = asyncio.create_task(flight.once("a", old))
    await turns()
    flight.leave_where(lambda key: key == "a")
    second = asyncio.create_task(flight.once("a", new))
    await turns()
    old.let_go.set()
    assert await first == ("old", False)
    assert "a" in flight
    new.let_go.set()
    assert await second == ("new", False)


async def test_close() -> None:
    """Closing cancels what is in flight and waits for it."""
    flight, work = Flight(), Work()
    asked = asyncio.create_task(flight.once("a", work))
    await turns()
    await flight.close()
    assert (work.cancelled, len(flight)) == (1, 0)
    with pytest.raises(asyncio.CancelledError):
        await asked
