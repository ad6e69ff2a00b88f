"""What a picture's header says, in the shape of imgix `fm=json` (B.9.1).

Everything here was written by a stranger: it is bounded in number and length, text that is no text is left out, and
what comes out is plain JSON. Where a picture was taken is in it, because whoever asks for facts asks for that.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyvips import Error, Image

from imagewell.imaging.answers.containers import jfif, png, profile_name
from imagewell.imaging.answers.exif import read_exif
from imagewell.imaging.answers.iptc import read_iptc
from imagewell.imaging.answers.plain import Json
from imagewell.imaging.answers.xmp import read_xmp

MAX_BLOB_BYTES = 1 << 20
"""Metadata larger than this are not read."""

MM_PER_INCH = 25.4

COLOR_MODELS: Mapping[str, str] = {"b-w": "Gray", "grey16": "Gray", "cmyk": "CMYK", "lab": "Lab", "labs": "Lab"}
DEPTHS: Mapping[str, int] = {"uchar": 8, "char": 8, "ushort": 16, "short": 16, "float": 32, "double": 64}


def describe(header: Image, head: bytes = b"", *, content_type: str, content_length: int) -> dict[str, Json]:
    """Facts about a picture as it came.

    Args:
        header: as its loader opened it: before it is turned, converted or shrunk; no pixel is read.
        head: the first bytes of the file (64 will do), for what libvips does not tell.
        content_type: of the origin; content_length: in bytes.
    """
    exif = read_exif(_blob(header, "exif-data"))
    facts: dict[str, Json] = {
        "Content-Type": content_type,
        "Content-Length": str(content_length),
        "PixelWidth": header.width,
        "PixelHeight": header.height,
        "ColorModel": COLOR_MODELS.get(header.interpretation, "RGB"),
        "Depth": DEPTHS.get(header.format, 8),
        "Orientation": _orientation(header),
        **_density(header),
        "Output": {},
    }
    groups: dict[str, Json] = {
        "ProfileName": profile_name(_blob(header, "icc-profile-data")),
        "Exif": exif.picture,
        "TIFF": exif.file,
        "GPS": exif.place,
        "JFIF": jfif(head),
        "PNG": png(head),
        "IPTC": read_iptc(_blob(header, "iptc-data")),
        "XMP": read_xmp(_blob(header, "xmp-data")),
    }
    return facts | {name: group for name, group in groups.items() if group}


def _blob(header: Image, name: str) -> bytes:
    """A metadata field that is bytes; nothing where there is none, or too much."""
    if header.get_typeof(name) == 0:
        return b""
    try:
        found = header.get(name)
    except (Error, UnicodeDecodeError):
        return b""
    return found if isinstance(found, bytes) and len(found) <= MAX_BLOB_BYTES else b""


def _orientation(header: Image) -> int:
    found = header.get("orientation") if header.get_typeof("orientation") else 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _density(header: Image) -> dict[str, Json]:
    """Only where the file has one: libvips makes up a pixel per millimetre for the others."""
    if header.get_typeof("resolution-unit") == 0:
        return {}
    return {"DPIWidth": round(header.xres * MM_PER_INCH, 2), "DPIHeight": round(header.yres * MM_PER_INCH, 2)}
