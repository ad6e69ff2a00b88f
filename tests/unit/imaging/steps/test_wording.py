"""What becomes of text before it is set."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.imaging.steps.wording import ELLIPSIS, MAX_MARKS, characters, cleaned, shortened

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


@given(ANY_TEXT)
def test_cleaned_text_can_be_encoded_and_holds_no_controls(text):
    """Whatever comes, what is left is UTF-8 without control characters."""
    left = cleaned(text, lines=True)
    left.encode()
    assert all(unicodedata.category(c) not in ("Cc", "Cs") or c == "\n" for c in left)


@given(ANY_TEXT)
def test_one_line_has_no_breaks(text):
    """Without lines every break has become a space."""
    assert not set(cleaned(text, lines=False)) & set("\n\r\u2028\u2029")


def test_line_breaks_of_all_systems_are_one():
    """CR LF, CR, LF and the Unicode separators break a line; a tab is a space."""
    assert cleaned("a\r\nb\rc\nd\u2028e\tf", lines=True) == "a\nb\nc\nd\ne f"


def test_piled_up_marks_are_taken_down():
    """A letter keeps as many marks as writing needs, so that a line of text cannot be a tower."""
    assert len(cleaned("z" + "\u0489" * 500 + "a", lines=False)) == 2 + MAX_MARKS


@given(ANY_TEXT)
def test_characters_are_the_text_in_pieces(text):
    """The pieces put together are the text."""
    assert "".join(characters(text)) == text


@pytest.mark.parametrize("whole", ["é", "👩‍🚀", "🇸🇪", "👍🏽", "❤️", "नि"])
def test_what_belongs_together_is_one_piece(whole):
    """A letter with its marks, a joined emoji, a flag and a tinted hand are never cut apart."""
    assert characters("a" + whole + "b") == ["a", whole, "b"]


def test_two_flags_are_two_pieces():
    """Four flag letters in a row are two flags."""
    assert characters("🇸🇪🇩🇪") == ["🇸🇪", "🇩🇪"]


@pytest.mark.parametrize(
    ("where", "ellipsis", "expected"),
    [
        ("end", False, "abcdef"),
        ("end", True, "abcde…"),
        ("start", False, "efghij"),
        ("start", True, "…fghij"),
        ("middle", False, "abchij"),
        ("middle", True, "abc…ij"),
    ],
)
def test_the_named_part_goes(where, ellipsis, expected):
    """Text that is too long loses its end, start or middle, for an ellipsis where one is asked for."""
    assert shortened("abcdefghij", where, ellipsis, lambda text: len(text) <= 6) == expected


def test_spaces_at_the_cut_go_too():
    """No space is left before an ellipsis."""
    assert shortened("one two three", "end", True, lambda text: len(text) <= 5) == "one…"


def test_text_that_fits_is_left_alone():
    """Nothing is cut, and nothing added, where there is room."""
    assert shortened("one", "end", True, lambda text: True) == "one"


@given(
    st.text(st.characters(categories=["L", "Mn", "So"]), max_size=40),
    st.sampled_from(["start", "middle", "end"]),
    st.booleans(),
    st.integers(0, 45),
)
def test_shortened_text_fits_and_could_not_be_longer(text, where, ellipsis, room):
    """The result fits, is made of whole pieces, and with one piece more it would not."""
    short = shortened(text, where, ellipsis, lambda candidate: len(candidate) <= room)
    assert len(short) <= room
    if short != text and len(text) > room and room > 0:
        longest = max(len(piece) for piece in characters(text))
        assert len(short) + longest + len(ELLIPSIS) > room or not short
