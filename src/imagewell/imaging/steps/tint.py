"""Sepia, monochrome and duotone: each a matrix and an offset, so all of them together are one pass."""

from __future__ import annotations

from dataclasses import dataclass

from pyvips import Image

from imagewell.imaging.steps.color import GREY, IDENTITY, Matrix, product
from imagewell.imaging.steps.planes import LUMA
from imagewell.transform.model import Stylize
from imagewell.transform.values import Color

SEPIA: Matrix = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]
"""Source: W3C Filter Effects, sepia()."""


@dataclass(frozen=True, slots=True)
class Tint:
    """`matrix` times (red, green, blue), plus `offset`; on levels of 0 to 255."""

    matrix: Matrix
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def after(self, first: Tint) -> Tint:
        """One tint that does `first` and then this."""
        carried = [sum(a * b for a, b in zip(row, first.offset, strict=True)) for row in self.matrix]
        red, green, blue = (own + more for own, more in zip(self.offset, carried, strict=True))
        return Tint(product(self.matrix, first.matrix), (red, green, blue))

    def at(self, share: float) -> Tint:
        """Only `share` (0..1) of it, mixed with the colours as they were."""
        if share >= 1:
            return self
        rows = zip(IDENTITY, self.matrix, strict=True)
        matrix = [[same + (other - same) * share for same, other in zip(*row, strict=True)] for row in rows]
        red, green, blue = (part * share for part in self.offset)
        return Tint(matrix, (red, green, blue))

    def on(self, colors: Image) -> Image:
        """Three bands of floats."""
        turned = colors.recomb(Image.new_from_array(self.matrix))
        return turned + list(self.offset) if any(self.offset) else turned


NONE = Tint(IDENTITY)


def tint_of(op: Stylize) -> Tint:
    """Sepia, then monochrome, then duotone; `NONE` where none is asked for."""
    tint = NONE
    if op.sepia:
        tint = Tint(SEPIA).at(op.sepia / 100).after(tint)
    if op.monochrome is not None and op.monochrome.alpha:
        tint = monochrome(op.monochrome).after(tint)
    if op.duotone is not None and op.duotone_alpha:
        tint = duotone(*op.duotone).at(op.duotone_alpha / 100).after(tint)
    return tint


def monochrome(color: Color) -> Tint:
    """Luminance in the colour: black stays, white becomes it. The colour's alpha is the strength."""
    channels = (color.red, color.green, color.blue)
    return Tint([[channel / 255 * weight for weight in LUMA] for channel in channels]).at(color.alpha)


def duotone(shadow: Color, highlight: Color) -> Tint:
    """Luminance as a way from one colour to the other."""
    dark = (shadow.red, shadow.green, shadow.blue)
    light = (highlight.red, highlight.green, highlight.blue)
    ways = [(end - start) / 255 for start, end in zip(dark, light, strict=True)]
    return Tint([[way * weight for weight in row] for way, row in zip(ways, GREY, strict=True)], dark)
