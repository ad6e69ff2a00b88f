"""Local copies of remote objects, for code that needs a path. Bounded: the least recently used go first."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "objects"

Download = Callable[[Path], Awaitable[int]]
"""Writes the object to a path and returns its size in bytes."""


@dataclass(slots=True)
class Copy:
    """One object's copy. `users` are reading it now, so it stays; `lock` has one task fetch it and the others wait."""

    path: Path
    size: int = 0
    users: int = 0
    ready: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


def own_folder(scratch: Path) -> Path:
    """This process's folder below `scratch`; those of processes that are gone are deleted."""
    scratch.mkdir(parents=True, exist_ok=True)
    for folder in scratch.glob(f"{FOLDER}-*"):
        pid = folder.name.rpartition("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)
    return scratch / f"{FOLDER}-{os.getpid()}"


class Scratch:
    """A folder of copies, owned by one process. Copies in use may take it past its ceiling; it shrinks afterwards."""

    def __init__(self, folder: Path, ceiling_bytes: int) -> None:
        self._folder = folder
        self._ceiling = ceiling_bytes
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for left_behind in folder.iterdir():  # by a process that was killed
            left_behind.unlink(missing_ok=True)

    @property
    def held_bytes(self) -> int:
        """Size of all copies."""
        return sum(copy.size for copy in self._copies.values())

    @asynccontextmanager
    async def copy(self, key: str, download: Download) -> AsyncIterator[Path]:
        """A path that holds the object for as long as the block runs. Equal wishes at once share one download."""
        copy = self._copies.setdefault(key, Copy(self._folder / hashlib.sha256(key.encode()).hexdigest()))
        copy.users += 1
        try:
            async with copy.lock:
                if not copy.ready:
                    copy.size = await download(copy.path)
                    copy.ready = True
            if self._copies.get(key) is copy:
                self._copies.move_to_end(key)
            yield copy.path
        finally:
            copy.users -= 1
            if not copy.ready and copy.users == 0:
                self._drop(key, copy)
            await self._shrink()

    async def forget(self, key: str) -> None:
        """Drop a copy, unless somebody reads it; objects never change, so that copy is still right."""
        copy = self._copies.get(key)
        if copy and copy.users == 0:
            await asyncio.to_thread(self._drop, key, copy)

    async def _shrink(self) -> None:
        held = self.held_bytes
        for key, copy in list(self._copies.items()):
            if held <= self._ceiling:
                return
            if copy.users == 0:
                held -= copy.size
                self._drop(key, copy)

    def _drop(self, key: str, copy: Copy) -> None:
        if self._copies.get(key) is copy:
            del self._copies[key]
        with contextlib.suppress(OSError):
            copy.path.unlink(missing_ok=True)
