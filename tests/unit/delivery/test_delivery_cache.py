"""Where derivatives are, from the worker's file to the store."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import Any

import pytest
from tests.unit.delivery.delivery_world import PNG, IndexRows, World, picture, resized

from imagewell.clock import HeldClock
from imagewell.delivery.index import Index
from imagewell.delivery.order import StoreRef
from imagewell.delivery.quick import GRACE_S, LOCK, is_small, open_quick
from imagewell.delivery.write_behind import Pending, WriteBehind
from imagewell.errors import StorageFull
from imagewell.storage import keys
from imagewell.storage.store import Store
from imagewell.transform.model import IDENTITY, Resize, Stage, Transformation
from imagewell.transform.values import Length


class Behind:
    """A queue over a real store, whose workers are busy until told."""

    def __init__(self, folder: Path, room_bytes: int = 1000) -> None:
        self.idle = False
        self.rows = IndexRows()
        self.store = Store.open(str(folder / "store"), folder / "scratch")
        self.index = Index(self.rows, 0.01, HeldClock())
        self.queue = WriteBehind(self.store, self.index, lambda: self.idle, room_bytes)

    async def add(self, name: str, size: int = 100, path: str = "/a") -> None:
        await self.queue.add(Pending(name * 40, bytes(size), ("me", path), "s"))

    async def written(self) -> set[str]:
        return {key[-1] async for key, _, _ in self.store.list(keys.DERIVATIVES)}

    async def until(self, names: str) -> None:
        while await self.written() != set(names):
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        await self.queue.close()
        await self.index.close()


async def test_writing_waits_for_idle_workers(tmp_path: Path) -> None:
    """While workers are busy a derivative can be recalled and is not written; as soon as they are idle it is."""
    it = Behind(tmp_path)
    await it.add("a")
    assert it.queue.recall("a" * 40) is not None
    await asyncio.sleep(0.12)
    assert await it.written() == set()
    it.idle = True
    await it.until("a")
    await it.close()
    assert it.queue.recall("a" * 40) is None
    assert set(it.rows.rows) == {"a" * 40}


async def test_writing_does_not_wait_for_ever(tmp_path: Path) -> None:
    """When half the room is taken, derivatives are written however busy the workers are."""
    it = Behind(tmp_path)
    for name in "abcdef":
        await it.add(name)
    while len(await it.written()) < 1:
        await asyncio.sleep(0.005)
    await it.close()
    assert await it.written() == set("abcdef")


async def test_an_answer_waits_when_there_is_no_room(tmp_path: Path) -> None:
    """What does not fit waits until older ones are written; even what is larger than all the room is taken."""
    it = Behind(tmp_path, room_bytes=250)
    for name in "abc":
        await it.add(name)
    assert "a" in await it.written()
    await it.add("d", 1000)
    await it.close()
    assert await it.written() == set("abcd")


async def test_dropping(tmp_path: Path) -> None:
    """What is dropped before it was written is never written."""
    it = Behind(tmp_path)
    await it.add("a", path="/a")
    await it.add("b", path="/b")
    await it.queue.drop(lambda pending: pending.place == ("me", "/a"))
    await it.close()
    assert await it.written() == {"b"}


async def test_a_store_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is let go, and later ones are written again."""
    it = Behind(tmp_path)

    async def full(*args: Any, **named: Any) -> None:
        raise StorageFull

    with monkeypatch.context() as broken:
        broken.setattr(it.store, "put_bytes", full)
        await it.add("a")
        await it.queue.settled()
    await it.add("b")
    await it.close()
    assert await it.written() == {"b"}
    assert set(it.rows.rows) == {"b" * 40}


