"""Who changed what since when: keeps an answer that was begun before a change from being remembered after it."""

from __future__ import annotations

from collections import deque

from imagewell.delivery.order import Place

REMEMBERED = 1024


def covers(forgotten: str, path: str) -> bool:
    """Whether forgetting `forgotten` concerns `path`: the same, or below it when it ends in a slash; "" is all."""
    return forgotten == path or ((not forgotten or forgotten.endswith("/")) and path.startswith(forgotten))


class Changes:
    """A counter and the latest changes. Take a `mark` before reading, ask `unchanged` before remembering."""

    def __init__(self) -> None:
        self._count = 0
        self._latest: deque[tuple[int, str, str]] = deque(maxlen=REMEMBERED)

    def mark(self) -> int:
        """The moment now, to be handed to `unchanged` later."""
        return self._count

    def add(self, owner: str, path: str) -> None:
        """Something changed at `path`, or below it when it ends in a slash."""
        self._count += 1
        self._latest.append((self._count, owner, path))

    def unchanged(self, place: Place, since: int) -> bool:
        """Whether nothing changed at `place` since the mark; False too when that was too long ago to know."""
        if since == self._count:
            return True
        if self._count - since > len(self._latest):
            return False
        owner, path = place
        return not any(at > since and who == owner and covers(what, path) for at, who, what in self._latest)
