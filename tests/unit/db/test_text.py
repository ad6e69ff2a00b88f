"""Which text and JSON may be stored."""

from __future__ import annotations

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.db.text import storable, storable_json
from imagewell.errors import InvalidParameter

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


@given(st.text(st.characters(), max_size=50))
def test_text_that_is_taken_can_be_stored(text: str) -> None:
    """What is taken goes into a database and comes back; what is refused is refused by name."""
    try:
        kept = storable("name", text, max_chars=50, empty=True)
    except InvalidParameter:
        assert any(c < " " or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" for c in text)
        return
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("SELECT ?", (kept,)).fetchone() == (kept,)
    connection.close()


@pytest.mark.parametrize("value", [None, 5, b"bytes", [], "x" * 11, " ", ""])
def test_other_values_are_refused(value: object) -> None:
    """What is no text, too long or empty is refused."""
    with pytest.raises(InvalidParameter):
        storable("name", value, max_chars=10)


@given(anything)
def test_json_that_is_taken_survives(value: object) -> None:
    """JSON that is taken is the same after a round trip, and holds no NUL, which PostgreSQL could not keep."""
    try:
        kept = storable_json("custom", value, max_bytes=10_000)
    except InvalidParameter:
        return
    text = json.dumps(kept, allow_nan=False)
    assert json.loads(text) == kept
    assert "\\u0000" not in text.replace("\\\\", "")


def test_deep_and_large_json_is_refused() -> None:
    """Neither depth nor size is without end."""
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    for wrong in (deep, "x" * 100):
        with pytest.raises(InvalidParameter, match="custom"):
            storable_json("custom", wrong, max_bytes=50)
