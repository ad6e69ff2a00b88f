"""Trimming: what counts as an edge, the pad, and that something is always left (imgix B.5.4)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyvips import Image
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, photo, pixel, same

from imagewell.imaging.steps import trim
from imagewell.transform.model import Trim
from imagewell.transform.values import Color, Size

WAYS = ["auto", "color", "alpha", "colorunlessalpha"]


def cut(frame, op, *more):
    return trim.apply([frame, *more], op, context(source=Size(frame.width, frame.height)))[0]


def framed(inner, left, top, right, bottom, color=(255, 255, 255)):
    """`inner` with a margin of one colour."""
    canvas = flat(*color, inner.width + left + right, inner.height + top + bottom)
    return canvas.insert(inner, left, top).copy_memory()


@pytest.mark.parametrize("by", ["auto", "color", "colorunlessalpha"])
def test_margins_go(by):
    """Four margins of different widths are cut off exactly."""
    inner = photo(40, 30)
    assert same(cut(framed(inner, 3, 5, 7, 11), Trim(by=by)), inner)


def test_auto_takes_each_edge_for_itself():
    """Black bars above and below and white ones at the sides are found in one go."""
    inner = photo(40, 30)
    sides = framed(inner, 4, 0, 4, 0)
    assert same(cut(framed(sides, 0, 6, 0, 6, (0, 0, 0)), Trim()), inner)


def test_auto_forgives_noise_as_far_as_it_is_told():
    """A noisy margin goes with the usual deviation of 10 and stays with a deviation of 1."""
    noise = Image.gaussnoise(60, 50, sigma=5, mean=0, seed=3)
    noisy = as_frame((framed(photo(40, 30), 10, 10, 10, 10, (200, 200, 200)) + noise).insert(photo(40, 30), 10, 10))
    result = cut(noisy, Trim())
    assert abs(result.width - 40) <= 2
    assert abs(result.height - 30) <= 2
    assert same(cut(noisy, Trim(standard_deviation=1)), noisy)


def test_auto_stops_where_the_mean_drifts():
    """A smooth ramp is an edge only as far as it differs by no more than the allowed mean."""
    ramp = as_frame(Image.xyz(101, 20)[0].bandjoin([Image.xyz(101, 20)[0]] * 2))
    result = cut(ramp, Trim(mean_difference=11, standard_deviation=10))
    assert (result.width, result.height) == (101 - 12 - 12, 20)


def test_auto_cuts_columns_where_rows_are_all_alike():
    """Faint vertical stripes between plain sides: no row differs from another, the sides go all the same."""
    frame = flat(120, 120, 120, 40, 12).insert(flat(140, 140, 140, 5, 12), 18, 0).copy_memory()
    result = cut(frame, Trim(mean_difference=5))
    assert (result.width, result.height) == (5, 12)


def test_color_takes_the_top_left_pixel_or_the_colour_told():
    """Unset, the top left pixel is the colour to cut; a colour that is nowhere at the edge cuts nothing."""
    inner = photo(20, 20)
    frame = framed(inner, 2, 2, 2, 2, (10, 200, 30))
    assert same(cut(frame, Trim(by="color")), inner)
    assert same(cut(frame, Trim(by="color", color=Color(10, 200, 30))), inner)
    assert same(cut(frame, Trim(by="color", color=Color(0, 0, 0))), frame)


def test_color_within_its_tolerance():
    """A margin 5 levels off goes with a tolerance of 5 and stays with 4."""
    inner = flat(0, 0, 0, 10, 10)
    frame = framed(inner, 3, 3, 3, 3, (250, 250, 250))
    assert same(cut(frame, Trim(by="color", color=Color(255, 255, 255), tolerance=5)), inner)
    assert same(cut(frame, Trim(by="color", color=Color(255, 255, 255), tolerance=4)), frame)


def test_alpha_up_to_its_threshold():
    """Rows and columns no more opaque than the threshold go, whatever their colour."""
    cover = as_frame(Image.black(30, 20, bands=3))[0].insert(flat(90, 90, 90, 12, 8)[0], 5, 6)
    cover = cover.insert(flat(255, 255, 255, 8, 4)[0], 7, 8)
    frame = as_frame(photo(30, 20).bandjoin(cover))
    assert (cut(frame, Trim(by="alpha")).width, cut(frame, Trim(by="alpha")).height) == (12, 8)
    strict = cut(frame, Trim(by="alpha", alpha=90))
    assert (strict.width, strict.height) == (8, 4)
    assert same(cut(frame, Trim(by="colorunlessalpha")), cut(frame, Trim(by="alpha")))


def test_clear_pixels_are_one_colour():
    """With a clear corner, `color` cuts every clear pixel, whatever colour it holds."""
    inner = as_frame(flat(1, 2, 3, 6, 6).bandjoin(255))
    clear = as_frame(photo(20, 20).bandjoin(0))
    result = cut(clear.insert(inner, 7, 7).copy_memory(), Trim(by="color"))
    assert same(result, inner)


@given(
    size=st.sampled_from(SIZES),
    by=st.sampled_from(WAYS),
    pad=st.integers(-200, 200),
    alpha=st.booleans(),
    plain=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_something_is_always_left(size, by, pad, alpha, plain):
    """No way of trimming and no pad empties a picture or makes it larger."""
    frame = flat(9, 9, 9, *size) if plain else photo(*size)
    frame = as_frame(frame.bandjoin(0)) if alpha else frame
    result = cut(frame, Trim(by=by, pad_px=pad))
    assert 1 <= result.width <= size[0]
    assert 1 <= result.height <= size[1]
    assert is_frame(result, result.width, result.height, frame.bands)


@pytest.mark.parametrize("by", WAYS)
def test_a_plain_picture_stays_whole(by):
    """A picture of one colour has no edge that differs from it, so all of it is kept."""
    assert same(cut(flat(7, 8, 9, 12, 9), Trim(by=by)), flat(7, 8, 9, 12, 9))
    clear = as_frame(flat(7, 8, 9, 12, 9).bandjoin(0))
    assert same(cut(clear, Trim(by=by)), clear)


def test_pad_grows_within_the_picture_or_cuts_deeper():
    """A pad keeps that much of the margin, at most all of it; a negative one cuts into the picture."""
    frame = framed(photo(20, 20), 5, 5, 5, 5)
    assert cut(frame, Trim(pad_px=3)).width == 26
    assert same(cut(frame, Trim(pad_px=50)), frame)
    assert cut(frame, Trim(pad_px=-4)).width == 12
    assert cut(frame, Trim(pad_px=-200)).width in (1, 2)


def test_pad_is_in_px_of_the_source():
    """Where the decoder has shrunk the picture four times, a pad of 8 is 2 px of it."""
    frame = framed(photo(20, 20), 5, 5, 5, 5)
    (result,) = trim.apply([frame], Trim(pad_px=8), context(source=Size(120, 120)))
    assert result.width == 24


def test_one_box_for_all_frames():
    """What any frame of an animation needs is kept in all of them."""
    first = flat(255, 255, 255, 30, 30).insert(flat(0, 0, 0, 4, 4), 3, 3).copy_memory()
    second = flat(255, 255, 255, 30, 30).insert(flat(0, 0, 0, 4, 4), 20, 10).copy_memory()
    results = trim.apply([first, second], Trim(by="color"), context(source=Size(30, 30)))
    assert [(frame.width, frame.height) for frame in results] == [(21, 11), (21, 11)]


def test_colours_are_converted_before_edges_are_judged():
    """A picture that is still in its own colours is converted first, once."""
    ctx = context(source=Size(30, 30))
    ctx.convert = lambda frame: as_frame(frame / 257)
    deep = (framed(photo(20, 20), 5, 5, 5, 5) * 257).cast("ushort")
    (result,) = trim.apply([deep], Trim(), ctx)
    assert same(result, photo(20, 20))
    assert ctx.convert is None
    assert pixel(result) == pixel(photo(20, 20))
