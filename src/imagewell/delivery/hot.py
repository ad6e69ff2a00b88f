"""The hot layer: finished answers, found by what was asked, letter for letter, before anything is parsed.

A hit costs one look-up. It is right because nothing outlives its time and because every change in this process says
which place it concerns (`Changes`, and docs/decisions/0302-hot-layer.md).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from imagewell.clock import Clock
from imagewell.delivery.changes import Changes, covers
from imagewell.delivery.order import Delivered, Place
from imagewell.delivery.settings import DeliverySettings

ENTRY_OVERHEAD_BYTES = 4096
"""What an entry weighs besides its body: headers, key, tables."""


@dataclass(frozen=True, slots=True)
class HotEntry:
    """One finished answer.

    prepared: whatever the face sends from; opaque here. size: bytes of the body it holds. valid_until_s: Unix seconds.
    source_id: whose settings it was made under.
    """

    prepared: Any
    size: int
    source_id: str
    places: tuple[Place, ...]
    valid_until_s: float


class HotLayer:
    """Answers by an opaque key, such as (source id, raw path, raw query, what Accept allows)."""

    def __init__(self, settings: DeliverySettings, changes: Changes, clock: Clock | None = None) -> None:
        self._room = settings.hot_mb * 1024 * 1024
        self._largest = settings.hot_entry_kb * 1024
        self._lifetime_s = settings.hot_lifetime_s
        self._changes = changes
        self._seconds = (clock or Clock()).seconds
        self._entries: OrderedDict[Hashable, HotEntry] = OrderedDict()
        self._at: dict[str, dict[str, set[Hashable]]] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Any | None:
        """The `prepared` answer, if it is there and still holds."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.valid_until_s <= self._seconds():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.prepared

    def mark(self) -> int:
        """The moment now; take it before the order is begun."""
        return self._changes.mark()

    def put(self, key: Hashable, prepared: Any, delivered: Delivered, source_id: str, since: int) -> bool:
        """Keep an answer, unless it is too large, already void, or something in it changed since the mark."""
        if not isinstance(delivered.body, bytes) or len(delivered.body) > self._largest:
            return False
        places = (*delivered.places, (source_id, ""))
        if not all(self._changes.unchanged(place, since) for place in places):
            return False
        now_s = self._seconds()
        until_s = min(delivered.valid_until_s, now_s + self._lifetime_s)
        size = len(delivered.body) + ENTRY_OVERHEAD_BYTES
        if until_s <= now_s or size > self._room:
            return False
        self._drop(key)
        self._entries[key] = HotEntry(prepared, size, source_id, places, until_s)
        for owner, path in places:
            self._at.setdefault(owner, {}).setdefault(path, set()).add(key)
        self.bytes += size
        while self.bytes > self._room:
            self._drop(next(iter(self._entries)))
        return True

    def forget(self, owner: str, path: str) -> None:
        """Forget every answer with something of `path` in it, or of what is below when it ends in a slash."""
        paths = self._at.get(owner, {})
        concerned = [path] if path and not path.endswith("/") else [each for each in paths if covers(path, each)]
        for each in concerned:
            for key in list(paths.get(each, ())):
                self._drop(key)

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.bytes -= entry.size
        for owner, path in entry.places:
            keys = self._at.get(owner, {}).get(path)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del self._at[owner][path]
                    if not self._at[owner]:
                        del self._at[owner]
