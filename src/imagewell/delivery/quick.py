"""A folder in memory where workers leave small results, so that a picture that is answered from memory costs no file.

On some disks making a file costs more than rendering a small picture. The folder is this process's own and goes with
it: whoever opens one removes those whose owner was killed, which shows by their lock being free.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from imagewell.transform.model import Transformation

PREFIX = "imagewell-"
LOCK = "lock"
SMALL_SIDE_PX = 2048
"""A result whose width or height is at most this is expected to be small enough to lie in memory."""
GRACE_S = 60.0
"""A folder without a lock may be another process's that is just being made."""


class QuickFolder:
    """Made by `open_quick`; remove it with `close`."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._folder = folder
        self._lock: int | None = lock

    def temp(self) -> Path:
        """A path for a new file."""
        return self._folder / uuid4().hex

    def holds(self, file: Path) -> bool:
        """Whether a file lies here."""
        return file.parent == self._folder

    def close(self) -> None:
        """Remove the folder and what is left in it; once is enough."""
        if self._lock is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)
            self._lock = None


def open_quick(parent: Path | None) -> QuickFolder | None:
    """A folder of our own below `parent`; None where there is no such place, or nothing can be written there."""
    if parent is None:
        return None
    try:
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    return QuickFolder(folder, lock)


def is_small(transformation: Transformation) -> bool:
    """Whether the result is sure to be narrow or low enough: its last resize says so in px."""
    resizes = [stage.resize for stage in transformation.stages if stage.resize is not None]
    if not resizes:
        return False
    sides = (resizes[-1].width, resizes[-1].height)
    return any(side is not None and not side.share and side.value <= SMALL_SIDE_PX for side in sides)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(PREFIX + "*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid() and _is_left_behind(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left_behind(folder: Path) -> bool:
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > GRACE_S
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
