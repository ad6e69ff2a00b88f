"""Rates: a moving window, alike in memory and in Redis."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests import services

from imagewell.errors import Unavailable
from imagewell.usage.rates import OverRate, Rates, Window


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private Redis on a free port."""
    program = shutil.which("redis-server")
    assert program, "redis-server is needed: `apt-get install redis-server` (or run `make test`, which does)"
    port, log = services.free_port(), tmp_path_factory.mktemp("redis") / "log"
    command = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", log.parent]
    with services.running(command, log, None):
        services.wait_for(lambda: b"Ready to accept" in log.read_bytes(), "Redis", log)
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["memory", "redis"])
async def rates(request: pytest.FixtureRequest) -> AsyncIterator[Rates]:
    opened = Rates(None if request.param == "memory" else request.getfixturevalue("redis"))
    yield opened
    await opened.close()


async def test_the_figures_count_down_and_the_next_one_is_refused(rates: Rates) -> None:
    """Each request takes one; past the amount it is refused, with when to come back; others are not concerned."""
    window = Window("count", 3, 3600)
    began = time.time()
    left = []
    for _ in range(3):
        figures = await rates.hit(window, "a")
        assert figures is not None
        left.append(figures.remaining)
        assert figures.limit == 3
        assert began + 3599 <= figures.reset_s <= time.time() + 3601
    assert left == [2, 1, 0]
    for _ in range(3):
        with pytest.raises(OverRate) as refused:
            await rates.hit(window, "a")
        assert refused.value.figures.remaining == 0
        assert refused.value.figures.reset_s == figures.reset_s
        assert 1 <= refused.value.retry_after_s <= 3600
    assert await rates.hit(window, "b") is not None
    assert await rates.hit(Window("other", 3, 3600), "a") is not None


async def test_the_window_moves(rates: Rates) -> None:
    """A counted request leaves after the window's length, and a refused one was never counted."""
    window = Window("moves", 1, 1)
    await rates.hit(window, "a")
    with pytest.raises(OverRate) as refused:
        await rates.hit(window, "a")
    assert refused.value.retry_after_s == 1
    await asyncio.sleep(1.1)
    await rates.hit(window, "a")


async def test_at_once_exactly_the_amount_gets_through(rates: Rates) -> None:
    """Fifty at the same moment, ten allowed: ten."""
    answers = await asyncio.gather(
        *(rates.hit(Window("burst", 10, 60), "a") for _ in range(50)), return_exceptions=True
    )
    assert sum(isinstance(answer, OverRate) for answer in answers) == 40


async def test_no_limit_counts_nothing() -> None:
    """An amount of 0, and rates that are switched off, never refuse."""
    for limiter, window in ((Rates(), Window("x", 0, 60)), (Rates(enabled=False), Window("x", 1, 60))):
        assert [await limiter.hit(window, "a") for _ in range(3)] == [None, None, None]


async def test_two_processes_share_one_count(redis: str) -> None:
    """Two limiters on one Redis count together."""
    window = Window("shared", 2, 60)
    first, second = Rates(redis), Rates(redis)
    await first.hit(window, "a")
    figures = await second.hit(window, "a")
    assert figures is not None
    assert figures.remaining == 0
    await first.close()
    await second.close()


async def test_a_store_that_is_away_is_said(tmp_path: Path) -> None:
    """Without Redis the refusal is Unavailable, and the check says no."""
    limiter = Rates(f"redis://127.0.0.1:{services.free_port()}/0")
    with pytest.raises(Unavailable):
        await limiter.hit(Window("x", 1, 60), "a")
    assert not await limiter.check()
    await limiter.close()
