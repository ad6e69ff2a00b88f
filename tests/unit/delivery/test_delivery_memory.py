"""Small bounded memories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.delivery.memory import Recent


def test_what_is_remembered_ends() -> None:
    """An entry holds up to its time and not a moment longer."""
    memory: Recent[str, int] = Recent(10)
    memory.put("a", 1, until_s=5.0)
    assert memory.get("a", 4.9) == 1
    assert memory.get("a", 5.0) is None
    assert memory.get("a", 4.9) is None


def test_the_least_recently_used_goes() -> None:
    """What was used last stays longest."""
    memory: Recent[str, int] = Recent(2)
    memory.put("a", 1, 9)
    memory.put("b", 2, 9)
    memory.get("a", 0)
    memory.put("c", 3, 9)
    assert [memory.get(key, 0) for key in "abc"] == [1, None, 3]


def test_what_is_too_heavy_is_not_kept() -> None:
    """An entry heavier than all the room pushes nothing else out, and an older one under its key is gone."""
    memory: Recent[str, bytes] = Recent(10, len)
    memory.put("a", b"12345", 9)
    memory.put("b", b"1", 9)
    memory.put("a", b"12345678901", 9)
    assert (memory.get("a", 0), memory.get("b", 0), memory.weight) == (None, b"1", 1)


def test_forget_where() -> None:
    """Entries are forgotten by what they are."""
    memory: Recent[str, int] = Recent(10)
    for number, key in enumerate("abc"):
        memory.put(key, number, 9)
    memory.forget_where(lambda key, value: key == "a" or value == 2)
    assert [memory.get(key, 0) for key in "abc"] == [None, 1, None]


@pytest.mark.parametrize(
    ("path", "left"),
    [("/a", {"/a/b", "/ab"}), ("/a/", {"/a", "/ab"}), ("/", set()), ("", set()), ("/x", {"/a", "/a/b", "/ab"})],
)
def test_forget_place(path: str, left: set[str]) -> None:
    """A place is forgotten alone, a folder with all below it, and nothing of another owner."""
    memory: Recent[tuple[str, str], int] = Recent(10)
    for owner in ("me", "you"):
        for each in ("/a", "/a/b", "/ab"):
            memory.put((owner, each), 1, 9)
    memory.forget_place("me", path)
    assert {each for each in ("/a", "/a/b", "/ab") if memory.get(("me", each), 0)} == left
    assert len(memory) == len(left) + 3


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.booleans())))
def test_never_more_than_its_room(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever is put and forgotten, the weight is that of the entries and within the room."""
    memory: Recent[int, bytes] = Recent(50, len)
    for key, size, put in steps:
        if put:
            memory.put(key, bytes(size), 9)
        else:
            memory.forget(key)
        held = [memory.get(key, 0) for key in range(10)]
        assert memory.weight == sum(len(value) for value in held if value is not None) <= 50
