"""A part of the picture, taken before any resize (imgix `rect`)."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.transform.geometry import region_box
from imagewell.transform.model import Region


def apply(frames: list[Image], op: Region, ctx: Context) -> list[Image]:
    """Every frame cut to the region; unchanged where the region lies outside the picture.

    Frames may be larger or smaller than `ctx.source`, by one factor: a drawing is read at the scale it is wanted at.
    """
    box = region_box(ctx.source, op)
    if box is None:
        return frames
    across, down = frames[0].width / ctx.source.width, frames[0].height / ctx.source.height
    left, top = min(round(box.left * across), frames[0].width - 1), min(round(box.top * down), frames[0].height - 1)
    width = max(1, min(round(box.width * across), frames[0].width - left))
    height = max(1, min(round(box.height * down), frames[0].height - top))
    ctx.source = box.size
    return [frame.crop(left, top, width, height) for frame in frames]
