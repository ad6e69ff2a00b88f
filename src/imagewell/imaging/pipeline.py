"""The ordered step table: what is done to a picture in one stage, and in which order.

The order is fixed and is not the order of a URL (imgix B.3): the part of the picture that is wanted, its size, its
pixels, then what lies behind, around and over it.
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
    cutout,
    denoise,
    flip,
    mask,
    modulate,
    overlays,
    pad,
    region,
    resize,
    rotate,
    stamp,
    stylize,
    trim,
)
from imagewell.transform.model import Stage
from imagewell.transform.values import Size

AFTER_RESIZE: tuple[tuple[Callable[[Stage], Any], Step], ...] = (
    (lambda stage: stage.flip, flip.apply),
    (lambda stage: stage.rotate, rotate.apply),
    (lambda stage: stage.denoise, denoise.apply),
    (lambda stage: stage.modulate, modulate.apply),
    (lambda stage: stage.adjust, adjust.apply),
    (lambda stage: stage.stylize, stylize.apply),
    (lambda stage: stage.backdrop, backdrop.apply),
    (lambda stage: stage.pad, pad.apply),
    (lambda stage: stage.border, border.apply),
    (lambda stage: stage.mask, mask.apply),
    (lambda stage: stage.overlays or None, overlays.apply),
    (lambda stage: stage.stamp, stamp.apply),
)


def run(frames: list[Image], ctx: Context) -> list[Image]:
    """One stage of frames that stand upright; they may be sequential and of any depth, and come out as `Step` says."""
    stage = ctx.stage
    if stage.region is not None:
        frames = region.apply(frames, stage.region, ctx)
    if stage.trim is not None:
        frames = trim.apply(_ready(frames, ctx), stage.trim, ctx)
        ctx.source = Size(frames[0].width, frames[0].height)
    if stage.cutout is not None:
        frames = cutout.apply(_ready(frames, ctx), stage.cutout, ctx)
    frames = resize.apply(frames, stage.resize, ctx)
    steps = [(op, step) for operation, step in AFTER_RESIZE if (op := operation(stage)) is not None]
    if steps:
        frames = _ready(frames, ctx)
    for op, step in steps:
        frames = step(frames, op, ctx)
    return frames


def _ready(frames: list[Image], ctx: Context) -> list[Image]:
    """Frames converted and in memory, to be read in any order and more than once."""
    convert, ctx.convert = ctx.convert, None
    return [(frame if convert is None else convert(frame)).copy_memory() for frame in frames]
