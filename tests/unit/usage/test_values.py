"""Hours, days and months begin and end where the calendar says."""

from __future__ import annotations

from datetime import datetime

import pytest

from imagewell.usage.values import Grouping, end_of, start_of


@pytest.mark.parametrize(
    ("grouping", "at", "start", "end"),
    [
        ("hour", "2024-02-29T23:59:59.999999", "2024-02-29T23:00:00", "2024-03-01T00:00:00"),
        ("day", "2024-02-28T12:00:00", "2024-02-28T00:00:00", "2024-02-29T00:00:00"),
        ("month", "2024-02-29T00:00:00", "2024-02-01T00:00:00", "2024-03-01T00:00:00"),
        ("month", "2024-12-31T23:59:59", "2024-12-01T00:00:00", "2025-01-01T00:00:00"),
        ("month", "2024-01-01T00:00:00", "2024-01-01T00:00:00", "2024-02-01T00:00:00"),
    ],
)
def test_periods_follow_each_other(grouping: str, at: str, start: str, end: str) -> None:
    """Each moment is in one period, which ends where the next begins."""
    began = start_of(Grouping(grouping), datetime.fromisoformat(at + "Z"))
    assert began == datetime.fromisoformat(start + "Z")
    assert end_of(Grouping(grouping), began) == datetime.fromisoformat(end + "Z")
    assert start_of(Grouping(grouping), end_of(Grouping(grouping), began)) == end_of(Grouping(grouping), began)
