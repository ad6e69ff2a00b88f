"""The render pool: what happens to a worker costs one order and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests import pictures
from tests.rendering import order

from imagewell.errors import Busy, InvalidParameter, RenderFailed, TooLarge, UnreadableImage
from imagewell.imaging.child import Child
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.settings import RenderSettings

JPEG = {"output": {"format": "jpeg"}}


@contextlib.asynccontextmanager
async def pool(**settings: Any) -> AsyncIterator[RenderPool]:
    made = RenderPool(RenderSettings(**{"workers": 1, "deadline_s": 30.0, **settings}))
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def ready(made: RenderPool, workers: int = 1) -> tuple[int, ...]:
    """Process ids, once as many workers wait for orders."""
    while (stats := made.stats()).workers < workers or stats.busy:
        await asyncio.sleep(0.01)
    return made.pids()


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "picture.jpg"
    path.write_bytes(pictures.jpeg())
    return str(path)


@pytest.fixture
def trap(tmp_path: Path) -> str:
    """A pipe that nobody writes to: a worker that opens it hangs there until it is killed."""
    path = tmp_path / "trap"
    os.mkfifo(path)
    return str(path)


async def held(made: RenderPool, trap: str) -> asyncio.Task[Any]:
    """A probe that the one worker is now stuck with."""
    task = asyncio.create_task(made.probe(trap))
    while not made._begun():
        await asyncio.sleep(0.01)
    return task


async def test_renders_and_probes(tmp_path: Path, picture: str) -> None:
    """An order gives a file and its facts; a probe what the header says."""
    async with pool() as made:
        rendition = await made.render(order(tmp_path, pictures.jpeg(), JPEG))
        facts = await made.probe(picture, decode=True)
    assert (rendition.content_type, rendition.width, rendition.height) == ("image/jpeg", 120, 80)
    assert rendition.size_bytes == (tmp_path / "output").stat().st_size
    assert (facts.format, facts.width, facts.height) == ("jpeg", 120, 80)


async def test_refusals_cross_the_border(tmp_path: Path) -> None:
    """What a worker refuses is raised here, as itself, and the worker lives on."""
    async with pool() as made:
        pids = await ready(made)
        with pytest.raises(InvalidParameter) as caught:
            await made.render(order(tmp_path, pictures.tiff(), {**JPEG, "frames": {"page": 9}}))
        with pytest.raises(UnreadableImage):
            await made.render(order(tmp_path, pictures.jpeg()[:200], JPEG))
        assert made.pids() == pids
    assert caught.value.name == "page"
    assert not (tmp_path / "output").exists()


async def test_a_killed_worker_costs_its_own_order(tmp_path: Path, trap: str, picture: str) -> None:
    """An order whose worker dies fails; the next one is served by a new worker, and no file is left."""
    async with pool() as made:
        (pid,) = await ready(made)
        hanging = await held(made, trap)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(RenderFailed):
            await hanging
        assert (await made.probe(picture)).width == 120
        assert made.pids() != (pid,)
        assert made.stats().lost == 1


async def test_a_worker_killed_while_idle_costs_nothing(picture: str) -> None:
    """A worker that dies between orders is replaced before anyone notices."""
    async with pool() as made:
        (pid,) = await ready(made)
        os.kill(pid, signal.SIGKILL)
        assert (await made.probe(picture)).width == 120


async def test_an_order_that_no_worker_began_is_given_to_another(picture: str) -> None:
    """A worker that dies before it reads its order was not killed by it: the order is carried out."""
    async with pool() as made:
        (pid,) = await ready(made)
        os.kill(pid, signal.SIGSTOP)
        waiting = asyncio.create_task(made.probe(picture))
        await asyncio.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        assert (await waiting).width == 120


async def test_an_order_past_its_deadline_is_ended_with_its_worker(trap: str, picture: str) -> None:
    """A worker that hangs is killed when the order's time is up, and replaced."""
    async with pool() as made:
        pids = await ready(made)
        with pytest.raises(RenderFailed):
            await made.probe(trap, deadline_s=0.2)
        assert (await made.probe(picture)).width == 120
        assert made.pids() != pids


