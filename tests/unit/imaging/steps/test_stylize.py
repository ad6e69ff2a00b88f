"""Blur, mosaic, tints, halftone."""

from __future__ import annotations

import dataclasses
from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, mean, photo, pixel, same

from imagewell.imaging.steps import stylize
from imagewell.imaging.steps.planes import luminance
from imagewell.transform.model import Stylize
from imagewell.transform.values import BLACK, WHITE, Color

NAVY, SALMON = Color(0, 0, 128), Color(250, 128, 114)
EACH = [
    Stylize(blur=3),
    Stylize(blur=100),
    Stylize(blur=2000),
    Stylize(pixelate_px=4),
    Stylize(pixelate_px=100),
    Stylize(sepia=70),
    Stylize(halftone=1),
    Stylize(halftone=7.5),
    Stylize(halftone=100),
    Stylize(monochrome=SALMON),
    Stylize(duotone=(NAVY, SALMON)),
    Stylize(blur=20, pixelate_px=3, sepia=20, monochrome=Color(1, 2, 3, 0.5), duotone=(NAVY, SALMON), halftone=5),
]
NEUTRAL = [
    Stylize(),
    Stylize(blur=1),
    Stylize(pixelate_px=1),
    Stylize(pixelate_px=0.4),
    Stylize(monochrome=Color(200, 10, 10, 0.0)),
    Stylize(duotone=(NAVY, SALMON), duotone_alpha=0),
]


def done(frame, **values):
    return stylize.apply([frame], Stylize(**values), context())[0]


@pytest.mark.parametrize("op", NEUTRAL, ids=str)
@pytest.mark.parametrize("alpha", [False, True])
def test_neutral_is_identity(op, alpha):
    """Effects at 0, or too small to be seen, give the picture back bit for bit."""
    assert same(stylize.apply([photo(alpha=alpha)], op, context())[0], photo(alpha=alpha))


@pytest.mark.parametrize("op", EACH, ids=str)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [False, True])
def test_any_size_keeps_its_shape(op, size, alpha):
    """Every effect takes a picture of any size, with or without alpha, and leaves its size."""
    frame = photo(*size, alpha=alpha)
    assert is_frame(stylize.apply([frame], op, context())[0], *size, frame.bands)


@pytest.mark.parametrize("op", EACH[5:11], ids=str)
def test_colour_effects_leave_alpha(op):
    """Tints and halftone change colours only."""
    frame = photo(alpha=True)
    assert same(stylize.apply([frame], op, context())[0].extract_band(3), frame.extract_band(3))


@pytest.mark.parametrize("blur", [10, 55, 130, 600, 2000])
def test_blur_keeps_the_mean_and_extends_edges(blur):
    """A flat picture stays what it is up to its edges; a picture keeps its mean, and varies less with more blur."""
    assert same(done(flat(10, 128, 250, 70, 40), blur=blur), flat(10, 128, 250, 70, 40))
    frame = photo(90, 90)
    assert mean(done(frame, blur=blur)) == pytest.approx(mean(frame), abs=4)
    assert done(frame, blur=blur).deviate() < frame.deviate()


@pytest.mark.parametrize("blur", [20, 60, 90, 200])
def test_blur_has_a_sigma_of_a_tenth(blur):
    """An edge has the shape of the integral of a Gaussian of that sigma."""
    edge = flat(0, 0, 0, 300, 200).insert(flat(250, 250, 250, 150, 200), 150, 0).copy_memory()
    result = done(edge, blur=blur)
    sigma = blur // 10
    for x in (150 - sigma, 149 + sigma):
        # The edge lies between the pixels 149 and 150.
        expected = 250 * (1 + erf((x - 149.5) / (sigma * sqrt(2)))) / 2
        assert pixel(result, x, 100)[0] == pytest.approx(expected, abs=6)


def test_wide_blur_does_not_move_the_picture():
    """A blur made on a shrunk copy is as symmetric as the picture, also where sides are no multiple of anything."""
    dot = flat(0, 0, 0, 301, 211).insert(flat(255, 255, 255, 61, 61), 120, 75).copy_memory()
    result = done(dot, blur=150)
    assert (result - result.rot180()).abs().max() <= 12


@pytest.mark.parametrize("values", [{"blur": 40}, {"blur": 300}, {"pixelate_px": 9}], ids=str)
def test_clear_pixels_give_no_colour_away(values):
    """Where the result is seen at all, none of the garish colour of the clear part is in it."""
    cover = flat(0, 0, 0, 60, 30).insert(flat(255, 255, 255, 30, 30), 30, 0).extract_band(0)
    frame = as_frame(flat(0, 255, 0, 60, 30).insert(flat(200, 0, 100, 30, 30), 30, 0).bandjoin(cover))
    result = done(frame, **values)
    assert (result.extract_band(3) > 4).ifthenelse(result.extract_band(1), 0).max() <= 1


