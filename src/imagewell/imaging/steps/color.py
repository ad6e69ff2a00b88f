"""Colour as matrices of red, green and blue, and vibrance, which is none.

All work on gamma-encoded values and keep their luminance (`planes.LUMA`), as the W3C filter effects do.
"""

from __future__ import annotations

from math import cos, radians, sin

from pyvips import Image

from imagewell.imaging.steps.planes import LUMA

Matrix = list[list[float]]

IDENTITY: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

TO_YIQ: Matrix = [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]]
FROM_YIQ: Matrix = [[1.0, 0.956, 0.619], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]]
"""NTSC's space: its I axis runs through the colours of skin, of whatever shade."""

FULL_CHROMA = 110.0
"""Length of (I, Q) from which on a colour counts as fully saturated."""

SKIN_SHARE = 0.75
"""How much of vibrance is held back from the colours of skin."""


def product(left: Matrix, right: Matrix) -> Matrix:
    """`left` after `right`."""
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left]


def blended(toward: Matrix, share: float) -> Matrix:
    """`share` 0..1 (or beyond) of the way from no change to `toward`."""
    return [
        [same + (other - same) * share for same, other in zip(*rows, strict=True)]
        for rows in zip(IDENTITY, toward, strict=True)
    ]


GREY: Matrix = [list(LUMA)] * 3


def saturation(amount: float) -> Matrix:
    """-1 is exactly grey, 0 no change, 1 twice as colourful."""
    # Exact at the ends: all rows the same numbers, so all channels the same level.
    return GREY if amount <= -1 else blended(GREY, -amount)


def hue(degrees: float) -> Matrix:
    """Turns colours around the axis of greys. Source: W3C Filter Effects, hue-rotate."""
    turn, across = cos(radians(degrees)), sin(radians(degrees))
    red, green, blue = LUMA
    shift = [
        [-red, -green, 1 - blue],
        [0.143, 0.140, -0.283],
        [-(1 - red), green, blue],
    ]
    return [
        [
            LUMA[column] + turn * (IDENTITY[row][column] - LUMA[column]) + across * shift[row][column]
            for column in range(3)
        ]
        for row in range(3)
    ]


def hue_and_saturation(hue_degrees: float, saturated: float) -> Matrix | None:
    """Both in one matrix; None where neither changes anything.

    Args:
        hue_degrees: any.
        saturated: -1 or more.
    """
    turned = hue_degrees % 360
    if not turned and not saturated:
        return None
    if saturated <= -1:
        return GREY
    return product(saturation(saturated), hue(turned)) if turned else saturation(saturated)


def vibrance(colors: Image, amount: float) -> Image:
    """Muted colours gain (or lose) most, saturated ones and the colours of skin little; greys stay grey.

    Args:
        colors: 3 bands, 0 to 255.
        amount: -1 to 1.
    """
    yiq = colors.recomb(Image.new_from_array(TO_YIQ))
    toward_skin, across = yiq.extract_band(1), yiq.extract_band(2)
    chroma = (toward_skin * toward_skin + across * across) ** 0.5
    muted = 1 - _at_most(chroma / FULL_CHROMA, 1.0)
    # The cosine of the angle to the axis of skin: 1 on it, 0 at a right angle, below on the blue side.
    skin = toward_skin / (chroma + 1)
    spared = 1 - (skin > 0).ifthenelse(skin * skin * skin * SKIN_SHARE, 0.0)
    gain = muted * spared * amount + 1
    changed = yiq * (gain * 0 + 1).bandjoin([gain, gain])
    return changed.recomb(Image.new_from_array(FROM_YIQ))


def _at_most(image: Image, ceiling: float) -> Image:
    return (image > ceiling).ifthenelse(ceiling, image)
