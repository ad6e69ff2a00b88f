"""Orders from being asked to being answered: a bounded queue, and the socket from which the workers take them.

A few more orders than there are workers lie in the socket, so that no worker waits while the server is busy.
"""

from __future__ import annotations

import asyncio
import errno
import mmap
import socket
from collections import deque
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from imagewell.errors import Busy, Refusal, RenderFailed, TooLarge
from imagewell.imaging import wire
from imagewell.imaging.board import FIRST_NUMBER, Board
from imagewell.imaging.work import Facts, RenderOrder, Rendition, Seen, part_of

LOST_S = 0.05
"""From a worker's death to sending again what it may have taken; by then the others have said what they took."""
MOST_AHEAD = 8
"""Orders in the socket beyond those that workers are at: the system holds about ten messages."""


class Job:
    """One order that somebody asked for."""

    __slots__ = ("future", "message", "number", "timer", "writes_to")

    def __init__(self, number: int, asked: wire.Asked, future: asyncio.Future[Any]) -> None:
        self.number = number
        self.message = wire.order(number, asked)
        self.writes_to = asked.write_to if isinstance(asked, RenderOrder) else None
        self.future = future
        self.timer: asyncio.TimerHandle | None = None

    def fail(self, error: Refusal) -> None:
        """Tell who still waits, and leave no file."""
        if not self.future.done():
            self.future.set_exception(error)
        self.clear()

    def clear(self) -> None:
        """Remove what nobody will use."""
        if self.writes_to is not None:
            for path in (self.writes_to, part_of(self.writes_to)):
                Path(path).unlink(missing_ok=True)


