"""Which characters a font has: its `cmap` table, read as ranges (OpenType specification, formats 4 and 12)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from unicodedata import category, normalize

Ranges = list[tuple[int, int]]
"""First and last code point, both included."""

BESIDES = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
"""Categories of characters that are not drawn."""
COLLECTION = b"ttcf"
MAX_TABLE_BYTES = 4_000_000


def missing(text: str, fonts: tuple[Path, ...]) -> str | None:
    """The first character of the text that no font has, neither whole nor in its parts; None when there is none."""
    ranges = _together(fonts)
    for character in dict.fromkeys(text):
        if category(character) in BESIDES or "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0000":
            continue
        if not _has(ranges, character) and not all(_has(ranges, part) for part in normalize("NFD", character)):
            return character
    return None


def _has(ranges: Ranges, character: str) -> bool:
    index = bisect_right(ranges, (ord(character), 0x110000)) - 1
    return index >= 0 and ranges[index][1] >= ord(character)


@lru_cache(maxsize=4)
def _together(fonts: tuple[Path, ...]) -> Ranges:
    return merged(part for path in fonts for part in read(path))


def merged(parts: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges in order, those that touch or overlap made one."""
    ranges: Ranges = []
    for first, last in sorted(parts):
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], last))
        else:
            ranges.append((first, last))
    return ranges


def read(path: Path) -> Ranges:
    """The code points that a font maps to a glyph; nothing for a file that is no font."""
    try:
        with path.open("rb") as file:
            return _mapped(_cmap(file))
    except (OSError, struct.error):
        return []


def _cmap(file: BinaryIO) -> bytes:
    """The table, of the first font where the file holds several."""
    start = 0
    if file.read(4) == COLLECTION:
        (start,) = struct.unpack(">8xI", file.read(12))
    file.seek(start + 4)
    (count,) = struct.unpack(">H6x", file.read(8))
    for _ in range(count):
        tag, offset, length = struct.unpack(">4s4xII", file.read(16))
        if tag == b"cmap":
            file.seek(offset)
            return file.read(min(length, MAX_TABLE_BYTES))
    return b"\0\0\0\0"


def _mapped(table: bytes) -> Ranges:
    """From the one subtable that says most: format 12 has all planes, format 4 the first 65,536 characters."""
    (count,) = struct.unpack_from(">2xH", table)
    offsets = [struct.unpack_from(">4xI", table, 4 + 8 * index)[0] for index in range(count)]
    forms = {struct.unpack_from(">H", table, offset)[0]: offset for offset in offsets}
    if 12 in forms:
        return _groups(table, forms[12])
    return _segments(table, forms[4]) if 4 in forms else []


def _groups(table: bytes, offset: int) -> Ranges:
    """Format 12: groups of consecutive characters and glyphs."""
    (count,) = struct.unpack_from(">12xI", table, offset)
    groups = struct.iter_unpack(">III", table[offset + 16 : offset + 16 + 12 * count])
    return [(first, last) for first, last, glyph in groups if first <= last and (glyph or first != last)]


def _segments(table: bytes, offset: int) -> Ranges:
    """Format 4: segments; an offset points at their glyphs, some of which are none."""
    (double,) = struct.unpack_from(">6xH", table, offset)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", table, offset + 14)
    starts = struct.unpack_from(f">{count}H", table, offset + 16 + double)
    deltas = struct.unpack_from(f">{count}H", table, offset + 16 + 2 * double)
    at = offset + 16 + 3 * double
    pointers = struct.unpack_from(f">{count}H", table, at)
    found: Ranges = []
    for index, (first, last, delta, pointer) in enumerate(zip(starts, ends, deltas, pointers, strict=True)):
        if first > last or first == 0xFFFF:
            continue
        if not pointer:
            found += [(first, last)] if (first + delta) & 0xFFFF or first != last else []
            continue
        glyphs = struct.unpack_from(f">{last - first + 1}H", table, at + 2 * index + pointer)
        found += [(first + step, first + step) for step, glyph in enumerate(glyphs) if glyph]
    return found
