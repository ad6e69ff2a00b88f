"""A picture file without anything but its picture, its samples untouched.

What a camera or an editor wrote beside the picture (EXIF, GPS, XMP, comments, thumbnails, whole films behind a JPEG's
end) is left out. A file whose picture would look different without what is left out (a profile, an orientation, CMYK,
several frames) is not for here: it has to be rendered. Pure Python over a memory map, a few steps for each segment of
the file; every length in it is checked. Formats: ITU T.81 B.1, PNG 3rd edition §5, WebP container specification.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from imagewell.errors import StorageFull, UnreadableImage

Span = tuple[int, int]
"""First byte and the one after the last."""


class MustRender(Exception):
    """The picture shows something else without what would be left out."""


def bare(path: Path, format: str, to: Path) -> bool:
    """Write the file at `path` to `to` without what is not its picture.

    Args:
        format: "jpeg", "png" or "webp", as the probe found it.
    Returns: False where there is nothing to leave out; then nothing is written.
    Raises: MustRender, UnreadableImage, StorageFull.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kept = list(_joined(_KEPT[format](data)))
        if kept == [(0, len(data))]:
            return False
        pieces = [data[start:end] for start, end in kept]
        if format == "webp":
            pieces = _webp_again(b"".join(pieces))
    try:
        with to.open("wb") as made:
            made.writelines(pieces)
    except OSError as error:
        to.unlink(missing_ok=True)
        raise StorageFull from error
    return True


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Neighbours as one."""
    start = end = 0
    for span in spans:
        if span[0] == end:
            end = span[1]
            continue
        if end > start:
            yield start, end
        start, end = span
    if end > start:
        yield start, end


SOI, EOI, SOS, JFIF, ADOBE, ICC = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE, 0xE2
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
BESIDE = frozenset(range(0xE0, 0xF0)) | {0xFE}
"""Application data and comments."""
AFTER_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The marker that ends entropy-coded data: not a stuffed zero, not a restart, not a fill byte."""


def _jpeg(data: mmap.mmap) -> Iterator[Span]:
    at = 2
    yield 0, 2
    while True:
        marker, at = _marker(data, at)
        if marker == EOI:
            yield at, at + 2
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data):
            raise UnreadableImage
        _check_jpeg(marker, data[at + 4 : min(end, at + 20)])
        if marker == SOS:
            found = AFTER_DATA.search(data, end)
            if found is None:
                raise UnreadableImage("it is cut short")
            end = found.start()
        if marker not in BESIDE or (marker == ADOBE and data[at + 4 : at + 9] == b"Adobe"):
            yield at, end
        elif marker == JFIF and data[at + 4 : at + 9] == b"JFIF\0" and end == at + 18:
            yield at, end  # one with a thumbnail is longer
        at = end


def _marker(data: mmap.mmap, at: int) -> tuple[int, int]:
    """The marker at a place, fill bytes before it passed over."""
    while data[at : at + 2] == b"\xff\xff":
        at += 1
    if data[at : at + 1] != b"\xff" or at + 2 > len(data):
        raise UnreadableImage
    return data[at + 1], at


def _check_jpeg(marker: int, head: bytes) -> None:
    if marker == ICC and head.startswith(b"ICC_PROFILE\0"):
        raise MustRender
    if marker in FRAMES and (len(head) < 6 or head[0] != 8 or head[5] not in (1, 3)):
        raise MustRender  # CMYK, or deeper samples


NEEDED_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB"})


def _png(data: mmap.mmap) -> Iterator[Span]:
    at = 8
    yield 0, 8
    while True:
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if len(kind) < 4 or end > len(data):
            raise UnreadableImage("it is cut short")
        if kind in (b"iCCP", b"cICP"):
            raise MustRender
        if kind in NEEDED_CHUNKS:
            yield at, end
        if kind == b"IEND":
            return
        at = end


WEBP_PICTURE = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
WEBP_HEAD = 12
EXTRAS_FLAGS = 0b0000_1100
"""EXIF and XMP, in the flags of a VP8X chunk."""


def _webp(data: mmap.mmap) -> Iterator[Span]:
    at, size = WEBP_HEAD, min(len(data), int.from_bytes(data[4:8], "little") + 8)
    yield 0, WEBP_HEAD
    while at + 8 <= size:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        if end > len(data) + 1:
            raise UnreadableImage("it is cut short")
        if kind in (b"ICCP", b"ANIM", b"ANMF"):
            raise MustRender
        if kind in WEBP_PICTURE:
            yield at, min(end, len(data))
        at = end


def _webp_again(data: bytes) -> list[bytes]:
    """The container with its length, and without the flags of what was left out."""
    body = bytearray(data[8:])
    if body[4:8] == b"VP8X":
        body[12] &= ~EXTRAS_FLAGS & 0xFF
    return [b"RIFF", len(body).to_bytes(4, "little"), bytes(body)]


_KEPT: Mapping[str, Callable[[mmap.mmap], Iterator[Span]]] = {"jpeg": _jpeg, "png": _png, "webp": _webp}
FORMATS = frozenset(_KEPT)