async def test_a_full_queue_refuses_at_once(trap: str, picture: str) -> None:
    """With every worker busy and the queue full, the next order is refused and the others are not."""
    async with pool(queue=1) as made:
        await ready(made)
        hanging = await held(made, trap)
        queued = asyncio.create_task(made.probe(picture))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await made.probe(picture)
        os.kill(made.pids()[0], signal.SIGKILL)
        with pytest.raises(RenderFailed):
            await hanging
        assert (await queued).width == 120


async def test_waiting_counts_toward_the_deadline(trap: str, picture: str) -> None:
    """An order that no worker took in time was never begun: the server is busy."""
    async with pool() as made:
        await ready(made)
        hanging = await held(made, trap)
        with pytest.raises(Busy):
            await made.probe(picture, deadline_s=0.1)
        assert made.stats().waiting == 0
        os.kill(made.pids()[0], signal.SIGKILL)
        with pytest.raises(RenderFailed):
            await hanging


async def test_who_stops_waiting_leaves_the_queue(trap: str, picture: str) -> None:
    """A cancelled order that had not begun is not carried out."""
    async with pool() as made:
        await ready(made)
        hanging = await held(made, trap)
        queued = asyncio.create_task(made.probe(picture))
        await asyncio.sleep(0)
        assert made.stats().waiting == 1
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        assert made.stats().waiting == 0
        os.kill(made.pids()[0], signal.SIGKILL)
        with pytest.raises(RenderFailed):
            await hanging
        assert (await made.probe(picture)).width == 120
        assert made.stats().orders == 2


async def test_a_cancelled_order_leaves_no_file_and_a_good_worker(tmp_path: Path, picture: str) -> None:
    """Who goes away while a worker is at it gets nothing; the worker goes on to the next order."""
    async with pool() as made:
        pids = await ready(made)
        task = asyncio.create_task(made.render(order(tmp_path, pictures.jpeg(1500, 1000), JPEG)))
        while not made._begun():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await made.probe(picture)).width == 120
        assert made.pids() == pids
    assert not (tmp_path / "output").exists()
    assert not (tmp_path / "output.part").exists()


async def test_workers_are_recycled_by_count(picture: str) -> None:
    """After so many orders a worker is replaced, at the cost of no order."""
    async with pool(recycle_after=3) as made:
        pids = await ready(made)
        for _ in range(7):
            assert (await made.probe(picture)).width == 120
        assert made.pids() != pids
        assert made.stats().recycled == 2
        assert made.stats().lost == 0


async def test_an_order_that_needs_too_much_memory_fails_alone(tmp_path: Path, picture: str) -> None:
    """A picture that does not fit the limit on memory is refused; the next is served."""
    async with pool(memory_limit_mb=512) as made:
        big = pictures.raw_png(16, 6, 7000, 7000, interlaced=True)
        with pytest.raises(RenderFailed):
            await made.render(order(tmp_path, big, JPEG))
        assert (await made.probe(picture)).width == 120


async def test_many_at_once_are_all_answered(tmp_path: Path, picture: str) -> None:
    """Orders beyond the workers wait their turn."""
    async with pool(workers=2, queue=50) as made:
        found = await asyncio.gather(*(made.probe(picture) for _ in range(40)))
    assert {facts.width for facts in found} == {120}


async def test_small_results_come_back_in_the_answer(tmp_path: Path) -> None:
    """What fits is in the rendition and in no file; what does not is in its file, whole."""
    async with pool() as made:
        small = await made.render(replace(order(tmp_path, pictures.jpeg(), JPEG), answer_bytes=100_000))
        assert small.body is not None
        assert small.body.startswith(b"\xff\xd8")
        assert len(small.body) == small.size_bytes
        assert not (tmp_path / "output").exists()
        large = await made.render(replace(order(tmp_path, pictures.jpeg(), JPEG), answer_bytes=100))
    assert large.body is None
    assert (tmp_path / "output").read_bytes() == small.body


