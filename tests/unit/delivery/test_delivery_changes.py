"""Who changed what since when."""

from __future__ import annotations

import pytest

from imagewell.delivery.changes import REMEMBERED, Changes, covers


@pytest.mark.parametrize(
    ("forgotten", "path", "yes"),
    [
        ("/a", "/a", True), ("/a", "/ab", False), ("/a", "/a/b", False), ("/a/", "/a/b", True), ("/a/", "/a", False),
        ("/a/", "/ab", False), ("/", "/a/b", True), ("", "/a", True), ("", "https://o/a", True), ("", "", True),
        ("/a", "", False),
    ],
)  # fmt: skip
def test_covers(forgotten: str, path: str, yes: bool) -> None:
    """A path covers itself; one that ends in a slash all below it; none covers everything."""
    assert covers(forgotten, path) is yes


def test_unchanged() -> None:
    """Only a change at the place, or above it, after the mark counts."""
    changes = Changes()
    changes.add("me", "/a")
    since = changes.mark()
    assert changes.unchanged(("me", "/a"), since)
    changes.add("me", "/b")
    changes.add("you", "/a")
    assert changes.unchanged(("me", "/a"), since)
    changes.add("me", "/")
    assert not changes.unchanged(("me", "/a"), since)
    assert changes.unchanged(("me", "/a"), changes.mark())


def test_what_is_too_long_ago() -> None:
    """When there were more changes than are remembered, nothing is called unchanged."""
    changes = Changes()
    since = changes.mark()
    for _ in range(REMEMBERED):
        changes.add("you", "/x")
    assert changes.unchanged(("me", "/a"), since)
    changes.add("you", "/x")
    assert not changes.unchanged(("me", "/a"), since)
