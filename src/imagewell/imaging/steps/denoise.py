"""The step "denoise": grain goes, edges stay; then some sharpness is given back. Source: imgix `nr`, `nrs`.

Each channel is smoothed by a guided filter that is its own guide (He, Sun, Tang: Guided Image Filtering): where a
neighbourhood varies by no more than noise does, its mean is taken; where it varies more, the pixel stays.
"""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps.planes import box_mean, in_8_bits, joined, split
from imagewell.imaging.steps.sharpness import unsharp
from imagewell.transform.model import Denoise

LEVELS = 0.4
"""Standard deviation, in levels, that counts as noise, for each point of amount."""

RADIUS = 2
"""Of the neighbourhood, in px."""

SHARPEN_SIGMA = 1.0


def apply(frames: list[Image], op: Denoise, ctx: Context) -> list[Image]:
    """Sizes and alpha stay. An amount of 0 or below takes nothing away, and so nothing is given back."""
    if op.amount <= 0:
        return frames
    return [_cleaned(frame, op) for frame in frames]


def _cleaned(frame: Image, op: Denoise) -> Image:
    colors, alpha = split(frame)
    colors = smoothed(colors, op.amount * LEVELS)
    if op.sharpness:
        colors = unsharp(colors.copy_memory(), alpha, op.sharpness / 100, SHARPEN_SIGMA)
    return joined(colors, alpha)


def smoothed(colors: Image, noise: float) -> Image:
    """Three bands of 8 bits; `noise` in levels."""
    mean = box_mean(colors, RADIUS)
    variance = box_mean(colors * colors, RADIUS) - mean * mean
    slope = variance / (variance + noise * noise)
    offset = (1 - slope) * mean
    return in_8_bits(colors * box_mean(slope, RADIUS) + box_mean(offset, RADIUS))
