"""Which workers live, judged by this machine's clock alone: those of others may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


class Watch:
    """Remembers when each worker's sign of life last changed."""

    def __init__(self, dead_after_s: float) -> None:
        self._dead_after_s = dead_after_s
        self._changed: dict[str, tuple[datetime, float]] = {}

    def look(self, seen: Mapping[str, datetime], now_s: float) -> frozenset[str]:
        """The workers taken for dead: their sign of life has stood still for too long.

        One that is new to us counts as living, so that a process which has just started takes nobody for dead.
        """
        for worker, at in seen.items():
            if worker not in self._changed or self._changed[worker][0] != at:
                self._changed[worker] = at, now_s
        self._changed = {worker: known for worker, known in self._changed.items() if worker in seen}
        return frozenset(w for w, (_, since_s) in self._changed.items() if now_s - since_s > self._dead_after_s)
