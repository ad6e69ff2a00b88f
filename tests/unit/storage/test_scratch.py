"""Local copies of remote objects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imagewell.storage.scratch import Scratch, own_folder


class Remote:
    """Objects of `size` bytes; counts downloads."""

    def __init__(self, size: int = 10) -> None:
        self.size = size
        self.downloads = 0
        self.fails = 0

    async def __call__(self, path: Path) -> int:
        self.downloads += 1
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise RuntimeError
        path.write_bytes(b"x" * self.size)
        return self.size


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path, 25)


async def use(scratch: Scratch, key: str, remote: Remote) -> Path:
    async with scratch.copy(key, remote) as path:
        assert path.read_bytes() == b"x" * remote.size
        return path


async def test_copy_is_fetched_once(scratch: Scratch) -> None:
    """Many readers at once, and later ones, share one download."""
    remote = Remote()
    await asyncio.gather(*(use(scratch, "a", remote) for _ in range(20)))
    await use(scratch, "a", remote)
    assert remote.downloads == 1
    assert scratch.held_bytes == 10


async def test_least_recently_used_goes_first(scratch: Scratch, tmp_path: Path) -> None:
    """Over the ceiling the copy that was not used for longest is deleted."""
    remote = Remote()
    for key in ("a", "b", "a", "c"):
        await use(scratch, key, remote)
    assert scratch.held_bytes == 20
    assert len(list(tmp_path.iterdir())) == 2
    await use(scratch, "a", remote)
    assert remote.downloads == 3
    await use(scratch, "b", remote)
    assert remote.downloads == 4


async def test_copy_in_use_stays(scratch: Scratch) -> None:
    """A copy that is being read is not deleted, whatever else is fetched, and is afterwards."""
    remote = Remote(20)
    async with scratch.copy("a", remote) as path:
        for key in "bcd":
            await use(scratch, key, remote)
        await scratch.forget("a")
        assert path.exists()
    await use(scratch, "e", remote)
    assert scratch.held_bytes <= 25


async def test_failed_download_leaves_nothing(scratch: Scratch, tmp_path: Path) -> None:
    """Who waits for a download that fails tries for themselves; in the end nothing is left of a failure."""
    remote = Remote()
    remote.fails = 2
    answers = await asyncio.gather(*(use(scratch, "a", remote) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, RuntimeError) for answer in answers) == 2
    assert remote.downloads == 3
    remote.fails = 1
    with pytest.raises(RuntimeError):
        await use(scratch, "b", remote)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"x" * 10]


async def test_forgotten_copy_is_fetched_again(scratch: Scratch) -> None:
    """After an object was deleted its copy is not handed out."""
    remote = Remote()
    await use(scratch, "a", remote)
    await scratch.forget("a")
    await scratch.forget("never seen")
    await use(scratch, "a", remote)
    assert remote.downloads == 2


def test_dead_processes_copies_are_deleted(tmp_path: Path) -> None:
    """What a killed process left behind goes; what belongs to a living one stays."""
    for name in ("objects-4194305", "objects-1", "other-4194305"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "copy").write_bytes(b"x")
    mine = own_folder(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"objects-1", "other-4194305"}
    Scratch(mine, 10)
    (mine / "left").write_bytes(b"x")
    Scratch(mine, 10)
    assert list(mine.iterdir()) == []
