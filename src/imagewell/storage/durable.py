"""Files that survive a power cut: synced, renamed into place, and the folder synced too. Runs in threads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4


def adopt(temp: Path, target: Path, *, durable: bool = True, keep: bool = False) -> None:
    """Make `temp` appear at `target`, whole or not at all; both are on one file system.

    durable: what is there when this returns is there after a power cut. keep: `temp` stays where it is, as a second
    name of the same bytes. Raises: OSError.
    """
    if durable:
        sync(temp)
    made = _make_folders(target.parent)
    moving = second_name(temp) if keep else temp
    try:
        moving.replace(target)
    finally:
        if keep:  # gone, unless replacing failed or both already were names of one file
            moving.unlink(missing_ok=True)
    if durable:
        for folder in [target.parent, *made]:
            sync(folder)


def write(data: bytes, temp: Path, target: Path, *, durable: bool) -> None:
    """Put bytes at `target` by way of `temp`. Raises: OSError; nothing is left behind."""
    try:
        temp.write_bytes(data)
        adopt(temp, target, durable=durable)
    finally:
        temp.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have the kernel write a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def second_name(path: Path) -> Path:
    """Another name for the same bytes beside it: a hard link, or a copy where there are none."""
    other = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        os.link(path, other)
    except OSError:  # a file system without hard links
        try:
            shutil.copyfile(path, other)
            sync(other)
        except OSError:
            other.unlink(missing_ok=True)
            raise
    return other


def _make_folders(folder: Path) -> list[Path]:
    """Make missing folders; returns the parents whose lists of names changed."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
    return [path.parent for path in missing]
