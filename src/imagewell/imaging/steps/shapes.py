"""Coverage of simple shapes, with soft edges one pixel wide: how much of each pixel lies inside.

The share of a pixel that an edge leaves inside is taken as its signed distance to the pixel's centre plus one half,
which is exact for straight edges along the axes and within a few hundredths for curves of more than a few px.
"""

from __future__ import annotations

from math import ceil

from pyvips import Image

from imagewell.imaging.steps.alpha import OPAQUE
from imagewell.transform.model import Corners
from imagewell.transform.values import Box, Size

TINY = 1e-6


def ellipse(size: Size) -> Image:
    """The largest ellipse inside the frame."""
    x, y = _centered(size)
    a, b = size.width / 2, size.height / 2
    nx, ny = x / a, y / b
    # Distance to first order: the implicit function, over the length of its gradient.
    radius = (nx * nx + ny * ny) ** 0.5 + TINY
    slope = ((nx / a) ** 2 + (ny / b) ** 2) ** 0.5 / radius + TINY
    return _coverage((1 - radius) / slope)


def rounded_box(size: Size, radii: Corners) -> Image:
    """The whole frame with its corners rounded. Radii past what both corners of a side can have are scaled down
    together, as in CSS."""
    radii = fitting(size, radii)
    shape = Image.black(size.width, size.height) + OPAQUE
    shape = shape.cast("uchar")
    if not any(radii):
        return shape
    turns = ("d0", "d90", "d180", "d270")
    shape = shape.copy_memory()
    for radius, turn in zip(radii, turns, strict=True):
        tile = _corner(radius, size)
        if tile is None:
            continue
        tile = tile.rot(turn)
        x = 0 if turn in ("d0", "d270") else size.width - tile.width
        y = 0 if turn in ("d0", "d90") else size.height - tile.height
        # Where the squares of two corners overlap, both of them cut.
        there = shape.crop(x, y, tile.width, tile.height)
        shape = shape.insert((there < tile).ifthenelse(there, tile), x, y)
    return shape


def box_inside(size: Size, box: Box | None, radii: Corners) -> Image:
    """A rounded box within the frame; nothing at all when there is none."""
    if box is None:
        return Image.black(size.width, size.height)
    return rounded_box(box.size, radii).embed(box.left, box.top, size.width, size.height)


def fitting(size: Size, radii: Corners) -> Corners:
    """Radii that fit the frame: none below zero, two on one side never longer than it."""
    tl, tr, br, bl = (max(0.0, radius) for radius in radii)
    wide, high = max(tl + tr, bl + br), max(tl + bl, tr + br)
    factor = min(1.0, size.width / wide if wide else 1.0, size.height / high if high else 1.0)
    return tl * factor, tr * factor, br * factor, bl * factor


def _corner(radius: float, size: Size) -> Image | None:
    """The square at the top left that a rounded corner changes; None when it changes nothing."""
    side = min(ceil(radius), size.width, size.height)
    if radius < 0.5:
        return None
    where = Image.xyz(side, side)
    x, y = where[0] + (0.5 - radius), where[1] + (0.5 - radius)
    inner_x, inner_y = (x < 0).ifthenelse(x, 0), (y < 0).ifthenelse(y, 0)
    return _coverage(((inner_x * inner_x + inner_y * inner_y) ** 0.5) * -1 + radius).copy_memory()


def _centered(size: Size) -> tuple[Image, Image]:
    where = Image.xyz(size.width, size.height)
    return where[0] + (0.5 - size.width / 2), where[1] + (0.5 - size.height / 2)


def _coverage(distance: Image) -> Image:
    """Signed distance in px (positive inside) as coverage."""
    return ((distance + 0.5) * OPAQUE).rint().cast("uchar")
