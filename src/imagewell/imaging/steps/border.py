"""A border drawn over the picture's edge; the size does not change (imgix `border`)."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps import shapes
from imagewell.imaging.steps.alpha import OPAQUE, covered, over, size_of, solid
from imagewell.transform.geometry import inset
from imagewell.transform.model import Border, Corners, Pad
from imagewell.transform.values import Box, Color, Size


def apply(frames: list[Image], op: Border, ctx: Context) -> list[Image]:
    """Every frame with the border over it; with an outer radius what lies outside the corners becomes clear."""
    size = size_of(frames[0])
    drawn = _drawn(size, op)
    outline = shapes.rounded_box(size, op.radius).copy_memory() if any(op.radius) else None
    bordered = [frame if drawn is None else over(drawn, frame) for frame in frames]
    return bordered if outline is None else [covered(frame, outline) for frame in bordered]


def _drawn(size: Size, op: Border) -> Image | None:
    """Border and stroke as one layer; they still reach into the corners that the radius cuts."""
    layer = None
    hole = inset(size, op)
    if hole != Box(0, 0, size.width, size.height):
        layer = _ring(size, op.color, shapes.box_inside(size, hole, op.inner_radius))
    if op.stroke_color is not None and op.stroke_px >= 0.5:
        inside = inset(size, Pad(*(op.stroke_px,) * 4))
        line = _ring(size, op.stroke_color, shapes.box_inside(size, inside, _inner(size, op)))
        layer = line if layer is None else over(line, layer)
    return None if layer is None else layer.copy_memory()


def _inner(size: Size, op: Border) -> Corners:
    """Radii of the stroke's inner edge: those of the outer edge, less its width, so that it is even all the way."""
    tl, tr, br, bl = (max(0.0, radius - op.stroke_px) for radius in shapes.fitting(size, op.radius))
    return tl, tr, br, bl


def _ring(size: Size, color: Color, hole: Image) -> Image:
    return covered(solid(size, color), (hole * -1 + OPAQUE).cast("uchar"))
