"""Rotation: direction, frame, zoom and corners (imgix B.5.2)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, photo, pixel, same

from imagewell.imaging.steps import rotate
from imagewell.transform import geometry
from imagewell.transform.limits import Limits
from imagewell.transform.model import Resize, Rotate, Stage
from imagewell.transform.values import WHITE, Color, Length, Size

ASKED = Stage(resize=Resize(width=Length(10)))


def turned(frame, degrees, kind="straighten", stage=None):
    return rotate.apply([frame], Rotate(degrees, kind), context(stage))[0]


@pytest.mark.parametrize("kind", ["straighten", "pivot"])
@pytest.mark.parametrize("degrees", [0, 360, -360])
def test_no_turn_is_identity(kind, degrees):
    """No turn, or a whole one, gives the picture back bit for bit."""
    frame = photo(alpha=True)
    assert same(turned(frame, degrees, kind), frame)


def test_positive_is_counter_clockwise():
    """After 90 degrees what was at the top right is at the top left."""
    frame = photo(9, 9)
    assert pixel(turned(frame, 90), 0, 0) == pixel(frame, 8, 0)
    assert pixel(turned(frame, -90), 0, 0) == pixel(frame, 0, 8)
    assert pixel(turned(frame, 180), 0, 0) == pixel(frame, 8, 8)


@given(degrees=st.floats(-360, 360), alpha=st.booleans(), size=st.sampled_from(SIZES))
@settings(max_examples=60, deadline=None)
def test_straighten_keeps_the_frame_and_covers_it(degrees, alpha, size):
    """The size stays, and no pixel of an opaque picture becomes clear or takes another colour than it had."""
    assert is_frame(turned(photo(*size, alpha=alpha), degrees), *size, 4 if alpha else 3)
    assert same(turned(flat(30, 60, 90, *size), degrees), flat(30, 60, 90, *size))


def test_straighten_by_a_quarter_zooms_to_cover():
    """A 30 × 20 picture on its side is enlarged 1.5 times, and its middle is still its middle."""
    frame = flat(0, 0, 0, 30, 20).insert(flat(255, 255, 255, 2, 20), 14, 0).copy_memory()
    result = turned(frame, 90)
    band = [pixel(result, 15, y)[0] > 127 for y in range(20)]
    assert band.count(True) in (2, 3, 4)
    assert band == band[::-1]


def test_small_angles_zoom_by_the_formula():
    """At 10 degrees the corner of the picture, enlarged by cos + (W/H) sin, lies just outside the frame."""
    frame = flat(0, 0, 0, 200, 100)
    inner = flat(200, 200, 200, 196, 96)
    framed = frame.insert(inner, 2, 2).copy_memory()
    edge = turned(framed, 10).extract_band(0)
    # The dark rim touches the frame near two of its corners and nowhere else gets far into it.
    assert edge.crop(10, 10, 180, 80).min() == 200


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("degrees", [0.5, 45, 90, 135, 180, 270, 300])
def test_pivot_shows_everything(size, alpha, degrees):
    """The box that holds the turned picture; quarter turns are exact and need no alpha."""
    frame = photo(*size, alpha=alpha)
    result = turned(frame, degrees, "pivot")
    if degrees % 180 == 0:
        assert is_frame(result, *size, frame.bands)
    elif degrees % 90 == 0:
        assert is_frame(result, size[1], size[0], frame.bands)
        assert same(turned(result, -degrees, "pivot"), frame)
    else:
        assert is_frame(result, result.width, result.height, 4)
        assert result.width >= 1


def test_pivot_clears_the_corners_and_keeps_the_middle():
    """At 45 degrees a square becomes a diamond of its own colour, clear around, without a dark rim."""
    result = turned(flat(200, 100, 50, 40, 40), 45, "pivot")
    assert abs(result.width - 57) <= 1
    assert pixel(result, 0, 0)[3] == 0
    assert pixel(result, result.width // 2, result.height // 2) == [200, 100, 50, 255]
    seen = result.extract_band(3) > 8
    off = (result.extract_band(0, n=3) - [200, 100, 50]).abs()
    assert seen.ifthenelse(off, 0).max() <= 8


@pytest.mark.parametrize("size", [(460, 460), (1, 1), (2, 1), (3, 7), (4000, 3), (1200, 1000)])
@pytest.mark.parametrize("degrees", [0.3, 45, 60.5, 135, 200, 359])
def test_pivot_has_the_size_that_geometry_says(size, degrees):
    """The canvas is the smallest that holds the turned picture, to the pixel, whatever fills its corners."""
    expected = geometry.pivot_size(Size(*size), degrees)
    for corners in (None, WHITE):
        (result,) = rotate.apply([flat(9, 9, 9, *size)], Rotate(degrees, "pivot", corners), context())
        assert (result.width, result.height) == (expected.width, expected.height)


def test_pivot_on_a_colour():
    """Corners of a colour, an opaque result, and an edge that blends the two: no level lies outside of them."""
    (result,) = rotate.apply([flat(200, 100, 50, 460, 460)], Rotate(45, "pivot", Color(0, 0, 0)), context())
    assert is_frame(result, 651, 651, 3)
    assert pixel(result, 0, 0) == pixel(result, 650, 650) == [0, 0, 0]
    assert pixel(result, 325, 325) == [200, 100, 50]
    reds = {pixel(result, x, 200)[0] for x in range(651)}
    assert {0, 200} < reds
    assert max(reds) == 200


def test_the_pictures_own_clear_pixels_stay_clear():
    """Only the corners get the colour; a colour that lets something through leaves them so."""
    clear = as_frame(flat(10, 20, 30, 40, 40).bandjoin(0))
    (result,) = rotate.apply([clear], Rotate(45, "pivot", Color(250, 0, 0)), context())
    assert pixel(result, 0, 0) == [250, 0, 0, 255]
    assert pixel(result, 28, 28)[3] == 0
    (result,) = rotate.apply([flat(10, 20, 30, 40, 40)], Rotate(45, "pivot", Color(250, 0, 0, 0.4)), context())
    assert pixel(result, 0, 0) == [250, 0, 0, 102]
    assert pixel(result, 28, 28) == [10, 20, 30, 255]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_quarter_turns_on_a_colour_are_lossless(degrees):
    """Corners that are not there change nothing; in a frame that was asked for, its room gets the colour."""
    frame = photo(30, 20)
    (result,) = rotate.apply([frame], Rotate(degrees, "pivot", WHITE), context())
    assert same(turned(result, -degrees, "pivot"), frame)
    (result,) = rotate.apply([frame], Rotate(degrees, "pivot", WHITE), context(ASKED))
    assert is_frame(result, 30, 20, 3)
    assert (pixel(result, 0, 0) == [255, 255, 255]) == (degrees != 180)


@pytest.mark.parametrize("degrees", [10, 45, 90, 180, 200])
def test_pivot_stays_inside_a_frame_that_was_asked_for(degrees):
    """With a width or height asked for the frame stays, the whole picture is in it, and what is left is clear."""
    frame = flat(200, 100, 50, 60, 40)
    result = turned(frame, degrees, "pivot", ASKED)
    assert (result.width, result.height) == (60, 40)
    if degrees != 180:
        assert pixel(result, 0, 0)[3] == 0
        assert pixel(result, 30, 20) == [200, 100, 50, 255]


def test_pivot_never_outgrows_the_limit():
    """A box that would be larger than a result may be is shrunk to it."""
    ctx = context()
    ctx.limits = Limits(max_side_px=50)
    (result,) = rotate.apply([photo(64, 48)], Rotate(45, "pivot"), ctx)
    assert max(result.width, result.height) <= 50


def test_frames_stay_alike():
    """All frames of an animation come out at one size, with equal bands."""
    for kind in ("straighten", "pivot"):
        first, second = rotate.apply([photo(20, 30), flat(1, 2, 3, 20, 30)], Rotate(33, kind), context())
        assert (first.width, first.height, first.bands) == (second.width, second.height, second.bands)


@pytest.mark.parametrize("kind", ["straighten", "pivot"])
@pytest.mark.parametrize("degrees", [45, 90, 179])
def test_very_long_pictures(kind, degrees):
    """A picture of 20000 × 1 px is turned without harm."""
    result = turned(flat(10, 20, 30, 20_000, 1), degrees, kind)
    assert is_frame(result, result.width, result.height, result.bands)
