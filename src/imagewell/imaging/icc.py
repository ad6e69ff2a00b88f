"""The colour profiles that we write, built from their published figures (ICC.1:2010, matrix and curve profiles)."""

from __future__ import annotations

import struct

Point = tuple[float, float, float]

D50: Point = (0.9642, 1.0, 0.8249)


def _fixed(value: float) -> bytes:
    """s15Fixed16Number."""
    return struct.pack(">i", round(value * 65536))


def _xyz(point: Point) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(value) for value in point)


def _text(words: str) -> bytes:
    """multiLocalizedUnicodeType with one entry, American English."""
    encoded = words.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _curve(kind: int, numbers: tuple[float, ...]) -> bytes:
    """parametricCurveType: 0 is a plain power, 3 a power with a linear foot."""
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + b"".join(_fixed(number) for number in numbers)


def build(name: str, red: Point, green: Point, blue: Point, curve: bytes) -> bytes:
    """A version 4 display profile.

    Args:
        red, green, blue: the primaries as XYZ, adapted to D50. curve: the same for all three.
    """
    body = {
        b"desc": _text(name),
        b"cprt": _text("CC0"),
        b"wtpt": _xyz(D50),
        b"rXYZ": _xyz(red),
        b"gXYZ": _xyz(green),
        b"bXYZ": _xyz(blue),
        b"rTRC": curve,
    }
    table, elements = b"", b""
    start = 128 + 4 + 12 * (len(body) + 2)
    for tag, element in body.items():
        padded = element + b"\0" * (-len(element) % 4)
        table += struct.pack(">4sII", tag, start + len(elements), len(element))
        elements += padded
    shared = table[-8:]
    table += b"gTRC" + shared + b"bTRC" + shared
    size = start + len(elements)
    return _header(size) + struct.pack(">I", len(body) + 2) + table + elements


def _header(size: int) -> bytes:
    fields = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x04200000, b"mntr", b"RGB ", b"XYZ ")
    fields += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    return (fields + b"".join(_fixed(value) for value in D50)).ljust(128, b"\0")


SMALL_SRGB = build(
    "sRGB",
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.71410),
    _curve(3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
)
"""sRGB (IEC 61966-2-1) in about half a kilobyte."""

ADOBE_RGB = build(
    "Adobe RGB (1998) compatible",
    (0.60974, 0.31111, 0.01947),
    (0.20528, 0.62567, 0.06087),
    (0.14919, 0.06322, 0.74457),
    _curve(0, (563 / 256,)),
)
"""The colour space of Adobe RGB (1998): its published primaries and a gamma of 2 51/256."""
