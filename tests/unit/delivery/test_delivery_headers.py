"""How long an answer may be kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.delivery import headers
from imagewell.sources.view import SourceConfig


@pytest.mark.parametrize(
    ("behavior", "own", "origin", "seconds"),
    [
        ("respect_origin", 100, None, 100), ("respect_origin", 100, 7, 7), ("respect_origin", 100, 0, 0),
        ("override_origin", 100, 7, 100), ("override_origin", 100, 700, 100), ("override_origin", 100, None, 100),
        ("enforce_minimum", 100, 7, 100), ("enforce_minimum", 100, 700, 700), ("enforce_minimum", 100, None, 100),
    ],
)  # fmt: skip
def test_lifetime(behavior: str, own: int, origin: int | None, seconds: int) -> None:
    """The three rules of a source; the minimum is a floor."""
    source = SourceConfig(cache_ttl_behavior=behavior, cache_ttl_value=own)
    assert headers.lifetime_s(source, origin) == seconds


@pytest.mark.parametrize(("own", "seconds"), [(5, 5), (60, 60), (300, 60), (31_536_000, 60)])
def test_failures_are_remembered_for_a_minute_at_most(own: int, seconds: int) -> None:
    """A source may ask for less than a minute, never for more."""
    assert headers.error_lifetime_s(SourceConfig(cache_ttl_error=own)) == seconds


@pytest.mark.parametrize(
    ("fresh_until", "expires", "stale", "said"),
    [
        (1100.0, None, 60, headers.Until(100, 60, 1100.0)),
        (1100.0, 1050, 60, headers.Until(50, 0, 1000.0)),
        (1100.0, 1500, 60, headers.Until(100, 0, 1000.0)),
        (1100.0, 1000, 60, headers.Until(0, 0, 1000.0)),
        (990.0, None, 60, headers.Until(5, 60, 1001.0)),
        (990.0, 1002, 60, headers.Until(2, 0, 1000.0)),
        (1099.99, None, 60, headers.Until(100, 60, 1099.99)),
        (1099.99, 1099, 60, headers.Until(99, 0, 1000.0)),
        (headers.ASKED_EACH_TIME, None, 60, headers.Until(0, 0, 1000.0)),
    ],
)
def test_until(fresh_until: float, expires: int | None, stale: int, said: headers.Until) -> None:
    """What is left of freshness, never past the URL's end; an answer with an end is not kept here."""
    assert headers.until(1000.0, fresh_until, expires, stale) == said


@given(st.floats(0, 1e10), st.floats(-1e6, 1e9), st.integers(-10, 10**9))
def test_no_cache_outlives_the_url(now: float, left: float, end: int) -> None:
    """Whatever the freshness, now plus max-age is never after the end, and never negative."""
    said = headers.until(now, now + left, int(now) + end, 1000)
    assert said.max_age_s >= 0
    assert said.stale_s == 0
    assert said.max_age_s == 0 or now + said.max_age_s <= int(now) + end


def test_cache_control() -> None:
    """The header's value."""
    assert headers.cache_control(5) == "public, max-age=5"
    assert headers.cache_control(5, 60) == "public, max-age=5, stale-while-revalidate=60"


def test_etag() -> None:
    """A strong entity tag."""
    assert headers.etag("ab" * 32) == '"' + "ab" * 20 + '"'


@given(
    st.floats(0, 1e10),
    st.floats(0.001, 1e9),
    st.floats(0, 1e9),
    st.integers(0, 10**6),
    st.none() | st.integers(1, 10**9),
)
def test_no_cache_outlives_the_picture(now: float, left: float, end: float, stale: int, expires: int | None) -> None:
    """However late an answer may be repeated, what it says ends before the picture does."""
    said = headers.until(now, now + left, None if expires is None else int(now) + expires, stale, now + end)
    assert said.max_age_s >= 0
    assert said.stale_s >= 0
    assert max(now, said.valid_until_s) + said.max_age_s + said.stale_s <= now + end + 1e-4
