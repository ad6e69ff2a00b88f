"""Every blend mode against the formulas of W3C Compositing and Blending Level 1, in plain Python."""

from __future__ import annotations

import itertools
import math

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from imagewell.imaging.steps.blend import blend
from imagewell.transform.model import BlendMode

STEPS = (0, 1, 64, 127, 128, 200, 254, 255)


def _soft(cb: float, cs: float) -> float:
    if cs <= 0.5:
        return cb - (1 - 2 * cs) * cb * (1 - cb)
    d = ((16 * cb - 12) * cb + 4) * cb if cb <= 0.25 else math.sqrt(cb)
    return cb + (2 * cs - 1) * (d - cb)


def _hard(cb: float, cs: float) -> float:
    return cb * 2 * cs if cs <= 0.5 else cb + (2 * cs - 1) - cb * (2 * cs - 1)


def _dodge(cb: float, cs: float) -> float:
    return 0.0 if cb == 0 else 1.0 if cs == 1 else min(1.0, cb / (1 - cs))


def _burn(cb: float, cs: float) -> float:
    return 1.0 if cb == 1 else 0.0 if cs == 0 else 1 - min(1.0, (1 - cb) / cs)


SEPARABLE = {
    BlendMode.NORMAL: lambda cb, cs: cs,
    BlendMode.MULTIPLY: lambda cb, cs: cb * cs,
    BlendMode.SCREEN: lambda cb, cs: cb + cs - cb * cs,
    BlendMode.OVERLAY: lambda cb, cs: _hard(cs, cb),
    BlendMode.DARKEN: min,
    BlendMode.LIGHTEN: max,
    BlendMode.DODGE: _dodge,
    BlendMode.BURN: _burn,
    BlendMode.HARDLIGHT: _hard,
    BlendMode.SOFTLIGHT: _soft,
    BlendMode.DIFFERENCE: lambda cb, cs: abs(cb - cs),
    BlendMode.EXCLUSION: lambda cb, cs: cb + cs - 2 * cb * cs,
}


def _lum(c):
    return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]


def _clip(c):
    light, low, high = _lum(c), min(c), max(c)
    if low < 0:
        c = [light + (x - light) * light / (light - low) for x in c]
    if high > 1:
        c = [light + (x - light) * (1 - light) / (high - light) for x in c]
    return c


def _set_lum(c, light):
    return _clip([x + light - _lum(c) for x in c])


def _sat(c):
    return max(c) - min(c)


def _set_sat(c, s):
    order = sorted(range(3), key=lambda i: c[i])
    low, mid, high = order
    made = [0.0, 0.0, 0.0]
    if c[high] > c[low]:
        made[mid] = (c[mid] - c[low]) * s / (c[high] - c[low])
        made[high] = s
    return made


WHOLE = {
    BlendMode.HUE: lambda cb, cs: _set_lum(_set_sat(cs, _sat(cb)), _lum(cb)),
    BlendMode.SATURATION: lambda cb, cs: _set_lum(_set_sat(cb, _sat(cs)), _lum(cb)),
    BlendMode.COLOR: lambda cb, cs: _set_lum(cs, _lum(cb)),
    BlendMode.LUMINOSITY: lambda cb, cs: _set_lum(cb, _lum(cs)),
}


def reference(mode, below, above):
    """One pixel by the book: source over with B(cb, cs); RGBA 0 to 255 in and out."""
    cb, cs = [x / 255 for x in below[:3]], [x / 255 for x in above[:3]]
    ab, as_ = below[3] / 255, above[3] / 255
    mixed = WHOLE[mode](cb, cs) if mode in WHOLE else [SEPARABLE[mode](b, s) for b, s in zip(cb, cs, strict=True)]
    alpha = as_ + ab - as_ * ab
    if alpha == 0:
        return None
    color = [
        ((1 - ab) * as_ * s + ab * as_ * m + (1 - as_) * ab * b) / alpha for b, s, m in zip(cb, cs, mixed, strict=True)
    ]
    return [x * 255 for x in color] + [alpha * 255]


def picture(pixels):
    data = bytes(itertools.chain.from_iterable(pixels))
    made = pyvips.Image.new_from_memory(data, len(pixels), 1, len(pixels[0]), "uchar")
    return made.copy(interpretation="srgb")


def pixels_of(image):
    data, bands = image.write_to_memory(), image.bands
    return [list(data[i : i + bands]) for i in range(0, len(data), bands)]


def compare(mode, below, above):
    mixed = blend(picture(below), picture(above), mode)
    assert (mixed.format, mixed.interpretation) == ("uchar", "srgb")
    for b, a, got in zip(below, above, pixels_of(mixed), strict=True):
        wanted = reference(mode, b, a)
        if wanted is None:
            assert got[3] == 0
            continue
        # Straight colour of a nearly clear pixel is a quotient of small whole numbers: judged by what is seen of it.
        seen = [abs(g - w) * wanted[3] / 255 for g, w in zip(got[:3], wanted[:3], strict=True)]
        assert max(seen) <= 2, (mode, b, a, got, wanted)
        assert abs(got[3] - wanted[3]) <= 2, (mode, b, a, got, wanted)


@pytest.mark.parametrize("mode", BlendMode)
def test_modes_follow_w3c_on_opaque_pixels(mode):
    """Every mode gives the formula's colour on every pair of a coarse grid of colours."""
    colors = [(r, g, b, 255) for r in (0, 60, 128, 255) for g in (0, 127, 200, 255) for b in (0, 90, 255)]
    pairs = list(itertools.product(colors, colors))
    compare(mode, [p[0] for p in pairs], [p[1] for p in pairs])


@pytest.mark.parametrize("mode", BlendMode)
def test_modes_follow_w3c_through_alpha(mode):
    """Every mode mixes by the alpha of both pictures, and the alphas unite."""
    pairs = [
        ((200, 30, 90, ab), (v, 255 - v, 128, as_))
        for ab in (0, 1, 100, 255)
        for as_ in (0, 3, 128, 255)
        for v in STEPS
    ]
    compare(mode, [p[0] for p in pairs], [p[1] for p in pairs])


PIXEL = st.tuples(*[st.integers(0, 255)] * 4)


@given(st.sampled_from(list(BlendMode)), PIXEL, PIXEL)
@settings(max_examples=300, deadline=None)
def test_any_pixel_follows_w3c(mode, below, above):
    """Any pair of pixels comes out as the formulas say."""
    compare(mode, [below], [above])


@given(st.sampled_from(list(BlendMode)), st.tuples(*[st.integers(0, 255)] * 3), PIXEL)
@settings(max_examples=300, deadline=None)
def test_an_opaque_base_stays_opaque(mode, below, above):
    """A base of three bands comes out with three, in the colour of the formulas."""
    mixed = blend(picture([below]), picture([above]), mode)
    wanted = reference(mode, (*below, 255), above)
    assert mixed.bands == 3
    assert max(abs(g - w) for g, w in zip(pixels_of(mixed)[0], wanted[:3], strict=True)) <= 2


def test_an_overlay_without_alpha_covers():
    """An overlay of three bands counts as opaque."""
    below, above = [(9, 200, 40, 128)], [(250, 3, 77)]
    assert pixels_of(blend(picture(below), picture(above), BlendMode.NORMAL)) == [[250, 3, 77, 255]]
