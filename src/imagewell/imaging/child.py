"""One render worker as the server sees it: a process, a pipe down, a pipe up."""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import sys

from imagewell.errors import Refusal
from imagewell.imaging import wire
from imagewell.imaging.settings import RenderSettings
from imagewell.imaging.work import Facts, RenderOrder, Rendition

WORKER_ENVIRONMENT = {
    "VIPS_CONCURRENCY": "1",
    # Two arenas: glibc would keep the peak of every thread for itself.
    "MALLOC_ARENA_MAX": "2",
    # Large pictures stay in memory: a temporary file would outlive a worker that is killed.
    "VIPS_DISC_THRESHOLD": "100g",
    "VIPS_WARNING": "0",
    "OMP_NUM_THREADS": "1",
}
CLOSE_GRACE_S = 2.0


class ChildLost(Exception):
    """The process ended before it answered. `begun`: it had already read the order."""

    def __init__(self, begun: bool) -> None:
        self.begun = begun
        super().__init__("the worker process ended")


class Child:
    """A worker process. It takes one order at a time; `ask` is never called twice at once.

    orders: how many it was given. rss_mb: private memory it kept after its last answer.
    """

    def __init__(self, process: asyncio.subprocess.Process, tally: wire.Tally) -> None:
        self._process = process
        self._tally = tally
        self._usable = True
        self.ready = False
        self.orders = 0
        self.rss_mb = 0

    @classmethod
    async def start(cls, settings: RenderSettings) -> Child:
        """A new process that is importing what it needs (`become_ready`)."""
        page = os.memfd_create("imagewell-tally")
        try:
            os.ftruncate(page, mmap.PAGESIZE)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "imagewell.imaging.worker",
                str(os.getpid()),
                str(page),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, **WORKER_ENVIRONMENT},
                pass_fds=[page],
                start_new_session=True,  # a Ctrl-C at the server's terminal is the server's to handle
            )
            child = cls(process, wire.Tally(page))
        finally:
            os.close(page)
        child._send(settings.model_dump_json().encode())
        return child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def begun(self) -> bool:
        """Whether it has read the order that it was given last."""
        return self.orders > 0 and self._tally.count == self.orders

    @property
    def usable(self) -> bool:
        """Whether another order may be sent."""
        return self._usable and self._process.returncode is None

    async def become_ready(self) -> None:
        """Until the process has imported what it needs. Raises ChildLost."""
        if await self._receive() != wire.READY:
            raise self._lost()
        self.ready = True

    async def ask(self, order: RenderOrder | tuple[str, bool]) -> Facts | Rendition:
        """Send one order and wait for its answer, without a time limit of its own.

        Raises: the worker's refusal; ChildLost.
        """
        self.orders += 1
        self._send(wire.order(order))
        body = await self._receive()
        try:
            result, self.rss_mb = wire.read(body)
        except ValueError as error:
            raise self._lost() from error
        if isinstance(result, Refusal):
            raise result
        return result

    def kill(self) -> None:
        """End the process now, whatever it is doing."""
        self._usable = False
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def wait(self) -> None:
        """Until the process has ended, and its pipes are closed."""
        await self._process.wait()

    async def close(self) -> None:
        """End an idle process: it leaves by itself when its pipe closes, and is killed if it does not."""
        self._usable = False
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_GRACE_S)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def _send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        # No drain: a worker has at most one order, and an order is small. A closed pipe shows when the answer is read.
        self._process.stdin.write(wire.frame(message))

    async def _receive(self) -> bytes:
        reader = self._process.stdout
        assert reader is not None
        try:
            (length,) = wire.LENGTH.unpack(await reader.readexactly(wire.LENGTH.size))
            if length > wire.MAX_FRAME_BYTES:
                raise self._lost()
            return await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise self._lost() from error

    def _lost(self) -> ChildLost:
        self.kill()
        return ChildLost(self.begun)
