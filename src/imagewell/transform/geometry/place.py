"""`place`: a source, what is asked of it, and the padding around it become one Placement (imgix B.4, B.7.2)."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import inf

from imagewell.transform.geometry.crop import CUTS, PLACED, shares_before, window
from imagewell.transform.geometry.exact import exact, half_up, length_px, ratio_of, whole_side
from imagewell.transform.geometry.faces import Area, area_window
from imagewell.transform.geometry.fit import PLANS, Asked, Frame, completed
from imagewell.transform.geometry.placement import Placement, Sides
from imagewell.transform.model import Fit, Pad, Resize
from imagewell.transform.values import Length, Size

MAX_SIDE_PX = 8192
NOTHING_ASKED = Resize()
NO_PADS: Sides = (0, 0, 0, 0)


@lru_cache(maxsize=256)  # a render needs it twice, and pictures of one size are often asked for alike
def place(
    source: Size,
    resize: Resize | None,
    pad: Pad | None = None,
    max_side_px: int = MAX_SIDE_PX,
    focal_override: tuple[float, float] | None = None,
    area: Area | None = None,
) -> Placement:
    """Where the picture and its padding come to lie.

    Args:
        source: px of the picture after orientation, region and trim.
        resize, pad: at device px; None asks for nothing. Padding adds to the size; with a width or a height asked
            for, picture and padding fit inside it together.
        max_side_px: no side of the result is longer; larger results are scaled down, keeping their shape.
        focal_override: x and y as shares of the source, of what the engine found for `entropy`, `edges` or `faces`
            (see `sought`); only a crop looks at it.
        area: of the faces that `facearea` shows, as `faces_area` grew it; without it, facearea is a crop.
    Returns: whole px, each side at least 1, of the exact result rounded half up.
    """
    resize = resize or NOTHING_ASKED
    box, pads = _box_inside_pads(source, resize, whole_pads(pad))
    plan = PLANS[resize.fit](source, box)
    down = _ceiling(plan.canvas, pads, max_side_px)
    canvas, scaled = _whole(plan.canvas.times(down)), _whole(plan.scaled.times(down))
    return Placement(
        crop=_crop(source, plan.scaled, resize, focal_override, area) if plan.cut else _all_of(source),
        scaled=scaled,
        canvas=canvas,
        offset=_offset(canvas, scaled, resize),
        pads=_times(pads, down),
    )


def _offset(canvas: Size, scaled: Size, resize: Resize) -> tuple[int, int]:
    """In the middle, or at the sides that a filling fit names."""
    across, down = shares_before(resize.focus if resize.fit in PLACED else ())
    return int((canvas.width - scaled.width) * across), int((canvas.height - scaled.height) * down)


def whole_pads(pad: Pad | None) -> Sides:
    """A stage's padding in whole px: half up, none below zero."""
    if pad is None:
        return NO_PADS
    top, right, bottom, left = (max(0, half_up(exact(side))) for side in (pad.top, pad.right, pad.bottom, pad.left))
    return top, right, bottom, left


def _box_inside_pads(source: Size, resize: Resize, pads: Sides) -> tuple[Asked, Sides]:
    """The box that is left for the picture once its padding lies inside what was asked, and that padding."""
    asked = Asked(_asked_side(resize.width, source.width), _asked_side(resize.height, source.height))
    inside = pads if asked != (None, None) else NO_PADS
    shaped = _with_ratio(source, resize, asked)
    box, inside = _less(shaped, inside)
    if resize.fit in CUTS and is_clamped(resize):
        box, inside = _less(_clamped(_plus(completed(source, box), inside), resize), inside)
    return box, inside if asked != (None, None) else pads


def _asked_side(length: Length | None, side: int) -> Fraction | None:
    return None if length is None else max(Fraction(1), length_px(length, side))


def _with_ratio(source: Size, resize: Resize, asked: Asked) -> Asked:
    """Open sides by the asked ratio: from the other side, or as the largest frame inside the source (imgix B.4.6)."""
    if resize.ratio is None or None not in asked or (resize.fit not in CUTS and resize.fit != Fit.FILL):
        return asked
    ratio = ratio_of(resize.ratio)
    if asked.width is not None:
        return Asked(asked.width, asked.width / ratio)
    height = asked.height if asked.height is not None else min(Fraction(source.height), source.width / ratio)
    return Asked(height * ratio, height)


def is_clamped(resize: Resize) -> bool:
    """Whether a crop has a minimum or maximum for any side."""
    return any((resize.min_width, resize.max_width, resize.min_height, resize.max_height))


def _clamped(frame: Frame, resize: Resize) -> Asked:
    """Both sides of a crop between its own minimum and maximum; where these cross, the minimum wins."""
    return Asked(
        _between(frame.width, resize.min_width, resize.max_width),
        _between(frame.height, resize.min_height, resize.max_height),
    )


def _between(side: Fraction, least: float | None, most: float | None) -> Fraction:
    side = side if most is None else min(side, exact(most))
    return side if least is None else max(side, exact(least))


def _plus(frame: Frame, pads: Sides) -> Frame:
    top, right, bottom, left = pads
    return Frame(frame.width + left + right, frame.height + top + bottom)


def _less(asked: Asked, pads: Sides) -> tuple[Asked, Sides]:
    """What padding leaves of a box; it gives way where it would leave the picture less than 1 px."""
    top, right, bottom, left = pads
    left, right = _squeezed(left, right, asked.width)
    top, bottom = _squeezed(top, bottom, asked.height)
    width = None if asked.width is None else asked.width - left - right
    height = None if asked.height is None else asked.height - top - bottom
    return Asked(width, height), (top, right, bottom, left)


def _squeezed(before: int, after: int, side: Fraction | None) -> tuple[int, int]:
    """Two opposite pads, in their proportion, such that `side` keeps at least 1 px."""
    room = inf if side is None else max(0, int(side - 1))
    if before + after <= room:
        return before, after
    first = int(room * before // (before + after))
    return first, int(room) - first


def _ceiling(canvas: Frame, pads: Sides, max_side_px: int) -> Fraction:
    """What everything is multiplied by, 1 or less, so that no side passes the ceiling."""
    width, height = _plus(canvas, pads)
    return min(Fraction(1), max_side_px / max(width, height))


def _times(pads: Sides, down: Fraction) -> Sides:
    """Pads at the ceiling's scale, rounded down: rounded up, they could pass the ceiling together."""
    top, right, bottom, left = (int(side * down) for side in pads)
    return top, right, bottom, left


def _whole(frame: Frame) -> Size:
    return Size(whole_side(frame.width), whole_side(frame.height))


def _all_of(source: Size) -> tuple[float, float, float, float]:
    return 0.0, 0.0, float(source.width), float(source.height)


def _crop(
    source: Size, frame: Frame, resize: Resize, focal_override: tuple[float, float] | None, area: Area | None
) -> tuple[float, float, float, float]:
    if area is not None and resize.fit is Fit.FACEAREA:
        left, top, width, height = area_window(source, frame, area)
    else:
        left, top, width, height = window(source, frame, resize, focal_override)
    return float(left), float(top), float(width), float(height)
