"""Corners and borders of a frame (imgix B.7.3, B.7.4)."""

from __future__ import annotations

from fractions import Fraction

from imagewell.transform.geometry.exact import exact, half_up
from imagewell.transform.model import Border, Corners, Pad
from imagewell.transform.values import Box, Size

DEFAULT_RADIUS = Fraction(1, 5)
"""Of the shorter side, where a mask of corners names no radius."""


def corner_radii(size: Size, radii: Corners | None) -> Corners:
    """Radii in px at top left, top right, bottom right, bottom left: 20 % of the shorter side where none are given,
    each 0 to half of the shorter side."""
    shorter = min(size.width, size.height)
    if radii is None:
        return (float(shorter * DEFAULT_RADIUS),) * 4
    one, two, three, four = (min(max(float(radius), 0.0), shorter / 2) for radius in radii)
    return one, two, three, four


def inset(size: Size, widths: Border | Pad) -> Box | None:
    """What a border of these widths leaves free inside a frame, in whole px; None when it covers everything."""
    top, right, bottom, left = (
        max(0, half_up(exact(side))) for side in (widths.top, widths.right, widths.bottom, widths.left)
    )
    width, height = size.width - left - right, size.height - top - bottom
    return Box(left, top, width, height) if width > 0 and height > 0 else None
