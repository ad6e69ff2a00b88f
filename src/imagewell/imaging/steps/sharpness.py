"""Sharpening by luminance alone, so that no coloured fringes appear."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.steps.planes import luminance, weighted_blur

FINE_SIGMA = 0.9
"""Of `sharpen`, in px: the detail that a resize blurs."""

STRONGEST = 2.2
"""What `sharpen` at 100 adds of that detail."""

NOISE = 2.0
"""Detail below this many levels is taken for noise and not amplified."""

OVERSHOOT = 36.0
"""About as many levels as a sharpened edge may rise over its sides."""

LEAST_SIGMA = 0.2
"""Below this a Gaussian is one pixel wide."""


def sharpened(colors: Image, alpha: Image | None, amount: float) -> Image:
    """Edges made crisper; flat parts and hard edges are held back.

    Args:
        colors: 3 bands of 8 bits; alpha: weighs what blurs into what.
        amount: 0 to 1.
    """
    detail = detail_of(colors, alpha, FINE_SIGMA)
    # Detail goes through a table: nothing for noise, nearly all for texture, ever less for hard edges.
    steps = [_held(level - 256, amount * STRONGEST) for level in range(512)]
    table = Image.new_from_array([steps]).cast("float")
    return colors + (detail + 256.5).cast("ushort").maplut(table)


def _held(detail: float, amount: float) -> float:
    size = abs(detail)
    felt = max(0.0, size - NOISE) * min(1.0, size / (3 * NOISE))
    added = OVERSHOOT * amount * felt / (OVERSHOOT + felt * amount)
    return added if detail > 0 else -added


def unsharp(colors: Image, alpha: Image | None, amount: float, sigma: float) -> Image:
    """A classic unsharp mask; a negative amount softens, until at -1 only the blur is left.

    Args:
        colors: 3 bands; amount: -1 to 1; sigma: px.
    """
    if sigma < LEAST_SIGMA:
        return colors
    if amount < 0:
        return colors + (weighted_blur(colors, alpha, sigma) - colors) * -amount
    return colors + detail_of(colors, alpha, sigma) * amount * 2


def detail_of(colors: Image, alpha: Image | None, sigma: float) -> Image:
    """One band: luminance less its own blur, -255 to 255."""
    luma = luminance(colors)
    return luma - weighted_blur(luma, alpha, sigma)
