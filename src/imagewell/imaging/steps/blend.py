"""The sixteen blend modes: W3C Compositing and Blending Level 1, source over, on sRGB values as they are stored.

libvips blends by the book where both pictures are opaque, three times faster than arithmetic does; the overlay's alpha
is then applied to the blended colours. With alpha its own colours are far from the specification's (up to a quarter of
the range), its burn and dodge differ where a channel is 0 or 1, and it lacks the four modes that look at all channels
together: for these the formulas are written out, on floats from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyvips import Image

from imagewell.imaging.steps.alpha import OPAQUE, as_srgb, has_alpha, over, with_alpha
from imagewell.transform.model import BlendMode

Mix = Callable[[Image, Image], Image]
"""The colour of a pixel from that of the base (cb) and that of the overlay (cs), each 3 bands, 0 to 1."""
ON_OPAQUE: Mapping[BlendMode, str] = {
    BlendMode.DARKEN: "darken",
    BlendMode.DIFFERENCE: "difference",
    BlendMode.EXCLUSION: "exclusion",
    BlendMode.HARDLIGHT: "hard-light",
    BlendMode.LIGHTEN: "lighten",
    BlendMode.MULTIPLY: "multiply",
    BlendMode.OVERLAY: "overlay",
    BlendMode.SCREEN: "screen",
    BlendMode.SOFTLIGHT: "soft-light",
}
"""libvips' names of the modes that it blends by the book as long as both pictures are opaque."""
LUMINOSITY_WEIGHTS = [[0.3, 0.59, 0.11]]


def blend(base: Image, top: Image, mode: BlendMode) -> Image:
    """`top` blended into `base`, both 8-bit sRGB of one size with 3 or 4 bands.

    Returns: 3 bands when the base has 3; else the alpha of the two together, so that what lies outside the base's
    visible part shows as it is.
    """
    if mode == BlendMode.NORMAL:
        return over(top, base)
    if mode in ON_OPAQUE and not has_alpha(base):
        mixed = base.composite2(top[:3], ON_OPAQUE[mode], compositing_space="srgb")[:3]
        return over(mixed.bandjoin(top[3]), base) if has_alpha(top) else mixed
    return _composed(base, top, MIXES[mode])


def _composed(base: Image, top: Image, mix: Mix) -> Image:
    """Source over with a mixing function of colours (W3C 5.1 and 10)."""
    below, above = with_alpha(base) / OPAQUE, with_alpha(top) / OPAQUE
    cb, ab, cs, as_ = below[:3], below[3], above[:3], above[3]
    clear_below, clear_above = ab * -1 + 1, as_ * -1 + 1
    colored = cs * (as_ * clear_below) + mix(cb, cs) * (as_ * ab) + cb * (ab * clear_above)
    if not has_alpha(base):
        return as_srgb(colored * OPAQUE)
    alpha = as_ + ab * clear_above
    return as_srgb((colored / alpha).bandjoin(alpha) * OPAQUE)


def _lightness(color: Image) -> Image:
    return color.recomb(LUMINOSITY_WEIGHTS)


def _least(color: Image) -> Image:
    return color[0].minpair(color[1]).minpair(color[2])


def _most(color: Image) -> Image:
    return color[0].maxpair(color[1]).maxpair(color[2])


def _with_lightness(color: Image, lightness: Image) -> Image:
    """SetLum: moved to this lightness, and pulled towards grey where that leaves 0 to 1 (ClipColor)."""
    moved = color + (lightness - _lightness(color))
    low, high = _least(moved), _most(moved)
    raised = (low < 0).ifthenelse((moved - lightness) * lightness / (lightness - low) + lightness, moved)
    # `high` is of the colour before: its channels are at most 1 apart, so it never leaves 0 to 1 at both ends.
    lowered = (raised - lightness) * (lightness * -1 + 1) / (high - lightness) + lightness
    return (high > 1).ifthenelse(lowered, raised)


def _with_saturation(color: Image, saturation: Image) -> Image:
    """SetSat: the spread of the channels stretched to this one, starting at 0; a grey becomes black."""
    low, high = _least(color), _most(color)
    return (color - low) * saturation / (high - low)


def _saturation(color: Image) -> Image:
    return _most(color) - _least(color)


def _hue(cb: Image, cs: Image) -> Image:
    return _with_lightness(_with_saturation(cs, _saturation(cb)), _lightness(cb))


def _saturated(cb: Image, cs: Image) -> Image:
    return _with_lightness(_with_saturation(cb, _saturation(cs)), _lightness(cb))


def _color(cb: Image, cs: Image) -> Image:
    return _with_lightness(cs, _lightness(cb))


def _luminosity(cb: Image, cs: Image) -> Image:
    return _with_lightness(cb, _lightness(cs))


def _multiply(cb: Image, cs: Image) -> Image:
    return cb * cs


def _screen(cb: Image, cs: Image) -> Image:
    return cb + cs - cb * cs


def _exclusion(cb: Image, cs: Image) -> Image:
    return cb + cs - cb * cs * 2


def _hard_light(cb: Image, cs: Image) -> Image:
    return (cs <= 0.5).ifthenelse(cb * cs * 2, _screen(cb, cs * 2 - 1))


def _overlay(cb: Image, cs: Image) -> Image:
    return _hard_light(cs, cb)


def _dodge(cb: Image, cs: Image) -> Image:
    # libvips divides by zero to zero: a white overlay is told apart, and so is black, which nothing lightens.
    lifted = cb / (cs * -1 + 1)
    return (cb == 0).ifthenelse(0, ((cs >= 1) | (lifted > 1)).ifthenelse(1, lifted))


def _burn(cb: Image, cs: Image) -> Image:
    return _dodge(cb * -1 + 1, cs * -1 + 1) * -1 + 1


def _soft_light(cb: Image, cs: Image) -> Image:
    darker = cb - (cs * -2 + 1) * cb * (cb * -1 + 1)
    curve = (cb <= 0.25).ifthenelse(((cb * 16 - 12) * cb + 4) * cb, cb**0.5)
    return (cs <= 0.5).ifthenelse(darker, cb + (cs * 2 - 1) * (curve - cb))


MIXES: Mapping[BlendMode, Mix] = {
    BlendMode.MULTIPLY: _multiply,
    BlendMode.SCREEN: _screen,
    BlendMode.OVERLAY: _overlay,
    BlendMode.DARKEN: lambda cb, cs: cb.minpair(cs),
    BlendMode.LIGHTEN: lambda cb, cs: cb.maxpair(cs),
    BlendMode.DODGE: _dodge,
    BlendMode.BURN: _burn,
    BlendMode.HARDLIGHT: _hard_light,
    BlendMode.SOFTLIGHT: _soft_light,
    BlendMode.DIFFERENCE: lambda cb, cs: (cb - cs).abs(),
    BlendMode.EXCLUSION: _exclusion,
    BlendMode.HUE: _hue,
    BlendMode.SATURATION: _saturated,
    BlendMode.COLOR: _color,
    BlendMode.LUMINOSITY: _luminosity,
}
