"""Cursors."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.db.paging import read_cursor, write_cursor
from imagewell.errors import InvalidParameter
from imagewell.ids import new_id

ID = new_id()
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")))
values = st.one_of(times, texts, st.integers(-(1 << 63), (1 << 63) - 1))


@given(values)
def test_cursor_holds_its_place(value: object) -> None:
    """A place is read back exactly, and is made of characters that survive a URL."""
    cursor = write_cursor("sort", value, ID)
    assert read_cursor(cursor, "sort", type(value)) == (value, ID)
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(), st.sampled_from([int, str, datetime]))
def test_other_text_is_refused(text: str, kind: type) -> None:
    """Whatever comes as a cursor is refused in words."""
    with pytest.raises(InvalidParameter, match="after"):
        read_cursor(text, "sort", kind)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1 << 63, int), (True, int), ("1", int), (1.5, int), ("a\0", str), ("\ud800", str), (5, str), ("5", datetime),
     ("2026-01-01T00:00:00", datetime), ("0001-01-01T00:00:00+14:00", datetime),
     ("9999-12-31T23:59:59-12:00", datetime), ([], int), (None, str)],
)  # fmt: skip
def test_values_no_database_takes_are_refused(value: object, kind: type) -> None:
    """A cursor with a value of the wrong kind, or out of range, is refused before it reaches a query."""
    with pytest.raises(InvalidParameter, match="after"):
        read_cursor(write_cursor("sort", value, ID), "sort", kind)


def test_cursor_of_another_list_is_refused() -> None:
    """A cursor is good for the order it was made in, and its id has to be one."""
    for cursor in (write_cursor("name", "a", ID), write_cursor("sort", "a", "x")):
        with pytest.raises(InvalidParameter, match="after"):
            read_cursor(cursor, "sort", str)
