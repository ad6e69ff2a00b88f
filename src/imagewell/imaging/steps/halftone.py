"""Halftone as in print: four inks on white paper, each as dots on its own turned grid, whose area follows its tone.

A grid is periodic, so one small tile of thresholds is made for each ink and repeated. Angles are those of common print
practice, moved to the nearest whose tangent is a ratio of small whole numbers, because only those repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import cos, hypot, pi

from pyvips import Image

from imagewell.imaging.steps.planes import in_8_bits, weighted_blur

SCREENS = ((4, 1), (1, 4), (1, 0), (1, 1))
"""Direction of the grid of cyan, magenta, yellow, black: about 14, 76, 0 and 45 degrees."""

LEAST_TILE = 24
"""Tiles are at least this many px, so that rounding their side changes the pitch by little."""

SHARPNESS = 0.75
"""Levels of coverage for each level of threshold and px of pitch: thresholds rise by about 350 / pitch a px, so this
makes edges that are one px wide."""


def screened(colors: Image, alpha: Image | None, pitch: float) -> Image:
    """The colours as dots.

    Args:
        colors: 3 bands of 8 bits; alpha: weighs what is smoothed into what.
        pitch: px from dot to dot, 2 or more.
    """
    # Detail smaller than a dot would tear the dots, so it is smoothed away first.
    smooth = in_8_bits(weighted_blur(colors, alpha, pitch * 0.22)).copy_memory()
    slope = max(1.0, pitch * SHARPNESS)
    chromatic, black = _inks(smooth)
    *screens, last = (_screen(step, pitch, slope, colors.width, colors.height) for step in SCREENS)
    return _printed(_dots(chromatic, screens[0].bandjoin(screens[1:]), slope), _dots(black, last, slope))


def _dots(inks: Image, screens: Image, slope: float) -> Image:
    """Where paper is inked, 0 to 255, and partly so for one px along the edge of a dot."""
    reach = Image.new_from_array([[reach * slope + 127.5 for reach in _reaches(slope)]]).cast("float")
    return in_8_bits(inks.maplut(reach) - screens)


@lru_cache(maxsize=32)
def _reaches(slope: float) -> list[float]:
    """For each tone 0..255 the threshold up to which ink must reach, so that dots with soft edges have just its area.

    Soft edges are cut off where the range of thresholds ends: white paper and full black need a reach beyond it.
    """
    half = 127.5 / slope

    def inked(reach: float) -> float:
        """Ink, summed over all thresholds below `reach`, if they went on for ever."""
        if abs(reach) < half:
            return (reach + half) ** 2 / (4 * half)
        return max(0.0, reach)

    def tone(reach: float) -> float:
        return inked(reach) - inked(reach - 255)

    return [_solved(tone, level, -half, 255 + half) for level in range(256)]


def _solved(rising: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a rising function has this value, to a thousandth."""
    if wanted >= rising(high):
        return high
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return low


def _inks(colors: Image) -> tuple[Image, Image]:
    """Cyan, magenta and yellow, and black, 0 to 255; what is grey in a colour is printed in black alone."""
    red, *others = colors.bandsplit()
    lightest = red.bandrank(others, index=2)
    # Where nothing shines through black, there is no colour to print.
    paper = (lightest == 0).ifthenelse(255, lightest)
    return in_8_bits((lightest - colors) / paper * 255), lightest.invert()


def _printed(chromatic: Image, black: Image) -> Image:
    """Inks over each other on white: each takes its share of the light that the others left."""
    return (255 - chromatic) * (255 - black) / 255


def _screen(step: tuple[int, int], pitch: float, slope: float, width: int, height: int) -> Image:
    """Thresholds, times `slope`, for a whole picture."""
    tile = (threshold_tile(step, pitch) * slope).copy_memory()
    across, down = -(-width // tile.width), -(-height // tile.height)
    return tile.replicate(across, down).crop(0, 0, width, height)


def threshold_tile(step: tuple[int, int], pitch: float) -> Image:
    """A square of thresholds 0..255 that repeats without a seam: the tone from which on a pixel is inked.

    Every threshold is as frequent as any other, so that a dot's area is its tone.
    """
    values, side = _thresholds(step, pitch)
    return Image.new_from_memory(values, side, side, 1, "uchar")


@lru_cache(maxsize=32)
def _thresholds(step: tuple[int, int], pitch: float) -> tuple[bytes, int]:
    along, across = step
    period = pitch * hypot(along, across)
    repeats = max(1, round(LEAST_TILE / period))
    side = max(2, round(period * repeats))
    turn = 2 * pi * repeats / side
    waves = [cos(turn * at) for at in range(side)]
    heights = [
        # Round dots at the corners of the grid, round holes in the middle of its cells.
        -(waves[(along * x + across * y) % side] + waves[(along * y - across * x) % side])
        for y in range(side)
        for x in range(side)
    ]
    order = sorted(range(len(heights)), key=heights.__getitem__)
    ranks = bytearray(len(order))
    for rank, position in enumerate(order):
        ranks[position] = rank * 255 // len(order)
    return bytes(ranks), side
