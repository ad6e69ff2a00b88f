"""Whether a file has its end: a cheap look at its structure, so that a header alone is not taken for a picture.

Formats that are missing here are decoded whole instead when they are probed.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping

MAX_SEGMENTS = 10_000
GIF_TRAILER_WITHIN = 1024


def has_its_end(format: str, data: mmap.mmap) -> bool:
    """Whether nothing seems to be cut off. True for formats that are not looked at."""
    look = _ENDS.get(format)
    return look is None or look(data)


def _jpeg(data: mmap.mmap) -> bool:
    """An end marker after the first scan: one before it belongs to the thumbnail in the metadata."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            return False
        marker = data[at + 1 : at + 2]
        if marker == b"\xda":
            return data.rfind(b"\xff\xd9", at) > 0
        fill = marker == b"\xff" or b"\xd0" <= marker <= b"\xd9" or marker == b"\x01"
        at += 1 if marker == b"\xff" else 2 if fill else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at >= len(data):
            return False
    return False


def _png(data: mmap.mmap) -> bool:
    return data.rfind(b"IEND\xaeB\x60\x82") > 0


def _webp(data: mmap.mmap) -> bool:
    return int.from_bytes(data[4:8], "little") + 8 <= len(data) + 1


def _gif(data: mmap.mmap) -> bool:
    return data[-GIF_TRAILER_WITHIN:].rstrip(b"\0\r\n\x1a").endswith(b";")


def _boxes(data: mmap.mmap) -> bool:
    """AVIF and HEIC: each of the outer boxes ends inside the file."""
    at = 0
    for _ in range(MAX_SEGMENTS):
        if at >= len(data):
            return at == len(data)
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size == 0:
            return True  # as far as the file goes
        if size < header:
            return False
        at += size
    return False


_ENDS: Mapping[str, Callable[[mmap.mmap], bool]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "avif": _boxes,
    "heic": _boxes,
}
