"""Who a worker is: a name that stays its own when it is started anew, and that nobody else has meanwhile.

The engine gives a worker that comes back what it had begun, so two that live must never share a name.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
from pathlib import Path

from imagewell.ids import new_id

FOLDER = "workers"
MOST = 1000


class Identity:
    """A name, held until `close`: the kernel lets go of it when the process dies."""

    def __init__(self, name: str, file: int) -> None:
        self.name = name
        self._file: int | None = file

    @classmethod
    def take(cls, data_dir: Path, given: str | None = None) -> Identity:
        """The first name in the data folder that nobody holds; made where there is none.

        It has the machine's name in it, so that a data folder which is copied makes no twin; or it is the setting's,
        with a number behind it where several processes share the setting. Raises: OSError.
        """
        folder = data_dir / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(MOST):
            file = _held(folder / (f"{number}" if given is None else f"{given}@{number}"))
            if file is None:
                continue
            if given is None:
                return cls(f"{_machine()}-{_kept(file)}", file)
            return cls(f"{given}.{number + 1}" if number else given, file)
        raise OSError(f"{MOST} workers use {data_dir} already")

    def close(self) -> None:
        """Let another have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _held(path: Path) -> int | None:
    """The file, locked; None when another holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _kept(file: int) -> str:
    written = os.pread(file, 24, 0).decode("ascii", "replace")
    if re.fullmatch("[0-9a-f]{24}", written):
        return written
    made = new_id()
    os.ftruncate(file, 0)
    os.pwrite(file, made.encode(), 0)
    os.fsync(file)
    return made


def _machine() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40] or "machine"
