"""XMP: the properties of its descriptions, flat, as `prefix:name`. Source: ISO 16684-1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from imagewell.imaging.answers.plain import MAX_FIELDS, MAX_LIST, Json, text

MAX_BYTES = 256 * 1024
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PREFIXES: Mapping[str, str] = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
}
"""Properties of other name spaces are left out: their prefix could be anything."""


def read_xmp(raw: bytes) -> dict[str, Json]:
    """Properties by name: text, or a list of texts. Nothing where the packet is not sound XML or is too long."""
    if not raw or len(raw) > MAX_BYTES:
        return {}
    try:
        root = fromstring(raw.strip(b"\0 \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return {}
    found: dict[str, Json] = {}
    for tag, value in _properties(root):
        name = _name(tag)
        if name and value and len(found) < MAX_FIELDS:
            found.setdefault(name, value)
    return found


def _properties(root: Element) -> Iterator[tuple[str, Json]]:
    """Written as attributes of a description, or as its children."""
    for description in root.iter(RDF + "Description"):
        for tag, written in description.items():
            yield tag, text(written)
        for child in description:
            yield child.tag, _value(child)


def _value(element: Element) -> Json:
    items = [text(item.text or "") for item in element.iter(RDF + "li")][:MAX_LIST]
    if not items:
        return text(element.text or "")
    # Alternatives in several languages: the first is the default one.
    return items[0] if element.find(RDF + "Alt") is not None else list(filter(None, items))


def _name(tag: str) -> str | None:
    space, _, name = tag.removeprefix("{").partition("}")
    prefix = PREFIXES.get(space)
    return f"{prefix}:{name[:100]}" if prefix and name else None
