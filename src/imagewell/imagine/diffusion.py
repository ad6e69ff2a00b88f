"""Pictures by diffusers: one at a time, in a process of its own that is started at the first order.

Torch is large, a model may hang or take all memory, and a step cannot be interrupted: so none of it is in the server.
The process talks in lines of JSON (`diffusion_worker.py`); whatever becomes of it costs the order it was at one repeat,
and after that a 503. A caller who gives up is let go at once, while the process is told to stop at its next step. One
that is still loading a model then goes on loading: whoever comes next finds it there.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagewell.errors import Busy, Unavailable, shorten
from imagewell.imagine.diffusion_child import Child, ChildGone
from imagewell.imagine.settings import ImagineSettings
from imagewell.imagine.wishes import PictureOrder, Progress, part_of
from imagewell.logs import Log

log = Log(__name__)

RETRY_AFTER_S = 10
PART = "picture engine"
ATTEMPTS = 2


@dataclass(slots=True)
class _Job:
    """One order on its way. ends: on the loop's clock."""

    number: int
    order: PictureOrder
    to: Path
    ends: float
    progress: Progress | None
    given_up: bool = False


class Diffusion:
    """Pipelines of diffusers as a `PictureMaker`. Belongs to the event loop it is first used on."""

    def __init__(self, settings: ImagineSettings) -> None:
        self._models = settings
        self._settings = settings.diffusers
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._child: Child | None = None
        self._at: _Job | None = None
        self._inside = 0
        self._upkeep: set[asyncio.Task[Any]] = set()
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False
        self.lost = 0

    async def make(self, order: PictureOrder, to: Path, deadline_s: float, progress: Progress | None = None) -> None:
        """Write the picture as a PNG to `to`.

        Raises: Busy (queue full, or not done in time: the model may still be loading), Unavailable.
        """
        if self._closed:
            raise Unavailable(PART)
        if self._inside > self._settings.queue:
            raise Busy(RETRY_AFTER_S)
        self._inside += 1
        job = _Job(next(self._numbers), order, to, asyncio.get_running_loop().time() + deadline_s, progress)
        task = self._keep_up(self._serve(job))
        try:
            async with asyncio.timeout(deadline_s):
                await asyncio.shield(task)
        except TimeoutError:
            self._give_up(job)
            raise Busy(RETRY_AFTER_S) from None
        except asyncio.CancelledError:
            if task.cancelled():  # not the caller: we are closing
                raise Unavailable(PART) from None
            self._give_up(job)
            raise

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._child.pid if self._child else None

    @property
    def memory_mb(self) -> int:
        """What the process held at most when it last said so; 0 while there is none."""
        return self._child.memory_mb if self._child else 0

    async def close(self) -> None:
        """End the process and whatever it is at."""
        self._closed = True
        if self._rest:
            self._rest.cancel()
        for task in self._upkeep:
            task.cancel()
        await asyncio.gather(*self._upkeep, return_exceptions=True)
        await self._part()

    def _give_up(self, job: _Job) -> None:
        job.given_up = True
        job.ends = min(job.ends, asyncio.get_running_loop().time())
        if self._at is job and self._child:
            self._child.send({"cancel": job.number})

    async def _serve(self, job: _Job) -> None:
        """The order from its turn to its end, which is the process's and not the caller's."""
        try:
            async with self._turn:
                self._at = job
                try:
                    await self._attempts(job)
                finally:
                    self._at = None
        finally:
            self._inside -= 1
            tidy(job)
            self._rest_later()

    async def _attempts(self, job: _Job) -> None:
        for _ in range(ATTEMPTS):
            if job.given_up:
                return
            try:
                await self._converse(await self._ready(), job)
            except ChildGone as gone:
                self.lost += 1
                log.warning("imagine_process_lost", why=str(gone), memory_mb=self.memory_mb)
                await self._part()
            else:
                return
        raise Unavailable(PART)

    async def _converse(self, child: Child, job: _Job) -> None:
        """Order, and listen until the process is done with it."""
        child.send(message(job.number, job.order, job.to, self._models))
        while True:
            heard = await child.hear(job.ends)
            if heard.get("number") != job.number:
                continue
            if "done" in heard:
                await self._tell(job, heard)
            elif "failed" in heard:
                log.error("imagine_failed", model=job.order.model, why=shorten(heard["failed"], 500))
                raise Unavailable(PART)
            elif "made" in heard or "cancelled" in heard:
                return

    async def _tell(self, job: _Job, heard: dict[str, Any]) -> None:
        if job.progress is None or job.given_up:
            return
        try:
            await job.progress(int(heard["done"]), int(heard["total"]))
        except Exception:  # whoever listens has trouble of their own
            log.exception("imagine_progress_lost")

    async def _ready(self) -> Child:
        """The process; a new one where there is none, or where it ended while nobody asked it anything."""
        if self._rest:
            self._rest.cancel()
        if self._child is not None and not self._child.alive:
            await self._part()
        if self._child is None:
            self._child = await Child.start(self._models)
        return self._child

    async def _part(self) -> None:
        """Let the process go; while it goes it is still ours, so that `close` can wait for it too."""
        if self._child is not None:
            await self._child.close()
            self._child = None

    def _rest_later(self) -> None:
        """End the process when nobody has come for a while."""
        if self._rest:
            self._rest.cancel()
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        self._rest = loop.call_later(self._settings.idle_s, lambda: self._keep_up(self._leave()))

    async def _leave(self) -> None:
        if not self._inside:
            async with self._turn:
                await self._part()

    def _keep_up(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that somebody holds on to until it is done, and whose failure somebody has seen."""
        task = asyncio.get_running_loop().create_task(work)
        self._upkeep.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._upkeep.discard(task)
        if not task.cancelled():
            task.exception()


def tidy(job: _Job) -> None:
    """Remove what an order leaves behind: the picture that nobody waits for, the half of one that was not finished."""
    left = [part_of(job.to), *([job.to] if job.given_up else [])]
    for path in left:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def message(number: int, order: PictureOrder, to: Path, settings: ImagineSettings) -> dict[str, Any]:
    """An order as the process reads it."""
    return {
        "number": number,
        "prompt": order.prompt,
        "negative_prompt": order.negative_prompt,
        "seed": order.seed,
        "width": order.width,
        "height": order.height,
        "to": str(to),
        "model": settings.pipeline_of(order.model).model_dump(),
    }
