"""EXIF as three groups: about the picture, about the file, about the place. Pillow reads the tags."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from PIL import ExifTags
from PIL import Image as Pillow

from imagewell.imaging.answers.plain import MAX_FIELDS, MAX_LIST, Json, number, text

NAMES: Mapping[int, str] = ExifTags.TAGS | {40962: "PixelXDimension", 40963: "PixelYDimension"}
"""Pillow's names, with two as the EXIF standard has them."""

LEFT_OUT = frozenset(
    {
        ExifTags.Base.MakerNote,
        ExifTags.Base.ExifOffset,
        ExifTags.Base.GPSInfo,
        ExifTags.Base.ExifInteroperabilityOffset,
        ExifTags.Base.JpegIFOffset,
        ExifTags.Base.JpegIFByteCount,
    }
)
"""Offsets mean nothing outside the file; a maker's note means nothing to anybody else."""

COMMENT_PREFIXES = (b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", b"\0" * 8)
"""What a UserComment begins with. Source: EXIF 2.32, 4.6.5."""

VERSIONS = frozenset({"ExifVersion", "FlashPixVersion"})
DEGREES = frozenset({"Latitude", "Longitude", "DestLatitude", "DestLongitude"})


@dataclass(frozen=True, slots=True)
class Exif:
    """picture: the camera's settings; file: what TIFF's own tags say; place: GPS."""

    picture: dict[str, Json] = field(default_factory=dict)
    file: dict[str, Json] = field(default_factory=dict)
    place: dict[str, Json] = field(default_factory=dict)


def read_exif(raw: bytes) -> Exif:
    """An EXIF block as it stands in a file; what of it cannot be read is left out."""
    if not raw:
        return Exif()
    tags = Pillow.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a block is cut short is news to nobody here
            tags.load(raw)
            main = dict(tags)
            picture = tags.get_ifd(ExifTags.IFD.Exif)
            place = tags.get_ifd(ExifTags.IFD.GPSInfo)
    except (SyntaxError, struct.error, ValueError, KeyError, TypeError, IndexError, OSError, ArithmeticError):
        return Exif()
    return Exif(_group(picture, NAMES), _group(main, NAMES), _gps(place))


def _group(tags: Mapping[int, Any], names: Mapping[int, str]) -> dict[str, Json]:
    group: dict[str, Json] = {}
    for tag, value in list(tags.items())[:MAX_FIELDS]:
        name = names.get(tag)
        if name is None or tag in LEFT_OUT:
            continue
        found = _value(name, value)
        if found not in (None, ""):
            group[name] = found
    return group


def _value(name: str, value: Any) -> Json:
    if isinstance(value, bytes):
        return _from_bytes(name, value)
    if isinstance(value, str):
        # Pillow reads text as Latin-1; most writers of today mean UTF-8.
        return text(value.encode("latin-1", "replace"))
    if isinstance(value, Real):
        return number(value)
    if isinstance(value, tuple) and len(value) <= MAX_LIST:
        return [number(part) for part in value if isinstance(part, Real)]
    return None


def _from_bytes(name: str, value: bytes) -> Json:
    if name in VERSIONS and len(value) >= 4 and value[:4].isdigit():
        # "0232" is 2.3.2, "0220" is 2.2.
        major, *minor = int(value[:2]), *(int(chr(digit)) for digit in value[2:4])
        return [major, *minor] if minor[-1] else [major, minor[0]]
    if name == "UserComment":
        for prefix in COMMENT_PREFIXES:
            value = value.removeprefix(prefix)
        return text(value)
    if len(value) == 1:
        return value[0]
    return list(value) if len(value) <= 8 else None


def _gps(tags: Mapping[int, Any]) -> dict[str, Json]:
    """Names without their common prefix; angles in degrees, times as hh:mm:ss."""
    group = _group(tags, {tag: name.removeprefix("GPS") for tag, name in ExifTags.GPSTAGS.items()})
    for name in DEGREES & group.keys():
        group[name] = _degrees(group[name])
    when = _three(group.get("TimeStamp"))
    if when is not None:
        group["TimeStamp"] = ":".join(f"{int(part):02d}" for part in when)
    return {name: value for name, value in group.items() if value is not None}


def _degrees(value: Json) -> Json:
    parts = _three(value)
    return None if parts is None else round(parts[0] + parts[1] / 60 + parts[2] / 3600, 7)


def _three(value: Json) -> list[float] | None:
    if not isinstance(value, list) or len(value) != 3:
        return None
    return [float(part) for part in value if isinstance(part, int | float)] if None not in value else None
