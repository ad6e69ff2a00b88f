"""Rates: a moving window over the `limits` library, in memory, or in Valkey when several processes share it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from imagewell.errors import RateLimited, Unavailable


@dataclass(frozen=True, slots=True)
class Window:
    """`amount` requests in any `seconds` in a row; amount 0 is no limit. `name` keeps windows apart."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Where a caller stands: requests allowed, left, and the epoch second at which the oldest counted one leaves."""

    limit: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """The usual three; names in lower case."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset_s),
        }


class OverRate(RateLimited):
    """One request too many; `figures` go into the answer's headers."""

    def __init__(self, figures: Figures, retry_after_s: int) -> None:
        self.figures = figures
        super().__init__(retry_after_s)


def _connections(url: str) -> Any:
    """A pool of ours, so that we can close it; `limits` speaks to Redis and Valkey alike through Valkey's client."""
    # Most servers are one process and never need it.
    from valkey.asyncio import ConnectionPool

    return ConnectionPool.from_url(url, socket_timeout=2, socket_connect_timeout=2)


class Rates:
    """Counts requests; one a process.

    Args:
        url: `redis://…` or `valkey://…` to share the counts, None to keep them in memory.
        enabled: False counts nothing.
    """

    def __init__(self, url: str | None = None, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._pool = None if url is None else _connections(url)
        options: Any = {} if self._pool is None else {"connection_pool": self._pool}
        storage = storage_from_string("async+memory://" if url is None else "async+valkey://", **options)
        assert isinstance(storage, Storage), "an async+ address gives an async storage"
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)

    async def hit(self, window: Window, who: str) -> Figures | None:
        """Count one request of `who`; None when nothing is limited.

        A refused request is not counted. Raises: OverRate; Unavailable when the shared store cannot be reached.
        """
        if not self._enabled or window.amount == 0:
            return None
        item = RateLimitItemPerSecond(window.amount, window.seconds, namespace=f"imagewell:{window.name}")
        try:
            allowed = await self._limiter.hit(item, who)
            reset_s, remaining = await self._limiter.get_window_stats(item, who)
        except self._storage.base_exceptions as error:
            raise Unavailable("rate store") from error
        figures = Figures(window.amount, max(0, int(remaining)) if allowed else 0, math.ceil(reset_s))
        if not allowed:
            raise OverRate(figures, math.ceil(reset_s - time.time()))
        return figures

    async def check(self) -> bool:
        """Whether the store of the counts answers."""
        try:
            return bool(await self._storage.check())
        except self._storage.base_exceptions:
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.aclose()
