"""Whether a file has the end that its format must have: a quick look that spares most uploads a full decode.

A yes means that the file was not cut short; damage in the middle is found when it is rendered. A no means only that a
decode has to tell: phones write whole films behind a JPEG's end. Pure Python; reads a few kilobytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from imagewell.imaging.probe import sniff

HEAD_BYTES = 4096
TAIL_BYTES = 4096
MAX_BOXES = 1000


def looks_whole(path: Path) -> bool:
    """Whether the end of the picture in this file is there for sure."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEAD_BYTES)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
        kind = sniff(head)
        if kind == "jpeg":
            return b"\xff\xd9" in tail
        if kind == "png":
            return b"\0\0\0\0IEND\xae\x42\x60\x82" in tail
        if kind == "gif":
            return tail.rstrip(b"\0").endswith(b"\0;")
        if kind == "webp":
            return int.from_bytes(head[4:8], "little") + 8 <= size
        return kind in ("avif", "heic") and _boxes_end_with_file(file, size)


def _boxes_end_with_file(file: BinaryIO, size: int) -> bool:
    """ISO base media: top-level boxes, each with its length, fill the file exactly (ISO/IEC 14496-12 §4.2)."""
    at = 0
    for _ in range(MAX_BOXES):
        if at == size:
            return True
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8 or at + length > size:
            return False
        at += length
    return False
