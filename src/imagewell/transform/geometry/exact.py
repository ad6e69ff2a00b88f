"""Exact numbers: no rounding error of floating point ever moves a pixel.

A float stands for the shortest decimal that spells it, which is what the client wrote: 0.1 is one tenth, not
0.1000000000000000055. Sums and products are then done in fractions, and rounded once, at the end.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from imagewell.transform.values import Length, Ratio

HALF = Fraction(1, 2)


def exact(number: float) -> Fraction:
    """The decimal that `number` is spelled as. Raises ValueError for nan and infinity."""
    if number == number // 1:
        return Fraction(int(number))
    return Fraction(repr(number))


def half_up(number: Fraction | int) -> int:
    """The nearest whole number; from the middle upwards, so that 0.5 is 1 and -0.5 is 0."""
    return floor(number + HALF)


def whole_side(side: Fraction) -> int:
    """A side in whole px: half up, at least 1 (imgix B.4.1)."""
    return max(1, half_up(side))


def length_px(length: Length, side_px: int) -> Fraction:
    """`length` in px, not rounded; shares are of `side_px`."""
    return exact(length.value) * side_px if length.share else exact(length.value)


def ratio_of(ratio: Ratio) -> Fraction:
    """Width over height."""
    return exact(ratio.width) / exact(ratio.height)


def product(number: float, factor: float) -> float:
    """`number` times `factor`, as the float nearest to the exact decimal product: 1.1 times 35 is 38.5."""
    if factor == 1:
        return number
    return float(exact(number) * exact(factor))
