"""IPTC: captions, credits and keywords. Source: IPTC-NAA Information Interchange Model 4.1, record 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imagewell.imaging.answers.plain import MAX_FIELDS, MAX_LIST, Json, text

PHOTOSHOP_RESOURCE = b"8BIM\x04\x04"
"""Photoshop's wrapping, in which JPEG carries IPTC, names it resource 0x0404."""

FIELDS: Mapping[int, str] = {
    5: "ObjectName",
    15: "Category",
    25: "Keywords",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    80: "Byline",
    85: "BylineTitle",
    90: "City",
    92: "SubLocation",
    95: "Province/State",
    100: "Country/PrimaryLocationCode",
    101: "Country/PrimaryLocationName",
    103: "OriginalTransmissionReference",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    118: "Contact",
    120: "Caption/Abstract",
    122: "Writer/Editor",
}
LISTS = frozenset({25, 80, 85, 118})
"""Keywords, bylines, contacts: may come more than once."""


def read_iptc(raw: bytes) -> dict[str, Json]:
    """Fields by name; keywords and bylines are lists. What cannot be read is left out."""
    fields: dict[str, Json] = {}
    lists: dict[str, list[Json]] = {}
    for number, value in _records(_unwrapped(raw)):
        name, written = FIELDS.get(number), text(value)
        if name is None or not written:
            continue
        if number in LISTS:
            lists.setdefault(name, []).append(written)
        else:
            fields.setdefault(name, written)
    return fields | {name: values[:MAX_LIST] for name, values in lists.items()}


def _unwrapped(raw: bytes) -> bytes:
    """The records themselves, without Photoshop's wrapping where there is one."""
    at = raw.find(PHOTOSHOP_RESOURCE)
    if at < 0:
        return raw
    at += len(PHOTOSHOP_RESOURCE)
    if at >= len(raw):
        return b""
    name = 1 + raw[at]
    at += name + name % 2  # a name with its length, padded to an even number
    length = int.from_bytes(raw[at : at + 4], "big")
    return raw[at + 4 : at + 4 + length]


def _records(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, value) of record 2's data sets, at most `MAX_FIELDS`."""
    at = 0
    for _ in range(MAX_FIELDS):
        if at + 5 > len(raw) or raw[at] != 0x1C:
            return
        length = int.from_bytes(raw[at + 3 : at + 5], "big")
        if length & 0x8000:  # an "extended" data set: a picture or the like, never text
            return
        if raw[at + 1] == 2:
            yield raw[at + 2], raw[at + 5 : at + 5 + length]
        at += 5 + length
