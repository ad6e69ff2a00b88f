"""Small bounded memories: the latest entries by key, each with the time until which it holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from imagewell.delivery.changes import covers
from imagewell.delivery.order import Place

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Least recently used goes first.

    Args:
        room: what all entries together may weigh. weigh: an entry's weight; 1 each, so that `room` counts them.
    """

    def __init__(self, room: int, weigh: Callable[[Value], int] = lambda value: 1) -> None:
        self._room = room
        self._weigh = weigh
        self._entries: OrderedDict[Key, tuple[Value, float, int]] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key, now_s: float) -> Value | None:
        """What is remembered and still holds."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= now_s:
            self.forget(key)
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: Key, value: Value, until_s: float) -> None:
        """Remember; what is heavier than all the room is not."""
        self.forget(key)
        weight = self._weigh(value)
        if weight > self._room:
            return
        self._entries[key] = (value, until_s, weight)
        self.weight += weight
        while self.weight > self._room:
            _, (_, _, gone) = self._entries.popitem(last=False)
            self.weight -= gone

    def forget(self, key: Key) -> None:
        """Forget one entry, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.weight -= entry[2]

    def forget_place(self: Recent[Place, Value], owner: str, path: str) -> None:
        """Forget a place, or with a path that is empty or ends in a slash all places below it."""
        if path and not path.endswith("/"):
            self.forget((owner, path))
        else:
            self.forget_where(lambda place, _: place[0] == owner and covers(path, place[1]))

    def forget_where(self, concerned: Callable[[Key, Value], bool]) -> None:
        """Forget all entries that are concerned; looks at every one."""
        for key in [key for key, entry in self._entries.items() if concerned(key, entry[0])]:
            self.forget(key)
