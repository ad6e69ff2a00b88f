"""The render pool: a few processes that make pixels, and a short queue before them.

Why processes of our own and not a library's pool: `docs/decisions/0101-render-pool.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from imagewell.errors import Busy, RenderFailed
from imagewell.imaging.child import Child, ChildLost
from imagewell.imaging.settings import RenderSettings
from imagewell.imaging.work import Facts, RenderOrder, Rendition, part_of

RESTART_PAUSE_S = 0.5
"""Before a worker that never got ready is started again: it will most likely fail the same way."""

Result = TypeVar("Result")
Asked = RenderOrder | tuple[str, bool]
"""What a worker is given: a render order, or a path to probe and whether to decode all of it."""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """How the pool stands: workers and orders now, and since the start; `lost` are workers that crashed or were killed,
    `recycled` those replaced in good order."""

    workers: int
    busy: int
    waiting: int
    orders: int
    lost: int
    recycled: int


class RenderPool:
    """Renders and probes in worker processes. Belongs to the event loop that started it.

    An order gets an idle worker, or waits, or (the queue being full) is refused at once. Whatever happens to a worker
    costs the one order it was at; the next order finds a new worker.
    """

    def __init__(self, settings: RenderSettings | None = None) -> None:
        self._settings = settings or RenderSettings()
        self._children: set[Child] = set()
        self._idle: deque[Child] = deque()
        self._waiting: deque[asyncio.Future[Child]] = deque()
        self._works: set[asyncio.Task[Any]] = set()
        self._upkeep: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._orders = self._lost = self._recycled = 0

    async def start(self) -> None:
        """Start the workers and return; they get ready meanwhile, and orders may be given at once."""
        for _ in range(self._settings.worker_count):
            _background(self._hire(), self._upkeep)
        await asyncio.sleep(0)

    async def render(self, order: RenderOrder, deadline_s: float | None = None) -> Rendition:
        """Render one order.

        Args:
            deadline_s: time for waiting and rendering together; the setting where None.
        Raises: Busy (queue full, or no worker free in time), RenderFailed (the worker died or ran out of time), and
            the refusals of decoding and encoding.
        If the caller is cancelled while it waits, nothing is rendered; while the worker is at it, the result is thrown
        away.
        """
        result = await self._run(order, deadline_s, writes_to=order.write_to)
        assert isinstance(result, Rendition)
        return result

    async def probe(self, path: str, decode: bool = False, deadline_s: float | None = None) -> Facts:
        """What the file's header says, or with `decode` what remains true after every pixel was read.

        Raises: UnsupportedFormat, UnreadableImage, TooLarge, Busy, RenderFailed.
        """
        result = await self._run((path, decode), deadline_s)
        assert isinstance(result, Facts)
        return result

    def stats(self) -> PoolStats:
        """A snapshot, for metrics and health."""
        busy = len(self._children) - len(self._idle)
        return PoolStats(len(self._children), busy, len(self._waiting), self._orders, self._lost, self._recycled)

    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that live now."""
        return tuple(child.pid for child in self._children)

    async def close(self) -> None:
        """Refuse what waits, let the workers finish what they are at, and end them."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(Busy())
        self._waiting.clear()
        await asyncio.gather(*self._works, return_exceptions=True)
        await asyncio.gather(*(child.close() for child in self._children))
        await asyncio.gather(*self._upkeep, return_exceptions=True)
        self._children.clear()
        self._idle.clear()

    async def _run(self, order: Asked, deadline_s: float | None, writes_to: str | None = None) -> Facts | Rendition:
        deadline_s = self._settings.deadline_s if deadline_s is None else deadline_s
        ends = asyncio.get_running_loop().time() + deadline_s
        while True:
            child = await self._take(ends)
            # A task of its own, shielded: a worker must be read to the end of its answer even if nobody waits for it.
            work = _background(self._work(child, order, ends), self._works)
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                work.add_done_callback(lambda done: _discard(done, writes_to))
                raise
            except ChildLost as lost:
                _remove(writes_to)
                if lost.begun:
                    raise RenderFailed("the process that rendered it died") from lost
            except RenderFailed:
                _remove(writes_to)
                raise

    async def _work(self, child: Child, order: Asked, ends: float) -> Facts | Rendition:
        """One order in one worker, which is given back or replaced afterwards."""
        self._orders += 1
        try:
            async with asyncio.timeout_at(ends):
                return await child.ask(order)
        except TimeoutError:
            child.kill()
            raise RenderFailed("it took longer to render than is allowed") from None
        finally:
            self._release(child)

    async def _take(self, ends: float) -> Child:
        """An idle worker, in the order of asking. Raises Busy."""
        if self._closed or asyncio.get_running_loop().time() >= ends:
            raise Busy
        while self._idle:
            child = self._idle.popleft()
            if child.usable:
                return child
        if len(self._waiting) >= self._settings.queue:
            raise Busy
        waiter: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout_at(ends):
                return await waiter
        except (TimeoutError, asyncio.CancelledError) as error:
            self._leave_queue(waiter)
            if isinstance(error, TimeoutError):
                raise Busy from None
            raise

    def _leave_queue(self, waiter: asyncio.Future[Child]) -> None:
        """Who stops waiting passes on a worker that was handed over in the same moment."""
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self._offer(waiter.result())
        with contextlib.suppress(ValueError):
            self._waiting.remove(waiter)

    def _release(self, child: Child) -> None:
        """After an order: back among the idle, or out for good."""
        if not child.usable:
            return  # its watch replaces it
        if child.orders >= self._settings.recycle_after or child.rss_mb > self._settings.recycle_rss_mb:
            self._recycled += 1
            self._children.discard(child)
            _background(child.close(), self._upkeep)
            _background(self._hire(), self._upkeep)
        else:
            self._offer(child)

    def _offer(self, child: Child) -> None:
        """Hand a free worker to who waits longest, else keep it."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(child)
                return
        self._idle.append(child)

    async def _hire(self) -> None:
        """A new worker, watched: when it ends and nobody asked it to, another takes its place."""
        if self._closed:
            return
        child = await Child.start(self._settings)
        if self._closed:
            await child.close()
            return
        self._children.add(child)
        _background(self._watch(child), self._upkeep)
        with contextlib.suppress(ChildLost):
            await child.become_ready()
            self._offer(child)

    async def _watch(self, child: Child) -> None:
        await child.wait()
        if child not in self._children or self._closed:
            return
        self._lost += 1
        self._children.discard(child)
        with contextlib.suppress(ValueError):
            self._idle.remove(child)
        if not child.ready:
            await asyncio.sleep(RESTART_PAUSE_S)
        await self._hire()


def _background(work: Coroutine[Any, Any, Result], among: set[asyncio.Task[Any]]) -> asyncio.Task[Result]:
    """A task that somebody holds on to until it is done."""
    task = asyncio.get_running_loop().create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)
    return task


def _discard(done: asyncio.Task[Any], writes_to: str | None) -> None:
    """Throw away what nobody waits for any more."""
    if not done.cancelled():
        done.exception()
    _remove(writes_to)


def _remove(writes_to: str | None) -> None:
    if writes_to is not None:
        for path in (writes_to, part_of(writes_to)):
            Path(path).unlink(missing_ok=True)
