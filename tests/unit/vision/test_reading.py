"""The order of reading and the marks of Markdown, from boxes written down by hand."""

from __future__ import annotations

import pytest

from imagewell.vision.reading import markdown, plain_text
from imagewell.vision.values import TextLine


def line(text: str, x: float, y: float, *, size: float = 20, width: float | None = None) -> TextLine:
    """A level line with its upper left corner at (x, y); half as wide a character as it is high."""
    right = x + (width or len(text) * size / 2)
    return TextLine(text, ((x, y), (right, y), (right, y + size), (x, y + size)), 1.0)


def test_nothing_read_is_nothing_written() -> None:
    assert (plain_text([]), markdown([])) == ("", "")


def test_lines_are_read_from_top_to_bottom_whatever_order_they_come_in() -> None:
    lines = [line("second", 10, 40), line("third", 10, 66), line("first", 10, 14)]
    assert plain_text(lines) == "first\nsecond\nthird"


def test_a_gap_begins_a_paragraph() -> None:
    lines = [line(text, 10, y) for text, y in (("one", 0), ("two", 26), ("three", 80), ("four", 106))]
    assert plain_text(lines) == "one\ntwo\n\nthree\nfour"


def test_text_that_is_set_loosely_is_one_paragraph() -> None:
    """Double-spaced lines are no paragraphs of their own."""
    lines = [line(f"line number {n} of many", 10, 45 * n) for n in range(6)]
    assert "\n\n" not in plain_text(lines)


def test_columns_are_read_one_after_the_other() -> None:
    """Also where the lines of one do not stand level with those of the other."""
    left = [line(f"left hand column, line {n}", 0, 26 * n) for n in range(4)]
    right = [line(f"right hand column, line {n}", 400, 26 * n + 12) for n in range(3)]
    heading = line("A heading across both of the columns, from edge to edge", 0, -50, width=640)
    made = plain_text([*right, *left, heading])
    assert made.index("edge") < made.index("left hand column, line 0")
    assert made.index("left hand column, line 3") < made.index("right hand column, line 0")


def test_a_table_with_an_empty_cell() -> None:
    """Cells that stand in rows and columns are a table; what is missing leaves its cell empty."""
    rows = (("Name", "Price", "Stock"), ("Cup", "4.50", "12"), ("Pot", "", "3"))
    lines = [line(cell, 200 * x, 30 * y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell]
    assert plain_text(lines) == "Name\tPrice\tStock\nCup\t4.50\t12\nPot\t\t3"
    assert markdown(lines).splitlines()[1:] == ["| --- | --- | --- |", "| Cup | 4.50 | 12 |", "| Pot |  | 3 |"]


def test_lists_keep_their_depth_and_their_second_lines() -> None:
    """Deeper items stand further in; a line below an item, as far in as its text, goes on with it."""
    lines = [
        line("• fruit that keeps for", 0, 0),
        line("a week", 20, 26),
        line("- apples", 60, 52),
        line("- pears", 60, 78),
        line("• bread", 0, 104),
    ]
    assert markdown(lines) == "- fruit that keeps for a week\n   - apples\n   - pears\n- bread"


def test_a_marker_that_was_found_apart_belongs_to_its_text() -> None:
    lines = [line("1.", 0, 0), line("wash", 40, 0), line("2.", 0, 26), line("dry", 40, 26)]
    assert markdown(lines) == "1. wash\n2. dry"


def test_headings_by_size() -> None:
    """The largest size is the first level; a decimal number at the beginning of a line is no list."""
    lines = [
        line("Title", 0, 0, size=50),
        line("Part", 0, 80, size=32),
        line("1.5 million people read this line of text", 0, 140),
    ]
    assert markdown(lines) == "# Title\n\n## Part\n\n1.5 million people read this line of text"


def test_words_cut_at_the_end_of_a_line_are_whole_again() -> None:
    lines = [line("a photo-", 0, 0), line("graph of", 0, 26), line("Anne-", 0, 52), line("Marie", 0, 78)]
    assert markdown(lines) == "a photograph of Anne- Marie"


def test_chinese_lines_are_joined_without_a_space() -> None:
    assert markdown([line("今天天气", 0, 0), line("很好", 0, 26)]) == "今天天气很好"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2 * 3 * 4", r"2 \* 3 \* 4"),
        ("<script>", r"\<script\>"),
        ("[a](b)", r"\[a\](b)"),
        ("# not a heading", r"\# not a heading"),
        ("1984. A novel", r"1984\. A novel"),
        ("snake_case and _this_", r"snake_case and \_this\_"),
    ],
)
def test_what_markdown_would_take_for_a_mark_is_escaped(text: str, written: str) -> None:
    assert markdown([line(text, 0, 0)]) == written


def test_a_line_that_stands_upright_comes_last() -> None:
    spine = TextLine("on the spine", ((500, 0), (520, 0), (520, 300), (500, 300)), 1.0)
    assert plain_text([spine, line("first", 0, 100), line("second", 0, 126)]) == "first\nsecond\n\non the spine"


def test_a_page_of_a_thousand_words_is_arranged() -> None:
    """Words scattered over a page: every one is there once."""
    lines = [line(f"w{n}", (n * 137) % 1900, (n * 71) % 1950, size=12) for n in range(1000)]
    assert sorted(plain_text(lines).split()) == sorted(f"w{n}" for n in range(1000))
