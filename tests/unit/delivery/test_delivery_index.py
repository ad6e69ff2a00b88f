"""The index of derivatives is written behind, and whole before it is read."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.delivery.delivery_world import IndexRows

from imagewell.clock import HeldClock
from imagewell.delivery.index import MOST_WAITING, Index
from imagewell.errors import Unavailable


def index(rows: IndexRows, every_s: float = 0.01, clock: HeldClock | None = None) -> Index:
    return Index(rows, every_s, clock or HeldClock())


async def test_rows_are_written_behind() -> None:
    """A row is written without anybody asking, and not one by one."""
    rows = IndexRows()
    it = index(rows)
    for number in range(10):
        it.add(f"k{number}", "s", "/a", 5)
    assert not rows.rows
    while len(rows.rows) < 10:
        await asyncio.sleep(0.005)
    await it.close()


async def test_rows_are_written_before_a_path_is_forgotten() -> None:
    """Forgetting a path finds the derivatives of a moment ago."""
    rows = IndexRows()
    it = index(rows, every_s=1)
    it.add("k1", "s", "/a", 5)
    it.add("k2", "s", "/b", 5)
    assert await it.forget("s", "/a") == ["k1"]
    assert set(rows.rows) == {"k2"}
    await it.close()


async def test_rows_are_written_at_the_end() -> None:
    """Closing writes what waits."""
    rows = IndexRows()
    it = index(rows, every_s=1)
    it.add("k1", "s", "/a", 5)
    await it.close()
    assert set(rows.rows) == {"k1"}


async def test_rows_wait_for_the_database() -> None:
    """What could not be written is written later; what is too much is let go, oldest first."""
    rows = IndexRows()
    rows.error = Unavailable("database")
    it = index(rows, every_s=1)
    for number in range(MOST_WAITING + 1):
        it.add(f"k{number}", "s", "/a", 5)
    with pytest.raises(Unavailable):
        await it.flush()
    rows.error = None
    await it.close()
    assert len(rows.rows) == MOST_WAITING
    assert "k0" not in rows.rows


async def test_use_is_told_once_an_hour() -> None:
    """Reading a derivative often is written once, and again after an hour."""
    rows, clock = IndexRows(), HeldClock()
    it = index(rows, every_s=1, clock=clock)
    for _ in range(5):
        it.touch("k")
    await it.flush()
    it.touch("k")
    await it.flush()
    assert rows.used == ["k"]
    clock.advance(3601)
    it.touch("k")
    await it.close()
    assert rows.used == ["k", "k"]
