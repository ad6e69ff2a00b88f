"""The figures behind cache headers: how long an original is fresh, and how long an answer may be kept."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from imagewell.sources.view import SourceConfig

STALE_MAX_AGE_S = 5
"""What may be said of an answer that is itself past its time, while a fresh one is on its way."""
ASKED_EACH_TIME = 0.0
"""In place of the second up to which an original is fresh, where its origin allows no keeping."""
REPEATED_S = 10
"""What an answer says less than it could, where its picture has an end, so that it can be given again for so long."""


def lifetime_s(source: SourceConfig, origin_max_age_s: int | None) -> int:
    """How long an original is fresh by its source's rule (imgix `cache_ttl_behavior`).

    `respect_origin` takes the source's own figure where the origin says nothing; `enforce_minimum` is a floor.
    """
    own = source.cache_ttl_value
    if source.cache_ttl_behavior == "override_origin" or origin_max_age_s is None:
        return own
    return max(own, origin_max_age_s) if source.cache_ttl_behavior == "enforce_minimum" else origin_max_age_s


def error_lifetime_s(source: SourceConfig, ceiling_s: float = 60) -> int:
    """How long a failure may be remembered: what the source says, at most a minute."""
    return int(min(source.cache_ttl_error, ceiling_s, 60))


@dataclass(frozen=True, slots=True)
class Until:
    """How long an answer may be kept: by others (`max_age_s`, and `stale_s` more while they ask again), and by this
    process without another look (`valid_until_s`, Unix seconds)."""

    max_age_s: int
    stale_s: int
    valid_until_s: float


def until(now_s: float, fresh_until_s: float, expires_s: int | None, stale_s: float = 0, gone_s: float = inf) -> Until:
    """The figures for an answer made now.

    Args:
        fresh_until_s: of its originals; already past when a stale one is served. With `ASKED_EACH_TIME` nobody may
            keep the answer.
        expires_s: Unix seconds at which the URL ends. No cache may outlive it, so what is said is what is left of it
            now, and the answer is not kept here: said again a second later it would be wrong.
        stale_s: the source's window.
        gone_s: Unix seconds at which the picture is not there any more; nobody keeps an answer past it.
    """
    if fresh_until_s <= ASKED_EACH_TIME:
        return Until(0, 0, now_s)
    left_s = fresh_until_s - now_s
    if left_s <= 0:
        left_s = STALE_MAX_AGE_S
        fresh_until_s = now_s + 1
    if expires_s is not None:
        return Until(max(0, int(min(left_s, expires_s - now_s, gone_s - now_s))), 0, now_s)
    room_s = max(0.0, gone_s - now_s)
    room_s -= REPEATED_S if room_s > 2 * REPEATED_S else 0
    # Up to the whole second: what has just been found fresh for an hour is said to be good for 3600 s, not 3599.
    max_age_s = int(min(ceil(left_s), room_s))
    stale_s = int(min(stale_s, room_s - max_age_s))
    return Until(max_age_s, stale_s, min(fresh_until_s, gone_s - max_age_s - stale_s))


def cache_control(max_age_s: int, stale_s: int = 0) -> str:
    """The value of Cache-Control (RFC 9111, RFC 5861)."""
    later = f", stale-while-revalidate={stale_s}" if stale_s else ""
    return f"public, max-age={max_age_s}{later}"


def etag(digest: str) -> str:
    """A strong validator: equal digests are equal bytes."""
    return f'"{digest[:40]}"'
