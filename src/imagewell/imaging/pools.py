"""The two kinds of render workers behind one door: those of every picture, and those that hold engines.

An engine takes hundreds of megabytes and seconds, so its workers are few, are started when first needed, and leave when
they have had nothing to do for a while. Where an engine is not installed, orders that can do without it go the usual
way, and the step says what becomes of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from imagewell.imaging.pool import PoolStats, RenderPool
from imagewell.imaging.settings import RenderSettings
from imagewell.imaging.work import Facts, LookOrder, RenderOrder, Rendition
from imagewell.transform.needs import engines_of
from imagewell.vision.engines import available, missing
from imagewell.vision.settings import VisionSettings


class EnginePool:
    """Workers with engines, while there is work for them. Belongs to one event loop.

    Args:
        render: the limits and fonts that these workers share with all others.
    """

    def __init__(self, render: RenderSettings, vision: VisionSettings) -> None:
        self._settings = render.model_copy(
            update={
                "workers": vision.worker_count,
                "queue": vision.queue,
                "deadline_s": vision.deadline_s,
                "memory_limit_mb": vision.memory_limit_mb,
                "recycle_rss_mb": vision.memory_limit_mb,  # what an engine keeps is meant to stay
            }
        )
        self._vision = vision
        self._pool: RenderPool | None = None
        self._users = 0
        self._leaving: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[RenderPool]:
        """The pool, started if need be; it stays while somebody is inside, and `idle_s` longer."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        self._users += 1
        try:
            if self._pool is None:
                self._pool = RenderPool(self._settings, self._vision)
                await self._pool.start()
            yield self._pool
        finally:
            self._users -= 1
            if self._users == 0:
                self._leaving = asyncio.get_running_loop().call_later(self._vision.idle_s, self._leave)

    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that live now."""
        return () if self._pool is None else self._pool.pids()

    async def close(self) -> None:
        """End the workers, after what they are at."""
        if self._leaving is not None:
            self._leaving.cancel()
        self._leave()
        await asyncio.gather(*self._closing)

    def _leave(self) -> None:
        pool, self._pool, self._leaving = self._pool, None, None
        if pool is not None:
            task = asyncio.get_running_loop().create_task(pool.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class Pools:
    """Every render worker of a server, behind the interface of one pool."""

    def __init__(self, pool: RenderPool, render: RenderSettings, vision: VisionSettings) -> None:
        self._pool = pool
        self._engines = EnginePool(render, vision)
        self._vision = vision

    async def render(self, order: RenderOrder, deadline_s: float | None = None) -> Rendition:
        """As `RenderPool.render`, by workers with engines where the transformation needs one that is installed."""
        needed = engines_of(order.transformation)
        if not needed or not needed & self.engines:
            return await self._pool.render(order, deadline_s)
        async with self._engines.open() as pool:
            return await pool.render(order, deadline_s)

    async def probe(self, path: str, decode: bool = False, deadline_s: float | None = None) -> Facts:
        """As `RenderPool.probe`."""
        return await self._pool.probe(path, decode, deadline_s)

    async def look(self, order: LookOrder, deadline_s: float | None = None) -> Any:
        """What an engine sees in a picture, as JSON. Raises: EngineMissing, and as `render`."""
        if order.engine not in self.engines:
            raise missing(order.engine)
        async with self._engines.open() as pool:
            return await pool.look(order, deadline_s)

    @property
    def engines(self) -> frozenset[str]:
        """The engines that are installed. Asked each time: weights can be pulled while the server runs."""
        return available(self._vision)

    @property
    def is_full(self) -> bool:
        """Whether the usual workers would refuse one more order."""
        return self._pool.is_full

    def stats(self) -> PoolStats:
        """How the usual workers stand."""
        return self._pool.stats()

    def pids(self) -> tuple[int, ...]:
        """Process ids of all workers that live now."""
        return self._pool.pids() + self._engines.pids()

    async def close(self) -> None:
        """End the workers with engines; the usual ones are their owner's to close."""
        await self._engines.close()