@given(width=st.integers(1, 40), height=st.integers(1, 40), cell=st.integers(2, 45))
@settings(max_examples=40, deadline=None)
def test_cells_are_the_mean_of_what_they_cover(width, height, cell):
    """Cells start at the top left; the last of a row or column is the mean of just the pixels it has."""
    frame = photo(width, height)
    result = done(frame, pixelate_px=cell)
    for x in range(0, width, cell):
        for y in range(0, height, cell):
            box = x, y, min(cell, width - x), min(cell, height - y)
            part, covered = result.crop(*box), frame.crop(*box)
            for band in range(3):
                assert part.extract_band(band).min() == part.extract_band(band).max()
                assert abs(part.extract_band(band).avg() - covered.extract_band(band).avg()) <= 0.51


def test_sepia_is_warm():
    """Grey becomes brownish, the more the larger the value."""
    half, full = (pixel(done(flat(128, 128, 128), sepia=value)) for value in (50, 100))
    assert full[0] > full[1] > full[2]
    assert full[0] - full[2] > half[0] - half[2] > 0


def test_monochrome_is_luminance_in_a_colour():
    """White becomes the colour, black stays; a half-clear colour goes half the way."""
    assert pixel(done(flat(255, 255, 255), monochrome=SALMON)) == [250, 128, 114]
    assert pixel(done(flat(0, 0, 0), monochrome=SALMON)) == [0, 0, 0]
    half = pixel(done(flat(255, 255, 255), monochrome=dataclasses.replace(SALMON, alpha=0.5)))
    assert half == pytest.approx([252.5, 191.5, 184.5], abs=1)


def test_duotone_runs_from_shadow_to_highlight():
    """Black becomes the first colour, white the second, grey lies halfway; half strength goes half the way."""
    assert pixel(done(flat(0, 0, 0), duotone=(NAVY, SALMON))) == [0, 0, 128]
    assert pixel(done(flat(255, 255, 255), duotone=(NAVY, SALMON))) == [250, 128, 114]
    assert pixel(done(flat(128, 128, 128), duotone=(NAVY, SALMON))) == pytest.approx([125, 64, 121], abs=2)
    assert pixel(done(flat(0, 0, 0), duotone=(NAVY, SALMON), duotone_alpha=50)) == [0, 0, 64]


def test_duotone_of_black_and_white_is_grey():
    """Black to white is the picture without its colours."""
    frame = photo()
    result = done(frame, duotone=(BLACK, WHITE))
    assert (result.extract_band(0) - luminance(frame)).abs().max() <= 0.51
    assert same(result.extract_band(0), result.extract_band(2))


@pytest.mark.parametrize("tone", [20, 64, 128, 192, 235])
@pytest.mark.parametrize("pitch", [4, 9])
def test_dots_are_as_large_as_their_tone(tone, pitch):
    """A grey becomes black dots on white whose mean is that grey."""
    result = done(flat(tone, tone, tone, 180, 180), halftone=pitch)
    assert mean(result) == pytest.approx(tone, abs=3)
    red, green, blue = result.bandsplit()
    assert same(red, green)
    assert same(green, blue)
    assert result.max() - result.min() > 150


def test_halftone_prints_colours():
    """Colours keep their means too; paper stays white, black stays black."""
    result = done(flat(220, 120, 40, 180, 180), halftone=6)
    means = [result.extract_band(band).avg() for band in range(3)]
    assert means == pytest.approx([220, 120, 40], abs=12)
    assert same(done(flat(255, 255, 255), halftone=6), flat(255, 255, 255))
    assert same(done(flat(0, 0, 0), halftone=6), flat(0, 0, 0))


def test_frames_stay_alike():
    """The same frame twice in an animation comes out the same twice."""
    for op in EACH:
        first, second = stylize.apply([photo(), photo()], op, context())
        assert same(first, second)


def exact_blur(levels, sigma):
    """A Gaussian of one axis, edges extended for ever: the outermost pixel stands for all beyond it."""
    side = levels.shape[0]
    edges = (np.arange(side + 1) - 0.5)[None, :] - np.arange(side)[:, None]
    below = np.vectorize(lambda where: 0.5 * (1 + erf(where / (sigma * sqrt(2)))))(edges)
    below[:, 0], below[:, -1] = 0, 1
    return np.tensordot(np.diff(below, axis=1), levels, 1)


@pytest.mark.parametrize("sigma", [3, 6, 20, 60, 200, 1000])
@pytest.mark.parametrize(("width", "height"), [(90, 60), (9, 200), (150, 10)])
def test_a_blur_is_the_gaussian_of_its_sigma_up_to_the_edges(sigma, width, height):
    """Within two levels of the formula everywhere, also where the sigma is many times the picture."""
    frame = photo(width, height)
    frame = frame.insert(flat(255, 255, 255, width, 1), 0, 0).copy_memory()  # an edge unlike all the rest
    across = np.moveaxis(exact_blur(np.moveaxis(frame.numpy().astype(float), 1, 0), sigma), 0, 1)
    expected = exact_blur(across, sigma)
    assert np.abs(done(frame, blur=sigma * 10).numpy() - expected).max() <= 4
