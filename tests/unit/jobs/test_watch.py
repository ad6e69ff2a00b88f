"""Who is taken for dead, without believing anybody's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from imagewell.jobs.watch import Watch

THEN = datetime(2026, 3, 1, tzinfo=UTC)


def test_who_stands_still_is_dead_after_a_while() -> None:
    """And lives again with the next sign of life."""
    watch = Watch(dead_after_s=10)
    assert watch.look({"a": THEN}, 0) == frozenset()
    assert watch.look({"a": THEN}, 10) == frozenset()
    assert watch.look({"a": THEN}, 11) == {"a"}
    assert watch.look({"a": THEN + timedelta(seconds=1)}, 12) == frozenset()


def test_a_wrong_clock_kills_nobody() -> None:
    """A sign of life may be years old or in the future, as long as it changes."""
    watch = Watch(dead_after_s=10)
    for second in range(0, 100, 5):
        seen = {
            "old": THEN - timedelta(days=900, seconds=-second),
            "new": THEN + timedelta(days=900, seconds=second),
        }
        assert watch.look(seen, second) == frozenset()


def test_who_has_left_is_forgotten() -> None:
    """One that comes back under its name counts as living."""
    watch = Watch(dead_after_s=10)
    watch.look({"a": THEN}, 0)
    assert watch.look({}, 20) == frozenset()
    assert watch.look({"a": THEN}, 40) == frozenset()
