"""Room around the picture (imgix `pad`)."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps import backdrop
from imagewell.imaging.steps.alpha import with_alpha
from imagewell.transform.geometry import Sides, place
from imagewell.transform.model import Pad
from imagewell.transform.values import CLEAR

CLEAR_RGBA = list(CLEAR.rgba)


def apply(frames: list[Image], op: Pad, ctx: Context) -> list[Image]:
    """Every frame with its room drawn.

    How wide it is was settled when the picture was placed: with a width or height asked for, the resize has already
    made the picture small enough for both to fit inside. The room is clear, or shows the stage's backdrop.
    """
    sides = place(ctx.source, ctx.stage.resize, op, ctx.limits.max_side_px).pads
    if not any(sides):
        return frames
    padded = [around(frame, sides) for frame in frames]
    behind = ctx.stage.backdrop
    return padded if behind is None else [backdrop.lay(frame, behind) for frame in padded]


def around(frame: Image, sides: Sides) -> Image:
    """A frame with clear room: px at the top, right, bottom, left."""
    top, right, bottom, left = sides
    width, height = frame.width + left + right, frame.height + top + bottom
    return with_alpha(frame).embed(left, top, width, height, extend="background", background=CLEAR_RGBA)