async def test_an_answer_too_long_for_a_message_is_a_file(tmp_path: Path) -> None:
    """However much may come back in the answer, the system's longest message is the limit."""
    noise = pictures.saved(pictures.Image.effect_noise((900, 900), 100), "PNG")
    async with pool() as made:
        rendition = await made.render(
            replace(order(tmp_path, noise, {"output": {"format": "png"}}), answer_bytes=2**24)
        )
    assert rendition.size_bytes > 500_000
    assert rendition.body is None
    assert rendition.size_bytes == (tmp_path / "output").stat().st_size


async def test_an_order_too_long_for_a_message_is_refused(tmp_path: Path, picture: str) -> None:
    """The pool goes on."""
    async with pool() as made:
        with pytest.raises(TooLarge):
            await made.probe("x" * 2_000_000)
        assert (await made.probe(picture)).width == 120


async def test_whoever_is_free_takes_the_next_order(trap: str, picture: str) -> None:
    """A worker that is stuck keeps nobody waiting but its own order."""
    async with pool(workers=2, queue=50) as made:
        await ready(made, workers=2)
        hanging = await held(made, trap)
        found = await asyncio.gather(*(made.probe(picture, deadline_s=20) for _ in range(30)))
        assert {facts.width for facts in found} == {120}
        assert not hanging.done()
        for pid in made.pids():
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(RenderFailed):
            await hanging


async def test_more_orders_than_the_system_holds(picture: str) -> None:
    """The socket takes about ten messages; the rest go when there is room."""
    async with pool(workers=8, queue=200) as made:
        found = await asyncio.gather(*(made.probe(picture, deadline_s=60) for _ in range(150)))
    assert len(found) == 150


async def test_closing_refuses_who_waits_and_ends_the_workers(picture: str) -> None:
    """After `close` no process is left and every order is refused."""
    async with pool(workers=2) as made:
        pids = await ready(made, workers=2)
        await made.close()
        with pytest.raises(Busy):
            await made.probe(picture)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_closing_at_once_is_clean() -> None:
    """A pool that is closed while its workers are still starting leaves none behind."""
    made = RenderPool(RenderSettings(workers=2))
    await made.start()
    await made.close()
    assert made.pids() == ()


async def test_a_worker_that_cannot_be_started_is_tried_again(picture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without a process to spare costs time, and no worker for good."""
    start, failed = Child.start, []

    async def sometimes(*given: Any) -> Child:
        if not failed:
            failed.append(True)
            raise BlockingIOError("Resource temporarily unavailable")
        return await start(*given)

    monkeypatch.setattr(Child, "start", sometimes)
    async with pool() as made:
        assert (await made.probe(picture)).width == 120
    assert failed


async def test_workers_ignore_an_interrupt(picture: str) -> None:
    """A Ctrl-C is the server's to handle."""
    async with pool() as made:
        (pid,) = await ready(made)
        os.kill(pid, signal.SIGINT)
        assert (await made.probe(picture)).width == 120
        assert made.pids() == (pid,)


PARENT = """
import asyncio, sys
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.settings import RenderSettings

async def main():
    pool = RenderPool(RenderSettings(workers=2))
    await pool.start()
    while len(pool.pids()) < 2 or pool.stats().busy:
        await asyncio.sleep(0.01)
    print(*pool.pids(), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_workers_die_with_the_server() -> None:
    """A server that is killed takes its workers with it."""
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert server.stdout is not None
    pids = [int(pid) for pid in (await server.stdout.readline()).split()]
    assert len(pids) == 2
    server.kill()
    await server.wait()
    while any(is_running(pid) for pid in pids):
        await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether the process exists and is not just waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
