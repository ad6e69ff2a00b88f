"""Which characters a font has, read from its own table."""

from __future__ import annotations

import struct
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from imagewell.imaging import coverage
from imagewell.imaging.font_settings import CHECKOUT

PACKAGES = CHECKOUT / "node_modules/@expo-google-fonts"
ARIMO = PACKAGES / "arimo/400Regular/Arimo_400Regular.ttf"
NANUM = PACKAGES / "nanum-gothic/400Regular/NanumGothic_400Regular.ttf"


def has(path, character):
    return any(first <= ord(character) <= last for first, last in coverage.read(path))


@pytest.mark.parametrize(
    ("path", "there", "absent"), [(ARIMO, "AéΩжש€", "你한म😀\u0e01"), (NANUM, "A한글힣가", "नम😀\u0b95")]
)
def test_letters_are_found_where_they_are(path, there, absent):
    """A font has its own scripts and not those of others."""
    assert all(has(path, character) for character in there)
    assert not any(has(path, character) for character in absent)


@pytest.mark.parametrize("path", [ARIMO, NANUM])
def test_the_table_agrees_with_what_freetype_draws(path):
    """Of a sample, what is not in the table looks like the box for no character, and the rest mostly does not."""
    font = ImageFont.truetype(str(path), 20)
    box = bytes(font.getmask("\U0010fffd"))
    sample = [chr(code) for code in (*range(0x41, 0x5B), *range(0x4E00, 0x4E20), *range(0xAC00, 0xAC20))]
    for character in sample:
        assert has(path, character) == (bytes(font.getmask(character)) != box), character


def table(*subtables):
    """A font that is nothing but a cmap."""
    head, body = struct.pack(">HH", 0, len(subtables)), b""
    for data in subtables:
        head += struct.pack(">HHI", 3, 1, 4 + 8 * len(subtables) + len(body))
        body += data
    cmap = head + body
    return struct.pack(">IHHHH4sIII", 0x00010000, 1, 0, 0, 0, b"cmap", 0, 28, len(cmap)) + cmap


def test_format_4_leaves_out_characters_without_a_glyph(tmp_path):
    """A segment that points at glyphs has only those that are not zero."""
    path = tmp_path / "font.ttf"
    ends, starts, deltas, pointers = (0x42, 0x63, 0xFFFF), (0x41, 0x61, 0xFFFF), (5, 0, 1), (0, 4, 0)
    arrays = [struct.pack(">3H", *ends), b"\0\0", *(struct.pack(">3H", *row) for row in (starts, deltas, pointers))]
    glyphs = struct.pack(">3H", 7, 0, 9)
    path.write_bytes(table(struct.pack(">HHHHHHH", 4, 0, 0, 6, 0, 0, 0) + b"".join(arrays) + glyphs))
    assert coverage.merged(coverage.read(path)) == [(0x41, 0x42), (0x61, 0x61), (0x63, 0x63)]


def test_format_12_reaches_all_planes(tmp_path):
    """Groups of 32-bit code points are read."""
    path = tmp_path / "font.ttf"
    groups = struct.pack(">HHIII", 12, 0, 0, 0, 1) + struct.pack(">III", 0x1F600, 0x1F610, 3)
    path.write_bytes(table(groups))
    assert coverage.read(path) == [(0x1F600, 0x1F610)]


@given(st.binary(max_size=200))
def test_no_file_is_too_broken(data):
    """Whatever is in a file, it is read as ranges or as nothing."""
    for head in (b"", b"\0\1\0\0", b"ttcf", table(data)):
        with tempfile.NamedTemporaryFile() as file:
            file.write(head + data)
            file.flush()
            assert isinstance(coverage.read(Path(file.name)), list)


def test_a_file_that_is_not_there_has_nothing(tmp_path):
    """An absent font is no fault here."""
    assert coverage.read(tmp_path / "none.ttf") == []


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))))
def test_merged_ranges_hold_the_same_numbers(parts):
    """Merging loses and adds nothing, and leaves ranges that are apart and in order."""
    ranges = coverage.merged(parts)
    numbers = {number for first, last in parts for number in range(first, last + 1)}
    assert {number for first, last in ranges for number in range(first, last + 1)} == numbers
    assert all(left[1] + 1 < right[0] for left, right in pairwise(ranges))


@pytest.mark.parametrize("text", ["A\u200d\ufe0f\U000e0041", " \n\u2028", "e\u0301", "\u1e9b\u0323"])
def test_what_is_not_drawn_or_can_be_put_together_is_not_missing(text):
    """Joiners, selectors and spaces need no glyph; a composed letter can be drawn from its parts."""
    assert coverage.missing(text, (ARIMO, PACKAGES / "noto-sans/400Regular/NotoSans_400Regular.ttf")) is None


def test_the_first_missing_character_is_named():
    """Of several, the one that comes first."""
    assert coverage.missing("abc你म", (ARIMO,)) == "你"
