"""The hot layer never gives what is void."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.clock import HeldClock
from imagewell.delivery.changes import Changes, covers
from imagewell.delivery.hot import ENTRY_OVERHEAD_BYTES, HotLayer
from imagewell.delivery.order import Delivered, StoreRef
from imagewell.delivery.settings import DeliverySettings


class Setting:
    def __init__(self, **settings: Any) -> None:
        self.clock = HeldClock(1000.0)
        self.changes = Changes()
        self.hot = HotLayer(DeliverySettings(**settings), self.changes, self.clock)

    def forget(self, owner: str, path: str) -> None:
        self.changes.add(owner, path)
        self.hot.forget(owner, path)


def answer(size: int = 10, *, places: Any = (("me", "/a"),), until: float = 2000.0) -> Delivered:
    return Delivered(
        body=bytes(size), content_type="image/png", etag='"e"', last_modified=None, max_age_s=60, varies=False,
        cache="miss", places=tuple(places), valid_until_s=until,
    )  # fmt: skip


def test_an_answer_is_kept() -> None:
    """What was put is found under its key and no other."""
    it = Setting()
    assert it.hot.put(("s", "/a", "w=1"), "prepared", answer(), "s", it.hot.mark())
    assert it.hot.get(("s", "/a", "w=1")) == "prepared"
    assert it.hot.get(("s", "/a", "w=2")) is None


@pytest.mark.parametrize(
    ("settings", "until", "held_s"), [({}, 2000.0, 10.0), ({}, 1003.0, 3.0), ({"shared": True}, 2000.0, 1.0)]
)
def test_an_answer_ends(settings: dict[str, Any], until: float, held_s: float) -> None:
    """An answer holds as long as it is valid, no longer than the setting, or a second among several processes."""
    it = Setting(**settings)
    it.hot.put("k", "prepared", answer(until=until), "s", it.hot.mark())
    it.clock.advance(held_s - 0.01)
    assert it.hot.get("k")
    it.clock.advance(0.01)
    assert it.hot.get("k") is None
    assert (len(it.hot), it.hot.bytes) == (0, 0)


def test_what_is_not_kept() -> None:
    """Large answers, answers in the store and answers that are over already are not kept."""
    it = Setting(hot_entry_kb=1)
    assert not it.hot.put("k", "p", answer(1025), "s", it.hot.mark())
    assert not it.hot.put("k", "p", answer(until=1000.0), "s", it.hot.mark())
    stored = Delivered(StoreRef("x", 5), "image/png", '"e"', None, 60, False, "miss", (), 2000.0)
    assert not it.hot.put("k", "p", stored, "s", it.hot.mark())
    assert len(it.hot) == 0


@pytest.mark.parametrize(
    ("forgotten", "gone"),
    [(("me", "/a"), True), (("me", "/a/"), False), (("me", "/"), True), (("me", "/b"), False), (("you", "/a"), False),
     (("you", "/mark"), True), (("s", ""), True), (("t", ""), False), (("me", ""), True)],
)  # fmt: skip
def test_forget(forgotten: tuple[str, str], gone: bool) -> None:
    """A change at any of an answer's places, above one, or of its source's settings, voids it."""
    it = Setting()
    it.hot.put("k", "p", answer(places=(("me", "/a"), ("you", "/mark"))), "s", it.hot.mark())
    it.forget(*forgotten)
    assert (it.hot.get("k") is None) is gone


@pytest.mark.parametrize("forgotten", [("me", "/a"), ("me", "/"), ("s", "")])
def test_an_answer_begun_before_a_change_is_not_kept(forgotten: tuple[str, str]) -> None:
    """A picture that was being made while it changed is answered once and not kept."""
    it = Setting()
    since = it.hot.mark()
    it.forget(*forgotten)
    assert not it.hot.put("k", "p", answer(), "s", since)
    assert it.hot.put("k", "p", answer(), "s", it.hot.mark())


def test_room() -> None:
    """The least recently used goes when the room is full."""
    it = Setting(hot_mb=1, hot_entry_kb=512)
    size = 300 * 1024
    for key in "abc":
        it.hot.put(key, key, answer(size), "s", it.hot.mark())
    it.hot.get("a")
    it.hot.put("d", "d", answer(size), "s", it.hot.mark())
    assert [it.hot.get(key) for key in "abcd"] == ["a", None, "c", "d"]
    assert it.hot.bytes == 3 * (size + ENTRY_OVERHEAD_BYTES)


paths = st.sampled_from(["/a", "/b", "/f/a", "/f/b", "/f/g/a"])
steps = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 5), paths),
    st.tuples(st.just("forget"), st.sampled_from(["/", "/f/", "/f/g/", "/a", "/f/a", ""]), st.none()),
)


@given(st.lists(steps, max_size=40))
def test_nothing_forgotten_comes_back(script: list[Any]) -> None:
    """After any sequence of puts and changes, what is found is exactly what was put after the last change above it."""
    it = Setting()
    expected: dict[int, str] = {}
    for what, subject, path in script:
        if what == "put":
            it.hot.put(subject, path, answer(places=(("me", path),)), "s", it.hot.mark())
            expected[subject] = path
        else:
            it.forget("me", subject)
            expected = {key: kept for key, kept in expected.items() if not covers(subject, kept)}
    assert {key: it.hot.get(key) for key in range(6) if it.hot.get(key)} == expected
    assert it.hot.bytes == len(expected) * (10 + ENTRY_OVERHEAD_BYTES)
