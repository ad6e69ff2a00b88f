"""The render pool: a few processes that make pixels, and a short queue before them.

Why processes of our own and not a library's pool: `docs/decisions/0101-render-pool.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from imagewell.imaging.board import FIRST_NUMBER, IDLE, SLOTS, STARTING, Board
from imagewell.imaging.child import Child
from imagewell.imaging.orders import Orders
from imagewell.imaging.settings import RenderSettings, WorkerSettings, cores
from imagewell.imaging.work import Facts, LookOrder, RenderOrder, Rendition, Seen
from imagewell.vision.engines import available
from imagewell.vision.settings import VisionSettings

LAST_AFTER_S = 0.5
RESTART_PAUSE_S = 0.5
"""Before a worker that never got ready is started again: it will most likely fail the same way."""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """How the pool stands: workers and orders now, and since the start; `lost` are workers that crashed or were killed,
    `recycled` those that left in good order to be replaced."""

    workers: int
    busy: int
    waiting: int
    orders: int
    lost: int
    recycled: int


class RenderPool:
    """Renders and probes in worker processes. Belongs to the event loop that started it.

    An order is taken by the next free worker, or waits, or (the queue being full) is refused at once. Whatever happens
    to a worker costs the one order it was at; the others are served by those that are left, and by its replacement.

    Args:
        engines: the workers of this pool can look at pictures, too.
    """

    def __init__(self, settings: RenderSettings | None = None, engines: VisionSettings | None = None) -> None:
        self._settings = WorkerSettings(**dict(settings or RenderSettings()), engines=engines)
        self._children: dict[int, Child] = {}
        self._free = list(reversed(range(SLOTS)))
        self._upkeep: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._closing = asyncio.Event()
        self._lost = self._recycled = 0
        self._file = Board.file()
        self._board = Board(self._file)
        workers, queue = self._settings.worker_count, self._settings.queue
        self._orders = Orders(self._board, workers, queue, self._begun, self._end)

    async def start(self) -> None:
        """Start the workers and return; they get ready meanwhile, and orders may be given at once.

        Where there are as many as cores, the last comes a little later: the server needs a core to start on too.
        """
        self._orders.open()
        count = self._settings.worker_count
        for number in range(count):
            last = number == count - 1
            self._keep_up(self._hire(LAST_AFTER_S if last and count > 1 and count >= cores() else 0))
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
        result = await self._orders.ask(order, self._ends(deadline_s))
        assert isinstance(result, Rendition)
        return result

    async def probe(self, path: str, decode: bool = False, deadline_s: float | None = None) -> Facts:
        """What the file's header says, or with `decode` what remains true after every pixel was read.

        Raises: UnsupportedFormat, UnreadableImage, TooLarge, Busy, RenderFailed.
        """
        result = await self._orders.ask((path, decode), self._ends(deadline_s))
        assert isinstance(result, Facts)
        return result

    async def look(self, order: LookOrder, deadline_s: float | None = None) -> Any:
        """What an engine sees in a picture, as JSON. Raises: EngineMissing, and as `render`."""
        result = await self._orders.ask(order, self._ends(deadline_s))
        assert isinstance(result, Seen)
        return result.document

    @property
    def is_full(self) -> bool:
        """Whether one more order would be refused at once."""
        return self._orders.is_full

    @property
    def engines(self) -> frozenset[str]:
        """Those that are installed of what looks at pictures; none in a pool that has none."""
        return frozenset() if self._settings.engines is None else available(self._settings.engines)

    def stats(self) -> PoolStats:
        """A snapshot, for metrics and health."""
        busy = sum(child.at != IDLE for child in self._children.values())
        taken, waiting = self._orders.taken, self._orders.waiting()
        return PoolStats(len(self._children), busy, waiting, taken, self._lost, self._recycled)

    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that live now."""
        return tuple(child.pid for child in self._children.values())

    async def close(self) -> None:
        """Refuse what waits, let the workers finish what they are at, and end them."""
        if self._closed:
            return
        self._closed = True
        self._closing.set()
        await self._orders.close()
        await asyncio.gather(*(child.close() for child in self._children.values()))
        while self._upkeep:
            await asyncio.gather(*self._upkeep, return_exceptions=True)
        self._children.clear()
        self._board.close()
        os.close(self._file)

    def _ends(self, deadline_s: float | None) -> float:
        return asyncio.get_running_loop().time() + (self._settings.deadline_s if deadline_s is None else deadline_s)

    def _begun(self) -> set[int]:
        """Numbers of the orders that workers are at."""
        return {at for child in self._children.values() if (at := child.at) >= FIRST_NUMBER}

    def _end(self, number: int) -> bool:
        """Kill the worker that is at an order; whether there is one."""
        at_it = [child for child in self._children.values() if child.at == number]
        for child in at_it:
            child.kill()
        return bool(at_it)

    async def _hire(self, after_s: float = 0) -> None:
        """A new worker, watched: when it ends, another takes its place."""
        if after_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), after_s)
        if self._closed:
            return
        slot = self._free.pop()
        files = (self._file, self._orders.workers_end.fileno())
        try:
            child = await Child.start(self._settings, slot, self._board, files)
        except OSError:  # the system has no process or no memory to spare: perhaps in a moment
            self._free.append(slot)
            self._keep_up(self._hire(RESTART_PAUSE_S))
            return
        self._children[slot] = child
        if self._closed:
            child.kill()
        self._keep_up(self._watch(child))

    async def _watch(self, child: Child) -> None:
        status = await child.wait()
        if self._closed:
            return
        was_at = child.at
        del self._children[child.slot]
        self._free.append(child.slot)
        if status == 0 and was_at == IDLE:
            self._recycled += 1
        else:
            self._lost += 1
            self._orders.died(was_at)
        await self._hire(RESTART_PAUSE_S if was_at == STARTING else 0)

    def _keep_up(self, work: Coroutine[Any, Any, None]) -> None:
        """A task that somebody holds on to until it is done."""
        task = asyncio.get_running_loop().create_task(work)
        self._upkeep.add(task)
        task.add_done_callback(self._upkeep.discard)
