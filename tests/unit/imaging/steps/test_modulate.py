"""Factors of light and colour, in both spaces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.imaging.steps.step_material import SIZES, context, flat, is_frame, photo, pixel, same

from imagewell.imaging.steps import modulate
from imagewell.transform.model import Modulate

LUMA = np.array([0.2126, 0.7152, 0.0722])
SPACES = ["srgb", "lch"]


def done(frame, **values):
    return modulate.apply([frame], Modulate(**values), context())[0]


@pytest.mark.parametrize("space", SPACES)
def test_neutral_is_identity(space):
    """Factors of 1 give the picture back bit for bit."""
    assert same(done(photo(alpha=True), space=space), photo(alpha=True))


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_any_size_keeps_its_shape_and_alpha(space, alpha, size):
    """Sizes, bands and alpha stay."""
    frame = photo(*size, alpha=alpha)
    result = done(frame, gain=1.3, contrast=0.7, saturation=2, hue=40, lightness=-3, space=space)
    assert is_frame(result, *size, frame.bands)
    if alpha:
        assert same(result.extract_band(3), frame.extract_band(3))


@given(st.floats(0, 8), st.floats(0, 2), st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_the_formula_in_levels(gain, contrast, saturation):
    """Gain, then contrast around mid-grey, then saturation around luminance; rounded and clipped once, at the end."""
    levels = photo(16, 12).numpy().astype(float)
    spread = (levels * gain - 127.5) * contrast + 127.5
    grey = (spread @ LUMA)[..., None]
    expected = np.clip(grey + (spread - grey) * saturation, 0, 255)
    result = done(photo(16, 12), gain=gain, contrast=contrast, saturation=saturation).numpy()
    assert np.abs(result - expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"gain": 2}, [120, 200, 80]),
        ({"gain": 0}, [0, 0, 0]),
        ({"gain": 4}, [240, 255, 160]),
        ({"contrast": 0}, [128, 128, 128]),
        ({"contrast": 2}, [0, 73, 0]),
        ({"saturation": 0}, [87, 87, 87]),
        ({"lightness": 20}, [111, 151, 91]),
    ],
)
def test_each_factor(values, expected):
    """What each does to one colour."""
    assert pixel(done(flat(60, 100, 40), **values)) == expected


def test_no_saturation_is_exactly_grey():
    """All channels become one level, in both spaces nearly the same."""
    grey = done(photo(), saturation=0)
    assert same(grey[0], grey[1])
    assert same(grey[1], grey[2])


def test_lch_turns_hue_and_keeps_lightness():
    """Red turned by a third of a circle is a green of the same lightness; greys do not turn."""
    red, green = flat(150, 110, 110), done(flat(150, 110, 110), hue=120, space="lch")
    assert np.argmax(pixel(green)) == 1
    assert green.colourspace("lch")[0].avg() == pytest.approx(red.colourspace("lch")[0].avg(), abs=1)
    assert pixel(done(flat(90, 90, 90), hue=77, space="lch")) == pytest.approx([90, 90, 90], abs=1)
    assert same(done(photo(), hue=360, space="lch"), photo())


def test_lch_lightness():
    """L is multiplied and added to, chroma multiplied: sharp's figures for a mid-grey."""
    assert pixel(done(flat(119, 119, 119), gain=2, space="lch")) == [255, 255, 255]
    assert pixel(done(flat(119, 119, 119), lightness=10, space="lch")) == pytest.approx([145, 145, 145], abs=1)
    assert done(flat(200, 40, 40), saturation=0.5, space="lch").colourspace("lch")[1].avg() == pytest.approx(
        flat(200, 40, 40).colourspace("lch")[1].avg() / 2, abs=1
    )
