"""The step "stylize": blur, mosaic, tints, halftone, in this order. Source: imgix B.13, category stylize."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps.halftone import screened
from imagewell.imaging.steps.mosaic import pixelated
from imagewell.imaging.steps.planes import joined, on_colors, premultiplied, split
from imagewell.imaging.steps.soft import gaussian
from imagewell.imaging.steps.tint import NONE, Tint, tint_of
from imagewell.transform.model import Stylize

SIGMA_PER_BLUR = 0.1
LEAST_SIGMA = 0.2
"""A Gaussian narrower than this does nothing to pixels."""

LEAST_PITCH = 2.0
"""Dots closer than this are no dots."""


def apply(frames: list[Image], op: Stylize, ctx: Context) -> list[Image]:
    """All frames alike; sizes stay."""
    tint = tint_of(op)
    return [_styled(frame, op, tint) for frame in frames]


def _styled(frame: Image, op: Stylize, tint: Tint) -> Image:
    frame = blurred(frame, op.blur * SIGMA_PER_BLUR)
    frame = pixelated(frame, round(op.pixelate_px))
    if tint is not NONE:
        frame = on_colors(frame, tint.on)
    if op.halftone:
        colors, alpha = split(frame)
        frame = joined(screened(colors, alpha, max(LEAST_PITCH, op.halftone)), alpha)
    return frame


def blurred(frame: Image, sigma: float) -> Image:
    """Edges are extended; clear pixels give no colour to others."""
    if sigma < LEAST_SIGMA:
        return frame
    return premultiplied(frame, lambda picture: gaussian(picture, sigma))
