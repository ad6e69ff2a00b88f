"""The kinds of value that imgix has and other protocols do not, or not in this spelling."""

from __future__ import annotations

import re

from imagewell.faces.kit.colors import CSS
from imagewell.faces.kit.params import Impossible, Reader, alpha_first_color, half_up, number, pixels, side
from imagewell.transform.model import Region
from imagewell.transform.values import Color, Length, finite, plain

OWN_COLORS = {"imgixorange": Color(0xFF, 0x6B, 0x1A), "imgixblue": Color(0x1B, 0x7F, 0xC4)}
"""imgix names these two and publishes no values for them; these are ours."""

MAX_SIDE_PX = 8192

color = alpha_first_color({**CSS, **OWN_COLORS})
px = number(0, MAX_SIDE_PX)
"""A width, radius or gap. Decimals are taken, since dpr makes them anyway."""
offset = pixels(-MAX_SIDE_PX, MAX_SIDE_PX)
overlay_side = side(2, MAX_SIDE_PX)
picture_side = side(2, MAX_SIDE_PX, zero=Impossible)
"""`w` and `h`: 0 and below is an error, where other unusable values are ignored."""


def _gradient_length(text: str) -> Length:
    """As a side, but 0 is good: a centre on the edge, a radius of nothing."""
    return overlay_side.read(text) if finite(text) > 0 else Length(0.0, share=True)


gradient_length = Reader(overlay_side.expected, _gradient_length, overlay_side.spell)


def _font(text: str) -> tuple[str, bool, bool]:
    """Family, bold, italic. The words bold and italic may stand anywhere in the list."""
    words = [word.strip() for word in text.split(",")]
    family = next((word for word in words if word and word.lower() not in ("bold", "italic", "bold italic")), "")
    styles = " ".join(word.lower() for word in words if word != family)
    if any(c < " " or c == "\x7f" for c in text) or len(family) > 200:
        raise ValueError("not a font")
    return family or "sans-serif", "bold" in styles, "italic" in styles


def _spell_font(font: tuple[str, bool, bool]) -> str:
    family, bold, italic = font
    return ",".join([family, *(["bold"] if bold else []), *(["italic"] if italic else [])])


font = Reader("a font family, and bold or italic after commas", _font, _spell_font)


def _reference(text: str) -> str:
    """An absolute URL or a path, as written; what it may point at is judged where it is fetched."""
    clean = text.strip()
    if not clean or len(clean) > 4000 or any(c < " " or c == "\x7f" for c in clean):
        raise ValueError("not an address")
    return clean


reference = Reader("an absolute URL or a path", _reference, str)

X_WORDS = ("left", "center", "right")
Y_WORDS = ("top", "middle", "bottom")


def _place(text: str, words: tuple[str, ...]) -> Length | str:
    return text.lower() if text.lower() in words else _region_length(text)


def _region_length(text: str) -> Length:
    """Px, or with a decimal point and up to 1.0 a share. Below zero is zero."""
    value = max(finite(text), 0.0)
    if "." in text and value <= 1:
        return Length(value, share=True)
    return Length(min(half_up(value), 100_000_000))


def _region_side(text: str) -> Length | None:
    if text.lower() == "full":
        return None
    length = _region_length(text)
    if length.value <= 0:
        raise ValueError("an empty region")
    return length


def _region(text: str) -> Region:
    x, y, width, height = [item.strip() for item in text.split(",")]
    return Region(_place(x, X_WORDS), _place(y, Y_WORDS), _region_side(width), _region_side(height))  # type: ignore[arg-type]


def _spell_length(length: Length | str | None) -> str:
    if length is None:
        return "full"
    if isinstance(length, str):
        return length
    written = plain(length.value)
    return written if not length.share or "." in written else f"{written}.0"


def _spell_region(region: Region) -> str:
    return ",".join(_spell_length(one) for one in (region.x, region.y, region.width, region.height))


region = Reader("x,y,width,height, each px, a share with a decimal point, or its keyword", _region, _spell_region)


def _frame(text: str) -> tuple[int, int]:
    """One frame, or first-last."""
    first, dash, last = text.partition("-")
    bounds = int(finite(first)), int(finite(last if dash else first))
    if not 1 <= bounds[0] <= bounds[1] <= 10_000:
        raise ValueError("not a span of frames")
    return bounds


frame = Reader(
    "a frame number from 1, or first-last",
    _frame,
    lambda both: str(both[0]) if both[0] == both[1] else f"{both[0]}-{both[1]}",
)


def _instant(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise ValueError("not an instant")
    return int(text)


instant = Reader("a whole number of Unix seconds", _instant, str)

_ANCHORS = {"left": (0.0, None), "center": (0.5, None), "right": (1.0, None),
            "top": (None, 0.0), "middle": (None, 0.5), "bottom": (None, 1.0)}  # fmt: skip


def _anchor(text: str) -> tuple[float, float]:
    """A point of the overlay as shares of its sides: words such as `top,left`, or `fx,fy`."""
    items = [item.strip().lower() for item in text.split(",")]
    if len(items) == 2 and not any(item in _ANCHORS for item in items):
        share = number(0, 1)
        return share.read(items[0]), share.read(items[1])
    across = down = 0.5
    for item in items:
        if item not in _ANCHORS:
            raise ValueError("not an anchor")
        x, y = _ANCHORS[item]
        across, down = across if x is None else x, down if y is None else y
    return across, down


anchor = Reader("words such as top,left, or two shares", _anchor, lambda at: f"{plain(at[0])},{plain(at[1])}")
