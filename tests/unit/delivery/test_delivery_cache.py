"""Where derivatives are, from the worker's file to the store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.delivery.delivery_world import PNG, IndexRows, World, picture, resized

from imagewell.clock import HeldClock
from imagewell.delivery.index import Index
from imagewell.delivery.order import StoreRef
from imagewell.delivery.write_behind import Pending, WriteBehind
from imagewell.errors import StorageFull
from imagewell.storage import keys
from imagewell.storage.store import Store


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
        broken.setattr(it.store, "put_many", full)
        await it.add("a")
        await it.queue.settled()
    await it.add("b")
    await it.close()
    assert await it.written() == {"b"}
    assert set(it.rows.rows) == {"b" * 40}


async def test_results_leave_no_files(tmp_path: Path) -> None:
    """Small or large, in the answer or in a file: nothing is left once it is answered or stored."""
    world = World(tmp_path)
    await world.upload("/a.png", picture("a"))
    small = await world.get()
    world.engine.padding = 300 * 1024
    large = await world.get(wanted=resized(7))
    assert isinstance(large.body, StoreRef)
    assert small.body.startswith(PNG)
    assert await world.store.size(large.body.key) == large.body.size
    await world.delivery.close()
    assert not list(world.store.temp().parent.iterdir())


async def test_no_room_for_a_large_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that has to go to a full disk is refused in words, and its file is gone."""

    async def full(*files: object, **how: object) -> None:
        raise StorageFull

    await world.upload("/a.png", picture("a"))
    world.engine.padding = 1024 * 1024
    monkeypatch.setattr(world.store, "put_file", full)
    with pytest.raises(StorageFull):
        await world.get(wanted=resized())
    assert not list(world.store.temp().parent.iterdir())
