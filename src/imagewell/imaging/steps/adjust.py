"""The step "adjust": light and colour, each neutral at 0 and then bit-exact. Source: imgix B.12.

The order: highlights and shadows while all of the original's tones are there, then every tone curve in one table,
hue and saturation in one matrix, vibrance, and sharpening of what has come out of that.
"""

from __future__ import annotations

from functools import partial

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps import color, enhance, light, sharpness, tone
from imagewell.imaging.steps.planes import in_8_bits, joined, lookup, on_colors, split
from imagewell.transform.model import Adjust


def apply(frames: list[Image], op: Adjust, ctx: Context) -> list[Image]:
    """All frames alike: what is measured is measured over all of them."""
    if op.highlights or op.shadows:
        balance = partial(light.balanced, highlights=op.highlights / 100, shadows=op.shadows / 100)
        frames = [on_colors(frame, balance) for frame in frames]
    curve = tone.curve_of(op, enhance.measured(frames) if op.enhance else None)
    return [_adjusted(frame, op, curve) for frame in frames]


def _adjusted(frame: Image, op: Adjust, curve: list[float] | None) -> Image:
    colors, alpha = split(frame)
    colors = _sharp(_colored(_toned(colors, op, curve), op), alpha, op)
    return frame if colors is frame else joined(colors, alpha)


def _toned(colors: Image, op: Adjust, curve: list[float] | None) -> Image:
    if curve is None:
        return colors
    return colors.maplut(lookup(curve, exact=_changes_color(op)))


def _changes_color(op: Adjust) -> bool:
    return bool(op.hue or op.saturation or op.vibrance)


def _colored(colors: Image, op: Adjust) -> Image:
    matrix = color.hue_and_saturation(op.hue, op.saturation / 100)
    if matrix is not None:
        colors = colors.recomb(Image.new_from_array(matrix))
    if op.vibrance and op.saturation > -100:
        colors = color.vibrance(colors, op.vibrance / 100)
    return in_8_bits(colors)


def _sharp(colors: Image, alpha: Image | None, op: Adjust) -> Image:
    if op.sharpen:
        colors = in_8_bits(sharpness.sharpened(colors, alpha, op.sharpen / 100))
    if op.unsharp:
        colors = sharpness.unsharp(colors, alpha, op.unsharp / 100, op.unsharp_radius_px)
    return colors
