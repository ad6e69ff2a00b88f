"""The server's own secret: given as a setting, or made on first start and kept in the data directory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

FILE_NAME = "secret.key"
MIN_CHARS = 32


def server_secret(given: str | None, data_dir: Path) -> bytes:
    """32 bytes; `given` is IMAGEWELL_SECRET_KEY, else the file in `data_dir` is read, or made with mode 0600.

    Raises: ValueError for one that is too short to be a secret.
    """
    text = given if given is not None else _from_file(data_dir / FILE_NAME)
    if len(text.strip()) < MIN_CHARS:
        raise ValueError(f"The server's secret key must have at least {MIN_CHARS} characters.")
    return hashlib.sha256(text.strip().encode()).digest()


def _from_file(path: Path) -> str:
    if not path.exists():
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    """Whole or not at all, and never over one that another process made at the same moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temp = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}.")  # created with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temp, path)
    finally:
        Path(temp).unlink()
