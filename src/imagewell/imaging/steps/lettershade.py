"""The outline and the shadow of drawn text, made from its alpha."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot

from pyvips import Image

from imagewell.imaging.steps.alpha import covered, over, size_of, solid
from imagewell.imaging.steps.planes import in_8_bits
from imagewell.imaging.steps.soft import gaussian
from imagewell.transform.values import BLACK, Color

CLEAR = [0, 0, 0, 0]
FINEST_RADIUS = 10
"""A wider outline is grown on a shrunk copy, whose disc has no more than this radius."""


@dataclass(frozen=True, slots=True)
class Shade:
    """outline_px: how far the outline reaches out of the letters. blur_px, drop_px, darkness: the shadow's sigma, how
    far it falls to the right and down, and its alpha (0 for no shadow)."""

    outline_px: float = 0.0
    outline_color: Color = BLACK
    blur_px: float = 0.0
    drop_px: int = 0
    darkness: float = 0.0

    @property
    def margin(self) -> int:
        """Px around the letters that the two may need."""
        shadow = ceil(3 * self.blur_px) + self.drop_px if self.darkness else 0
        return ceil(self.outline_px) + shadow + (1 if self.outline_px or shadow else 0)


def shaded(letters: Image, shade: Shade) -> Image:
    """The letters (4 bands, straight alpha) with outline and shadow behind them, `margin` larger on every side."""
    margin = shade.margin
    if not margin:
        return letters
    width, height = letters.width + 2 * margin, letters.height + 2 * margin
    picture = letters.embed(margin, margin, width, height, extend="background", background=CLEAR).copy_memory()
    if shade.outline_px:
        ring = covered(solid(size_of(picture), shade.outline_color), grown(picture[3], shade.outline_px))
        picture = over(picture, ring).copy_memory()
    if shade.darkness:
        dark = covered(solid(size_of(picture), Color(0, 0, 0, shade.darkness)), _dropped(picture[3], shade))
        picture = over(picture, dark)
    return picture


def grown(alpha: Image, radius_px: float) -> Image:
    """A coverage reaching `radius_px` further in every direction, with round corners and soft edges.

    The sum of a pixel's neighbours within a disc is cut off at full coverage: it is full where a full pixel is that
    near, and partial where the disc just touches one.
    """
    shrink = ceil(radius_px / FINEST_RADIUS)
    if shrink <= 1:
        return in_8_bits(alpha.conv(_disc(radius_px), precision="float"))
    # Strokes thinner than a cell count as wide as it: they would else be too faint to grow from.
    small = in_8_bits(alpha.cast("float").shrink(shrink, shrink, ceil=True) * shrink)
    grown_small = in_8_bits(small.conv(_disc(radius_px / shrink), precision="float"))
    large = grown_small.resize(shrink, kernel="linear")
    return large.crop(0, 0, alpha.width, alpha.height)


def _disc(radius: float) -> Image:
    """Weights of 1 within `radius` of the edge of the middle px, falling to 0 over the px at its own edge. A little
    less than half a px is added for the former, since the sum of several partial px makes up for it."""
    reach = ceil(radius + 0.75)
    span = range(-reach, reach + 1)
    rows = [[min(1.0, max(0.0, radius + 0.75 - hypot(x, y))) for x in span] for y in span]
    return Image.new_from_array(rows)


def _dropped(alpha: Image, shade: Shade) -> Image:
    fallen = alpha.embed(shade.drop_px, shade.drop_px, alpha.width, alpha.height)
    return in_8_bits(gaussian(fallen.cast("float"), max(0.3, shade.blur_px)))
