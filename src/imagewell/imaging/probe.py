"""What a file is, from its first bytes alone: pure Python, safe anywhere, an allow-list and nothing else."""

from __future__ import annotations

import re

from imagewell.imaging.work import SOURCE_CONTENT_TYPES

HEAD_BYTES = 4096
"""As much of a file as `sniff` looks at."""

SUPPORTED = "JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF, BMP, ICO, SVG"

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_BMP_HEADER_SIZES = frozenset({12, 40, 52, 56, 64, 108, 124})
_XML_PROLOGUE = re.compile(
    rb"""(?: \s+ | <\?.*?\?> | <!--.*?--> | <!DOCTYPE\s+svg [^\[>]* (?:\[ .*? \]\s*)? > )*""", re.X | re.S
)
_SVG_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,30}:)?svg[\s/>]")


def sniff(head: bytes) -> str | None:
    """The format of a file by its first bytes, in the words of `Facts.format`; None for everything else.

    Args:
        head: the first `HEAD_BYTES` of the file, or all of it where it is shorter.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _heif_brand(head)
    if _is_bmp(head):
        return "bmp"
    return "svg" if _is_svg(head[:HEAD_BYTES]) else None


def content_type_of(head: bytes) -> str | None:
    """The content type of a file of ours or of a client's, by its first bytes; None where they say nothing."""
    found = sniff(head)
    return None if found is None else SOURCE_CONTENT_TYPES[found]


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0\x08\0\0\0", "tiff"),
    (b"MM\0+\0\x08\0\0", "tiff"),
    (b"\0\0\1\0", "ico"),
)


def _heif_brand(head: bytes) -> str | None:
    """AVIF and HEIC share a container; its major and compatible brands tell them apart."""
    size = min(int.from_bytes(head[:4], "big"), len(head), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "avif"
        if brand in _HEIC_BRANDS:
            return "heic"
    return None


def _is_bmp(head: bytes) -> bool:
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES


def _is_svg(head: bytes) -> bool:
    """Whether the root element of this XML is `svg`, with nothing but a prologue before it."""
    text = _as_ascii_compatible(head)
    prologue = _XML_PROLOGUE.match(text)
    return prologue is not None and _SVG_ROOT.match(text, prologue.end()) is not None


def _as_ascii_compatible(head: bytes) -> bytes:
    """XML may be UTF-16; its markup is ASCII all the same."""
    for mark, encoding in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[: len(head) // 2 * 2].decode(encoding, "replace").encode("utf-8")
    return head.removeprefix(b"\xef\xbb\xbf")
