"""The one place that asks what time it is, so that a test can hold it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The machine's clock. `HeldClock` is its twin for tests."""

    def now(self) -> datetime:
        """The time in UTC, with its zone."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """Seconds since the epoch."""
        return time.time()


class HeldClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, seconds: float = 1_700_000_000.0) -> None:
        self._seconds = seconds

    def seconds(self) -> float:
        """What it was set to."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Move it on."""
        self._seconds += seconds