def test_a_quick_folder_is_its_owners(tmp_path: Path) -> None:
    """A folder in memory goes with its owner; one whose owner was killed is removed by the next, one in use is not."""
    first = open_quick(tmp_path)
    assert first is not None
    first.temp().write_bytes(b"x")
    second = open_quick(tmp_path)
    assert second is not None
    assert first.temp().parent.exists()
    os.close(first._lock)  # as when the process is killed
    first._lock = None
    third = open_quick(tmp_path)
    assert third is not None
    assert not first.temp().parent.exists()
    second.close()
    second.close()
    third.close()
    assert not list(tmp_path.iterdir())


def test_a_quick_folder_that_is_just_being_made(tmp_path: Path) -> None:
    """A folder without a lock is left alone for a minute: its owner may be about to lock it."""
    young, old = tmp_path / "imagewell-young", tmp_path / "imagewell-old"
    for folder in (young, old):
        folder.mkdir()
    os.utime(old, (0, 0))
    mine = open_quick(tmp_path)
    assert mine is not None
    assert (young.exists(), old.exists()) == (True, False)
    assert GRACE_S > 0
    assert (mine.temp().parent / LOCK).exists()
    mine.close()


@pytest.mark.parametrize("parent", [None, Path("/nowhere/at/all"), Path("/proc")])
def test_no_quick_folder(parent: Path | None) -> None:
    """Where no folder can be made there is none, and nobody is harmed."""
    assert open_quick(parent) is None


@pytest.mark.parametrize(
    ("resize", "small"),
    [
        (None, False), (Resize(), False), (Resize(width=Length(2048)), True), (Resize(width=Length(2049)), False),
        (Resize(height=Length(100)), True), (Resize(width=Length(0.5, True)), False),
        (Resize(width=Length(5000), height=Length(10)), True),
    ],
)  # fmt: skip
def test_small_results(resize: Resize | None, small: bool) -> None:
    """Only a result whose last resize bounds a side in px is expected to be small."""
    assert is_small(Transformation(stages=(Stage(resize=resize),))) is small
    assert not is_small(IDENTITY)


@pytest.mark.parametrize("render_dir", [None, "memory"])
async def test_results_leave_no_files(tmp_path: Path, render_dir: str | None) -> None:
    """Small or large, in memory or on the disk: a worker's file is gone once it is answered or stored."""
    quick = None if render_dir is None else tmp_path / "memory"
    if quick is not None:
        quick.mkdir()
    world = World(tmp_path, render_dir=quick)
    await world.upload("/a.png", picture("a"))
    small = await world.get()
    world.engine.padding = 300 * 1024
    large = await world.get(wanted=resized(7))
    assert isinstance(large.body, StoreRef)
    assert small.body.startswith(PNG)
    assert await world.store.size(large.body.key) == large.body.size
    where = {Path(order.write_to).parent.parent for order in world.engine.orders}
    assert where == {quick or world.store.temp().parent.parent}
    await world.delivery.close()
    assert not list(world.store.temp().parent.iterdir())
    assert quick is None or not list(quick.iterdir())


async def test_no_room_in_memory(tmp_path: Path) -> None:
    """A result that does not fit into memory is rendered again onto the disk."""
    (tmp_path / "memory").mkdir()
    world = World(tmp_path, render_dir=tmp_path / "memory")
    await world.upload("/a.png", picture("a"))
    render = world.engine.render

    async def tight(order: Any, deadline_s: float | None = None) -> Any:
        if order.write_to.startswith(str(tmp_path / "memory")):
            raise StorageFull
        return await render(order, deadline_s)

    world.engine.render = tight  # type: ignore[method-assign]
    assert (await world.get()).cache == "miss"
    await world.delivery.close()


async def test_no_room_for_what_turned_out_large(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that has to go from memory to a full disk is refused in words."""

    def full(*files: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    await world.upload("/a.png", picture("a"))
    world.engine.padding = 1024 * 1024
    monkeypatch.setattr("imagewell.delivery.cache.shutil.copyfile", full)
    with pytest.raises(StorageFull):
        await world.get(wanted=resized())
    monkeypatch.undo()
    assert isinstance((await world.get(wanted=resized())).body, StoreRef)
