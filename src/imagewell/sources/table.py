"""What a process remembers of the sources, so that a picture costs no query."""

from __future__ import annotations

import time
from collections import OrderedDict

from imagewell.sources.view import SourceView

MAX_AGE_S = 5.0
MAX_ENTRIES = 10_000

Key = tuple[str, str]


class Table:
    """Sources, and names that lead nowhere, by kind and name; nothing in it is older than 5 s."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Key, tuple[float, SourceView | None]] = OrderedDict()
        self._cleared = 0

    def get(self, key: Key) -> tuple[bool, SourceView | None]:
        """Whether something is known, and what."""
        read_at, view = self._entries.get(key, (float("-inf"), None))
        return time.monotonic() - read_at < MAX_AGE_S, view

    def mark(self) -> tuple[float, int]:
        """Taken before reading from the database, and handed to `put`."""
        return time.monotonic(), self._cleared

    def put(self, key: Key, view: SourceView | None, mark: tuple[float, int]) -> None:
        """Remember what was read, unless something changed meanwhile."""
        read_at, cleared = mark
        if cleared != self._cleared:
            return
        self._entries[key] = read_at, view
        self._entries.move_to_end(key)
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Something changed."""
        self._entries.clear()
        self._cleared += 1
