"""The ordered step table: what is done to a picture in one stage, and in which order.

The order is fixed and is not the order of a URL (imgix B.3): orientation, then the part of the picture that is
wanted, then its size, then its pixels, then what lies behind, around and over it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyvips import Image

from imagewell.imaging.context import Context, Step
from imagewell.imaging.steps import (
    adjust,
    backdrop,
    border,
    denoise,
    flip,
    mask,
    orient,
    overlays,
    pad,
    region,
    resize,
    rotate,
    stylize,
    trim,
)
from imagewell.transform.model import Stage
from imagewell.transform.values import Size

Getter = Callable[[Stage], Any]

BEFORE_RESIZE: tuple[tuple[str, Getter, Step], ...] = (
    ("region", lambda s: s.region, region.apply),
    ("trim", lambda s: s.trim, trim.apply),
)
AFTER_RESIZE: tuple[tuple[str, Getter, Step], ...] = (
    ("flip", lambda s: s.flip, flip.apply),
    ("rotate", lambda s: s.rotate, rotate.apply),
    ("denoise", lambda s: s.denoise, denoise.apply),
    ("adjust", lambda s: s.adjust, adjust.apply),
    ("stylize", lambda s: s.stylize, stylize.apply),
    ("backdrop", lambda s: s.backdrop, backdrop.apply),
    ("pad", lambda s: s.pad, pad.apply),
    ("border", lambda s: s.border, border.apply),
    ("mask", lambda s: s.mask, mask.apply),
    ("overlays", lambda s: s.overlays or None, overlays.apply),
)


def run(frames: list[Image], ctx: Context) -> list[Image]:
    """One stage. `frames` may still be unread and sequential; the caller has turned them upright (`orient`)."""
    for _, operation, step in BEFORE_RESIZE:
        op = operation(ctx.stage)
        if op is not None:
            frames = step(frames, op, ctx)
            ctx.source = Size(frames[0].width, frames[0].height)
    frames = resize.apply(frames, ctx.stage.resize, ctx)
    later = [(op, step) for _, operation, step in AFTER_RESIZE if (op := operation(ctx.stage)) is not None]
    if later:
        frames = [frame.copy_memory() for frame in frames]
    for op, step in later:
        frames = step(frames, op, ctx)
    return frames
