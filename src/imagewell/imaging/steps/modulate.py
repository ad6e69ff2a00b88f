"""The step "modulate": factors of light and colour. Source: IMG Processing's `modulate`, of both its generations.

In sRGB all of it is one matrix, worked out in floats and rounded once. CIE LCh is what image libraries turn hue and
chroma in (sharp's `modulate`); it costs about ten times as much.
"""

from __future__ import annotations

from functools import partial

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps import color
from imagewell.imaging.steps.planes import in_8_bits, on_colors
from imagewell.transform.model import Modulate

MIDDLE = 127.5
"""Mid-grey in levels: what contrast spreads around."""
LIGHTEST = 100.0
"""Of CIE lightness, whose middle is half of it."""
PER_CENT = 2.55
"""Levels."""
NEUTRAL = (Modulate(), Modulate(space="lch"))


def apply(frames: list[Image], op: Modulate, ctx: Context) -> list[Image]:
    """All frames alike; alpha stays. Where everything is neutral, so does every pixel."""
    if op in NEUTRAL:
        return frames
    return [on_colors(frame, partial(_in_lch if op.space == "lch" else _in_srgb, op=op)) for frame in frames]


def _in_srgb(colors: Image, op: Modulate) -> Image:
    """Gain and contrast are the same for all channels, so they go into the numbers of the colour matrix."""
    turned = color.hue_and_saturation(op.hue, op.saturation - 1) or color.IDENTITY
    matrix = [[number * op.gain * op.contrast for number in row] for row in turned]
    lift = MIDDLE * (1 - op.contrast) + op.lightness * PER_CENT
    return colors.recomb(Image.new_from_array(matrix)) + lift


def _in_lch(colors: Image, op: Modulate) -> Image:
    lift = LIGHTEST / 2 * (1 - op.contrast) + op.lightness
    lch = colors.copy(interpretation="srgb").colourspace("lch")
    changed = lch * [op.gain * op.contrast, op.saturation, 1] + [lift, 0, op.hue]
    return in_8_bits(changed.copy(interpretation="lch").colourspace("srgb"))
