"""The little that a file's own container says and libvips does not: JFIF's and PNG's header, a profile's name."""

from __future__ import annotations

from imagewell.imaging.answers.plain import Json, text

MAX_ICC_TAGS = 100


def jfif(head: bytes) -> dict[str, Json]:
    """From a JPEG's first segment, where that is JFIF's. Source: ITU-T T.871, 10.1."""
    if head[:4] != b"\xff\xd8\xff\xe0" or head[6:11] != b"JFIF\0" or len(head) < 18:
        return {}
    return {
        "JFIFVersion": [head[11], head[12]],
        "DensityUnit": head[13],
        "XDensity": int.from_bytes(head[14:16], "big"),
        "YDensity": int.from_bytes(head[16:18], "big"),
    }


def png(head: bytes) -> dict[str, Json]:
    """From a PNG's first chunk. Source: PNG specification, 11.2.1."""
    if head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR" or len(head) < 29:
        return {}
    return {"InterlaceType": head[28]}


def profile_name(profile: bytes) -> str:
    """The description in an ICC profile, of version 2 or 4; empty where there is none. Source: ICC.1:2022, 7 and 10."""
    count = min(int.from_bytes(profile[128:132], "big"), MAX_ICC_TAGS)
    for at in range(132, 132 + count * 12, 12):
        if profile[at : at + 4] == b"desc":
            offset = int.from_bytes(profile[at + 4 : at + 8], "big")
            size = int.from_bytes(profile[at + 8 : at + 12], "big")
            return _description(profile[offset : offset + size])
    return ""


def _description(tag: bytes) -> str:
    if tag[:4] == b"desc":
        length = int.from_bytes(tag[8:12], "big")
        return text(tag[12 : 12 + length])
    if tag[:4] == b"mluc":
        # The first language will do: profiles that have several say the same in each.
        length = int.from_bytes(tag[20:24], "big")
        offset = int.from_bytes(tag[24:28], "big")
        return text(tag[offset : offset + length].decode("utf-16-be", "ignore"))
    return ""
