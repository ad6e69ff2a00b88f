"""SVG: drawn only after a look at its elements, and never with anything from outside itself.

librsvg runs no scripts and, given bytes without an address, opens no files; what is refused here are drawings that
ask for such things, or that are built to cost far more than they weigh.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from math import isfinite
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

import defusedxml  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from imagewell.errors import TooLarge, UnreadableImage
from imagewell.transform.limits import Limits

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 200
MAX_ELEMENTS = 200_000
MAX_DRAWN = 200_000
"""Elements after every `use` is followed."""
MAX_EMBEDDED_BYTES = 8 * 1024 * 1024

_EMBEDDED = re.compile(r"\s*data:image/(?:png|jpe?g|gif|webp);base64,([\w+/=\s%]+)$", re.I)
_OUTSIDE_CSS = re.compile(
    r"@import|url\((?![\s'\"]*(#|data:(image/(png|jpe?g|gif|webp)|font/|application/[\w.-]*font)))", re.I
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
"""One that is not closed goes to the end, as in CSS; to look for the end of each again would take for ever."""
_INSIDE_CSS = re.compile(r"url\(\s*['\"]?#([^)'\"\s]+)")
_LENGTH = re.compile(r"\s*([0-9.eE+-]+)\s*([a-z%]*)\s*$", re.I)
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "em": 16.0, "ex": 8.0}
_LINKS = frozenset({"a"})
"""Elements whose address is followed by a person, not by what draws them."""
_HTML = "{http://www.w3.org/1999/xhtml}"
"""A browser obeys an HTML `meta`, `link` or `base` inside a drawing as on any page."""
_ACTIVE = frozenset({"script", "foreignObject", "handler", "iframe", "embed", "object", "audio", "video", "set"})


def check(data: Any, limits: Limits) -> list[bytes]:
    """Refuse a drawing that reaches outside itself or is a bomb.

    Args:
        data: the file's bytes; a memory map will do.
    Returns: the pictures embedded in it, whose own headers are still to be checked.
    Raises: TooLarge, UnreadableImage.
    """
    root = _parsed(data)
    for side in ("width", "height"):
        _check_side(root.get(side), limits)
    embedded = [picture for element in root.iter() for picture in _embedded(element)]
    if sum(map(len, embedded)) > MAX_EMBEDDED_BYTES:
        raise TooLarge(MAX_EMBEDDED_BYTES, "bytes of embedded pictures")
    if _drawn(root) > MAX_DRAWN:
        raise TooLarge(MAX_DRAWN, "elements drawn")
    return embedded


def is_inert(data: bytes) -> bool:
    """Whether a drawing may be handed out as it is: well formed, no script, no handler, nothing from outside."""
    try:
        root = _parsed(data)
        return all(_is_inert(element) for element in root.iter())
    except (UnreadableImage, TooLarge):
        return False


def _parsed(data: Any) -> Element:
    if len(data) > MAX_BYTES:
        raise TooLarge(MAX_BYTES, "bytes of SVG", len(data))
    events = ("start", "end", "pi")
    try:
        return _grown(iterparse(BytesIO(bytes(data)), events=events, forbid_entities=True, forbid_external=True))
    except defusedxml.DefusedXmlException as error:
        raise UnreadableImage("SVG with entities is not read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableImage("it is not well-formed XML") from error


def _grown(events: Iterable[tuple[str, Element]]) -> Element:
    """The root, its elements counted while they come."""
    depth = count = 0
    root: Element | None = None
    for event, element in events:
        if event == "pi":
            _check_instruction(element)
            continue
        depth += 1 if event == "start" else -1
        count += event == "start"
        root = element if root is None else root
        if depth > MAX_DEPTH:
            raise TooLarge(MAX_DEPTH, "elements inside each other")
        if count > MAX_ELEMENTS:
            raise TooLarge(MAX_ELEMENTS, "elements")
    if root is None or _name(root.tag) != "svg":
        raise UnreadableImage("its root is not an svg element")
    return root


def _check_instruction(instruction: Element) -> None:
    """Refuse `<?xml-stylesheet …?>`, in whatever encoding it was written."""
    if (instruction.text or "").lower().startswith("xml-stylesheet"):
        raise UnreadableImage("it asks for a stylesheet from outside")


def _check_side(text: str | None, limits: Limits) -> None:
    """A width or height as written; shares and nonsense are left to the renderer."""
    found = _LENGTH.match(text or "")
    if found is None or found[2].lower() not in _PX:
        return
    try:
        px = float(found[1]) * _PX[found[2].lower()]
    except ValueError:
        return
    if not px <= limits.max_input_side_px:
        raise TooLarge(limits.max_input_side_px, "px a side", px if isfinite(px) else None)


def _embedded(element: Element) -> Iterator[bytes]:
    """The pictures embedded in this element. Raises UnreadableImage when it names anything outside."""
    for address in _addresses(element):
        if _name(element.tag) in _LINKS or address.strip().startswith("#"):
            continue
        found = _EMBEDDED.match(address)
        if found is None:
            raise UnreadableImage("SVG that refers to other files is not read")
        try:
            yield base64.b64decode(unquote(found[1]))
        except ValueError as error:
            raise UnreadableImage("a picture embedded in it is broken") from error
    if any(_OUTSIDE_CSS.search(_unescaped(css)) for css in _css(element)):
        raise UnreadableImage("SVG that refers to other files is not read")


def _is_inert(element: Element) -> bool:
    if _name(element.tag) in _ACTIVE or str(element.tag).startswith(_HTML):
        return False
    if any(_name(name).lower().startswith("on") for name in element.attrib):
        return False
    # Animation can write a script's address into a link.
    if _name(element.tag).startswith("animate") and "href" in str(element.get("attributeName", "")):
        return False
    if any(not address.strip().startswith("#") and not _EMBEDDED.match(address) for address in _addresses(element)):
        return False
    return not any(_OUTSIDE_CSS.search(_unescaped(css)) for css in _css(element))


def _drawn(root: Element) -> int:
    """How many elements are drawn once every reference is followed; past the ceiling only that it is passed.

    A `use` draws its target again; so do patterns, masks, clips, filters and markers for each element that names them.
    """
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    costs: dict[int, int] = {}

    def cost(element: Element, within: frozenset[int]) -> int:
        key = id(element)
        if key in costs or key in within:
            return costs.get(key, 1)
        if len(within) > MAX_DEPTH:
            return MAX_DRAWN
        targets = [found for name in _named(element) if (found := by_id.get(name)) is not None]
        total = 1
        for part in (*targets, *element):
            total = min(total + cost(part, within | {key}), MAX_DRAWN + 1)
        costs[key] = total
        return total

    return cost(root, frozenset())


def _named(element: Element) -> Iterator[str]:
    """Ids of other elements that are drawn for this one."""
    if _name(element.tag) == "use":
        yield from (address.strip().removeprefix("#") for address in _addresses(element))
    if _name(element.tag) != "style":
        for css in _css(element):
            yield from _INSIDE_CSS.findall(css)


def _addresses(element: Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        if _name(name) in ("href", "src"):
            yield value


def _css(element: Element) -> Iterator[str]:
    if _name(element.tag) == "style":
        yield "".join(element.itertext())
    for name, value in element.attrib.items():
        if "(" in value or name == "style":
            yield value


def _unescaped(css: str) -> str:
    """CSS without the escapes and comments that could hide a word."""
    css = _COMMENT.sub("", css)
    return re.sub(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", lambda m: chr(min(int(m[1], 16), 0xFFFF)) if m[1] else m[2], css)


def _name(tag: Any) -> str:
    """A name without its namespace; comments and instructions have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