class Orders:
    """All orders that are not answered yet. Belongs to the event loop that called `open`.

    Args:
        workers: orders that are worked at at once. queue: how many more may wait.
        begun: numbers of the orders that workers are at now.
        end: ends the worker that is at the order of a number; whether there is one.
    """

    def __init__(
        self, board: Board, workers: int, queue: int, begun: Callable[[], set[int]], end: Callable[[int], bool]
    ) -> None:
        self._board = board
        self._most = workers + queue
        self._most_sent = workers + min(workers, MOST_AHEAD)
        self._begun = begun
        self._end = end
        self._socket, self.workers_end = wire.pair()
        self._inbox = mmap.mmap(-1, wire.LONGEST_BYTES)  # not a bytearray: only what is used takes memory
        self._numbers = count(FIRST_NUMBER)
        self._jobs: dict[int, Job] = {}
        self._unsent: deque[Job] = deque()
        self._closed = True
        self.taken = 0

    def open(self) -> None:
        """Begin to take orders."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)
        self._closed = False

    async def ask(self, asked: wire.Asked, ends: float) -> Facts | Rendition | Seen:
        """The answer to one order.

        Args:
            ends: the loop's time by which it must be there.
        Raises: Busy (queue full, or no worker took it in time), RenderFailed (the worker died or ran out of time),
            TooLarge, and whatever the worker refuses.
        """
        loop = asyncio.get_running_loop()
        if self.is_full or ends <= loop.time():
            raise Busy
        job = Job(next(self._numbers), asked, loop.create_future())
        job.timer = loop.call_at(ends, self._expire, job)
        self._jobs[job.number] = job
        self._unsent.append(job)
        self._feed()
        try:
            result: Facts | Rendition | Seen = await job.future
        except asyncio.CancelledError:
            self._leave(job)
            raise
        return result

    @property
    def is_full(self) -> bool:
        """Whether one more would be refused."""
        return self._closed or len(self._jobs) >= self._most

    def waiting(self) -> int:
        """How many somebody waits for that no worker has begun."""
        begun = self._begun()
        return sum(not job.future.done() and number not in begun for number, job in self._jobs.items())

    def died(self, number: int) -> None:
        """The worker that was at an order has ended; what it had answered before counts."""
        self._read()
        job = self._out(number)
        if job is not None:
            job.fail(RenderFailed("the process that rendered it died"))
        asyncio.get_running_loop().call_later(LOST_S, self._send_again, self._missing())
        self._feed()

    async def close(self) -> None:
        """Refuse what waits, wait for what the workers are at, and have them leave."""
        self._closed = True
        begun = self._begun()
        self._unsent.clear()
        for number, job in self._jobs.items():
            if number not in begun:
                self._board.give_up(number)
                job.fail(Busy())
        await asyncio.gather(*(job.future for job in list(self._jobs.values())), return_exceptions=True)
        for number, job in list(self._jobs.items()):
            self._out(number)
            job.clear()
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket.fileno())
        loop.remove_writer(self._socket.fileno())
        self._socket.close()
        self.workers_end.close()

    def _feed(self) -> None:
        """Send what there is room for."""
        while self._unsent and len(self._jobs) - len(self._unsent) < self._most_sent:
            job = self._unsent.popleft()
            try:
                _send(self._socket, job.message)
            except BlockingIOError:
                self._unsent.appendleft(job)
                asyncio.get_running_loop().add_writer(self._socket.fileno(), self._writable)
                return
            except OSError as error:
                self._out(job.number)
                job.fail(_refusal(error, len(job.message)))
            else:
                self.taken += 1

    def _writable(self) -> None:
        asyncio.get_running_loop().remove_writer(self._socket.fileno())
        self._feed()

    def _read(self) -> None:
        """Every answer that has come."""
        inbox = memoryview(self._inbox)
        while not self._closed or self._jobs:
            try:
                length = self._socket.recv_into(inbox)
            except BlockingIOError:
                break
            try:
                number, told = wire.read_answer(inbox[:length])
            except ValueError:
                continue  # from a worker gone wrong: its order ends with its time, and the worker with it
            self._answered(number, told)
        self._feed()

    def _answered(self, number: int, told: wire.Told) -> None:
        job = self._out(number)
        if job is None:
            return
        if told is None:
            self.taken -= 1
            job.fail(Busy())
        elif isinstance(told, Refusal):
            job.fail(told)
        elif job.future.done():
            job.clear()
        else:
            job.future.set_result(told)

    def _missing(self) -> list[Job]:
        """What was sent, is out of the socket, and no worker is at: one has just taken it, or died as it did."""
        try:
            first = wire.order_number(self.workers_end.recv(wire.HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            first = None
        gone = set(self._jobs) - {job.number for job in self._unsent} - self._begun()
        return [self._jobs[number] for number in sorted(gone) if first is None or number < first]

    def _send_again(self, suspects: list[Job]) -> None:
        """What is still missing a moment later was lost before it was begun: the next worker gets it."""
        if self._closed:
            return
        for job in [job for job in self._missing() if job in suspects]:
            timer, job.timer = job.timer, None
            self._out(job.number)
            if job.future.done():
                continue
            job.number, job.timer = next(self._numbers), timer
            job.message = wire.renumbered(job.message, job.number)
            self._jobs[job.number] = job
            self._unsent.appendleft(job)
            self.taken -= 1
        self._feed()

    def _expire(self, job: Job) -> None:
        """Its time is up: end the worker that is at it, or take it back."""
        if self._end(job.number):
            self._out(job.number)
            job.fail(RenderFailed("it took longer to render than is allowed"))
            self._feed()
        else:
            self._leave(job)
            job.fail(Busy())

    def _leave(self, job: Job) -> None:
        """Nobody waits for it any more. One that was sent stays until a worker has skipped or made it."""
        if job.number not in self._jobs:
            job.clear()  # it was answered in the same moment
        elif job in self._unsent:
            self._unsent.remove(job)
            self._out(job.number)
        else:
            self._board.give_up(job.number)

    def _out(self, number: int) -> Job | None:
        job = self._jobs.pop(number, None)
        if job is not None and job.timer is not None:
            job.timer.cancel()
        return job


def _send(to: socket.socket, message: bytes) -> None:
    """One message. Raises: OSError with EMSGSIZE for one that the system does not take or no worker could read."""
    if len(message) > wire.LONGEST_BYTES:
        raise OSError(errno.EMSGSIZE, "longer than a worker reads")
    to.send(message)


def _refusal(error: OSError, length: int) -> Refusal:
    if error.errno == errno.EMSGSIZE:
        return TooLarge(wire.LONGEST_BYTES, "bytes in one transformation", length)
    return RenderFailed("no worker can be reached")
