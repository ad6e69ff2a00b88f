"""Automatic tone correction: black and white points and the middle, measured once for all frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, zip_longest
from math import log

from pyvips import Image

from imagewell.imaging.steps.planes import numbers, split
from imagewell.imaging.steps.tone import Curve

CLIPPED = 0.0022
"""Share of samples that may be cut off at each end: together below 0.5 %."""

SHARE = 0.85
"""How far the ends are drawn to black and white: a hazy picture keeps a little of its haze."""

FARTHEST = 0.30
"""How far, of the whole range, each end is moved at most: a night stays a night."""

MIDDLE = 0.46
"""Where the mean is drawn to."""

GENTLE = 0.16
"""By how much the exponent that draws it there may differ from 1."""


def measured(frames: Sequence[Image]) -> Curve | None:
    """The correction for pictures with these frames; None where there is nothing to see or nothing to do."""
    counts = [0.0] * 256
    for frame in frames:
        counts = [sum(pair) for pair in zip(counts, histogram(frame), strict=True)]
    return correction(counts)


def histogram(frame: Image) -> list[float]:
    """How often each of the 256 levels occurs in any colour channel, pixels weighed by their alpha."""
    colors, alpha = split(frame)
    if alpha is None:
        flat = numbers(colors.hist_find().bandmean())
        return flat + [0.0] * (256 - len(flat))
    bands = [numbers(alpha.hist_find_indexed(band, combine="sum")) for band in colors.bandsplit()]
    flat = [sum(levels) for levels in zip_longest(*bands, fillvalue=0.0)]
    return flat + [0.0] * (256 - len(flat))


def correction(counts: Sequence[float]) -> Curve | None:
    """A stretch and a slight bend for samples that are spread like this over the levels 0..255."""
    total = sum(counts)
    if not total:
        return None
    below = list(accumulate(counts))
    darkest = next(level for level, seen in enumerate(below) if seen > total * CLIPPED) / 255
    brightest = next(level for level, seen in enumerate(below) if seen >= total * (1 - CLIPPED)) / 255
    black = min(darkest * SHARE, FARTHEST)
    white = max(1 - (1 - brightest) * SHARE, 1 - FARTHEST)
    mean = sum(level * count for level, count in enumerate(counts)) / total / 255
    power = _power((mean - black) / (white - black))
    if (black, white, power) == (0.0, 1.0, 1.0):
        return None
    return lambda level: max(0.0, (level - black) / (white - black)) ** power


def _power(mean: float) -> float:
    """The exponent that would move `mean` to the middle, held within reach of 1; 1 for pictures meant to be extreme."""
    if not 0.12 < mean < 0.88:
        return 1.0
    return min(1 + GENTLE, max(1 - GENTLE, log(MIDDLE) / log(mean)))
