"""Files that are whole or not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from imagewell.storage import durable


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was synced, and of renames, in order."""
    seen: list[str] = []
    sync, replace = durable.sync, Path.replace

    def spy_sync(path: Path) -> None:
        seen.append(f"sync {path.name}")
        sync(path)

    def spy_replace(path: Path, target: Path) -> Path:
        seen.append(f"rename {target.name}")
        return replace(path, target)

    monkeypatch.setattr(durable, "sync", spy_sync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    return seen


def test_order_of_a_durable_write(tmp_path: Path, synced: list[str]) -> None:
    """Bytes are synced before the rename, then every folder whose list of names changed, up to one that was there."""
    temp = tmp_path / "temp"
    temp.write_bytes(b"x")
    durable.adopt(temp, tmp_path / "a" / "b" / "file")
    assert synced == ["sync temp", "rename file", "sync b", "sync a", f"sync {tmp_path.name}"]
    temp.write_bytes(b"y")
    synced.clear()
    durable.adopt(temp, tmp_path / "a" / "b" / "other")
    assert synced == ["sync temp", "rename other", "sync b"]


def test_quick_write_syncs_nothing(tmp_path: Path, synced: list[str]) -> None:
    """What can be made again is not waited for."""
    temp = tmp_path / "temp"
    temp.write_bytes(b"x")
    durable.adopt(temp, tmp_path / "a" / "file", durable=False)
    assert synced == ["rename file"]


def test_kept_file_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file system has no hard links, a copy does."""

    def none(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", none)
    temp = tmp_path / "temp"
    temp.write_bytes(b"x")
    durable.adopt(temp, tmp_path / "file", keep=True)
    assert (tmp_path / "file").read_bytes() == b"x"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "temp"]


def test_failed_copy_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When neither a link nor a copy can be made, no second name is left."""

    def none(*_: object) -> None:
        raise PermissionError

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", none)
    monkeypatch.setattr(shutil, "copyfile", full)
    temp = tmp_path / "temp"
    temp.write_bytes(b"x")
    with pytest.raises(OSError, match="No space"):
        durable.adopt(temp, tmp_path / "file", keep=True)
    assert [path.name for path in tmp_path.iterdir()] == ["temp"]
