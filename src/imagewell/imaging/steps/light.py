"""Highlights and shadows: light taken from, or given to, parts of the picture by how bright they are as a whole.

How bright a part is comes from a smoothed luminance that follows edges (He, Sun, Tang: Guided Image Filtering; made on
a small copy, as in their Fast Guided Filter), so texture within a part keeps its contrast and no halo forms around it.
"""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.steps.planes import box_mean, grown, in_8_bits, lookup, luminance
from imagewell.imaging.steps.tone import UNIT

SMALL_SIDE = 360
"""Side of the copy that the smoothed luminance is made on, in px, about."""

RADIUS = 8
"""Of the neighbourhood, in px of that copy."""

SOFT = 255 * 0.12
"""Differences below this count as texture, above as edges."""

DARKEST = 0.74
"""What highlights of −100 leave of white. Much less, and a bright sky would come out darker than a duller one."""

BRIGHTEST = 2.6
"""What shadows of 100 multiply black with."""


def balanced(colors: Image, highlights: float, shadows: float) -> Image:
    """Colours with their brightest parts pulled down and their darkest lifted; hue and saturation stay.

    Args:
        colors: 3 bands of 8 bits.
        highlights: -1 to 0; shadows: 0 to 1.
    """
    table = lookup([gain(level, highlights, shadows) for level in UNIT], exact=True)
    return in_8_bits(colors * in_8_bits(smoothed(luminance(colors))).maplut(table))


def gain(level: float, highlights: float, shadows: float) -> float:
    """What a part of this luminance (0..1) is multiplied with. Middle tones of about 0.5 are left alone by both."""
    bright = max(0.0, (level - 0.45) / 0.55) ** 1.5
    dark = max(0.0, 1 - level / 0.55) ** 1.5
    return float((1 + highlights * (1 - DARKEST) * bright) * (1 + shadows * (BRIGHTEST - 1) * dark))


def smoothed(luma: Image) -> Image:
    """`luma` (one band, 0 to 255) without texture but with its edges."""
    shrink = max(1, min(luma.width, luma.height) // SMALL_SIDE)
    small = luma.shrink(shrink, shrink, ceil=True).copy_memory()
    mean = box_mean(small, RADIUS)
    variance = box_mean(small * small, RADIUS) - mean * mean
    slope = variance / (variance + SOFT * SOFT)
    offset = (1 - slope) * mean
    lines = box_mean(slope.bandjoin(offset), RADIUS)
    lines = grown(lines.copy_memory(), luma.width, luma.height, shrink)
    return luma * lines.extract_band(0) + lines.extract_band(1)
