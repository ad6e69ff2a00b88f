"""What comes before the resize: the turned frame, the part asked for, the trimmed edges (imgix B.5.1, B.5.3, B.5.4)."""

from __future__ import annotations

from fractions import Fraction

from imagewell.transform.geometry.exact import HALF, exact, half_up, length_px
from imagewell.transform.model import Region
from imagewell.transform.values import Box, Length, Size

KEYWORDS = {
    "left": Fraction(0),
    "center": HALF,
    "right": Fraction(1),
    "top": Fraction(0),
    "middle": HALF,
    "bottom": Fraction(1),
}
"""How much of the free room lies before the region."""


def oriented(stored: Size, orientation: int) -> Size:
    """The frame of a picture stored as `stored` once EXIF's `orientation` is obeyed: 5 to 8 swap its sides."""
    return stored.turned() if 5 <= orientation <= 8 else stored


def region_box(source: Size, region: Region) -> Box | None:
    """The part of the source that is asked for, cut at its edges; None when it lies outside or is empty, and is then
    ignored. A share as x or y is where the left or top edge sits."""
    left, width = _span(region.x, region.width, source.width)
    top, height = _span(region.y, region.height, source.height)
    return Box(left, top, width, height) if width > 0 and height > 0 else None


def _span(start: Length | str, length: Length | None, side: int) -> tuple[int, int]:
    """Where a span begins on a side and how long it is, in whole px, cut at the ends of the side."""
    asked = side if length is None else half_up(length_px(length, side))
    if isinstance(start, Length):
        first = half_up(length_px(start, side))
    else:
        first = int((side - min(asked, side)) * KEYWORDS[start])
    return max(0, first), min(side, first + asked) - max(0, first)


def trim_box(source: Size, found: Box, pad_px: float) -> Box:
    """What a trim keeps: what it found, with a margin of source px around it, or, below zero, cut further into. Never
    outside the source and never empty: at least the px in the middle of what was found."""
    margin = half_up(exact(pad_px))
    left, width = _with_margin(found.left, found.width, margin, source.width)
    top, height = _with_margin(found.top, found.height, margin, source.height)
    return Box(left, top, width, height)


def _with_margin(start: int, length: int, margin: int, side: int) -> tuple[int, int]:
    margin = max(margin, -((length - 1) // 2))
    first, last = max(0, start - margin), min(side, start + length + margin)
    return first, last - first
