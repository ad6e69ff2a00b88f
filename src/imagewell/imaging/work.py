"""What crosses the border between the server and a render worker: small values, paths, never pixels.

This file and `probe.py`, `pool.py`, `settings.py` may be imported anywhere; the rest of the folder needs libvips and
is imported by workers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imagewell.transform.model import Format, Transformation
from imagewell.transform.values import Size

BASE = ""
"""The name of the base picture among a render order's inputs; the others are named by their references as written."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a picture's header says, checked against the limits.

    format: "jpeg", "png", "webp", "avif", "heic", "gif", "tiff", "bmp", "ico", "svg".
    width, height: px after EXIF orientation; frames: 1 for a still.
    """

    format: str
    width: int
    height: int
    frames: int = 1
    has_alpha: bool = False
    orientation: int = 1

    @property
    def size(self) -> Size:
        """Width and height, upright."""
        return Size(self.width, self.height)


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """One job for a worker.

    inputs: path of each input file by reference; `BASE` is missing only for a typeset transformation.
    transformation: settled and canonical (no `auto`, `dpr` multiplied out).
    write_to: path of the file to write, in a folder that exists; complete when the call returns.
    origin_type, origin_bytes: content type and length of the base as it came, for `fm=json`.
    answer_bytes: a result of up to so many bytes comes back in the rendition, and no file is written.
    max_side_px: longest side of the result, where it is not that of the limits. hashed: the rendition tells the sha256
        of the file that was written.
    spelled: the transformation as `spelling.spell_json` writes it, from who has it already.
    """

    inputs: Mapping[str, str]
    transformation: Transformation
    write_to: str
    origin_type: str = ""
    origin_bytes: int = 0
    answer_bytes: int = 0
    max_side_px: int | None = None
    hashed: bool = False
    spelled: bytes = field(default=b"", compare=False)


@dataclass(frozen=True, slots=True)
class LookOrder:
    """One look of an engine at a picture.

    engine: "classification", "text" or "faces". path: of the picture's file. options: what the engine is told.
    """

    engine: str
    path: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an engine saw, as JSON."""

    document: Any


@dataclass(frozen=True, slots=True)
class Rendition:
    """What an engine returns: facts about what it made; `body` is that itself, where it is not in a file."""

    content_type: str
    width: int
    height: int
    size_bytes: int
    frames: int = 1
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    body: bytes | None = None
    has_alpha: bool = False
    sha256: str = ""


CONTENT_TYPES: Mapping[Format, str] = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.WEBP: "image/webp",
    Format.AVIF: "image/avif",
    Format.GIF: "image/gif",
    Format.JSON: "application/json",
    Format.BLURHASH: "text/plain; charset=utf-8",
    Format.PALETTE_JSON: "application/json",
    Format.PALETTE_CSS: "text/css; charset=utf-8",
}

SOURCE_CONTENT_TYPES: Mapping[str, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "gif": "image/gif",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
}


def part_of(path: str) -> str:
    """Where a file is written before it is complete and takes its own name."""
    return f"{path}.part"
