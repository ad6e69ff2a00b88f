"""A lock between the processes that use one SQLite file."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from imagewell.errors import Unavailable

FIRST_WAIT_S = 0.001
LONGEST_WAIT_S = 0.02


class FileLock:
    """Held by one task of one process at a time; the kernel lets go of it when a process dies.

    Inside the process tasks queue up at an ordinary lock, so that only one of them polls the file.
    """

    def __init__(self, path: Path, wait_s: float) -> None:
        self._wait_s = wait_s
        self._here = asyncio.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Raises: Unavailable when it is not free in time."""
        deadline = time.monotonic() + self._wait_s
        try:
            async with asyncio.timeout(self._wait_s):  # wait_for can lose a lock it got while being cancelled
                await self._here.acquire()
        except TimeoutError:
            raise Unavailable("database") from None
        try:
            await self._lock_file(deadline)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._here.release()

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    async def _lock_file(self, deadline: float) -> None:
        wait_s = FIRST_WAIT_S
        while not self._try():
            if time.monotonic() > deadline:
                raise Unavailable("database")
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
