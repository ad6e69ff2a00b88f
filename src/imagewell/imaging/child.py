"""One render worker as the server sees it: a process, and its slot on the board."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from imagewell.imaging.board import STARTING, Board
from imagewell.imaging.settings import WorkerSettings

WORKER_ENVIRONMENT = {
    "VIPS_CONCURRENCY": "1",
    # Two arenas: glibc would keep the peak of every thread for itself.
    "MALLOC_ARENA_MAX": "2",
    # And keep what one picture took for the next: having pages given anew took up to a fifth of a render. A worker
    # that rests, or holds much, gives them back (`worker.give_back`).
    "MALLOC_MMAP_THRESHOLD_": str(8 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024),
    # Large pictures stay in memory: a temporary file would outlive a worker that is killed.
    "VIPS_DISC_THRESHOLD": "100g",
    "VIPS_WARNING": "0",
    "OMP_NUM_THREADS": "1",
}
CLOSE_GRACE_S = 2.0


class Child:
    """A worker process. It takes orders by itself and tells on the board which it is at."""

    def __init__(self, process: asyncio.subprocess.Process, slot: int, board: Board) -> None:
        self._process = process
        self._board = board
        self.slot = slot

    @classmethod
    async def start(cls, settings: WorkerSettings, slot: int, board: Board, files: tuple[int, int]) -> Child:
        """A new process, which takes orders as soon as it has imported what it needs.

        Args:
            files: descriptors of the board and of the workers' end of the socket.
        """
        board.set(slot, STARTING)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "imagewell.imaging.worker",
            *(str(number) for number in (os.getpid(), slot, *files)),
            settings.model_dump_json(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=2,  # libraries may print; nothing of ours goes that way
            env={**os.environ, **WORKER_ENVIRONMENT},
            pass_fds=files,
            start_new_session=True,  # a Ctrl-C at the server's terminal is the server's to handle
        )
        return cls(process, slot, board)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def at(self) -> int:
        """The number of the order that it is at, `STARTING` or `IDLE`; of a dead process, what it was at last."""
        return self._board.at(self.slot)

    def kill(self) -> None:
        """End the process now, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def wait(self) -> int:
        """Until the process has ended; its exit status."""
        return await self._process.wait()

    async def close(self) -> None:
        """Wait for a process that was told to leave, and kill it if it does not."""
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_GRACE_S)
        except TimeoutError:
            self.kill()
            await self._process.wait()
