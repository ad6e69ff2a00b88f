"""Two colours blending into each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.imaging.steps.step_material import SIZES, is_frame, pixel

from imagewell.imaging.steps import gradient
from imagewell.transform.model import Gradient
from imagewell.transform.values import BLACK, WHITE, Color, Length, Size

RED, BLUE, LIME = Color(255, 0, 0), Color(0, 0, 255), Color(0, 255, 0)
SPACES = ("linear", "srgb", "oklab", "hsl", "lch")


@pytest.mark.parametrize("space", SPACES)
@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=25, deadline=None)
def test_every_space_begins_and_ends_with_the_colors_given(space, one, other):
    """The first step is the first colour and the last the second, whatever lies between."""
    ramp = gradient.ramp((Color(*one), Color(*other)), space, steps=9)
    assert pixel(ramp, 0) == pytest.approx(one, abs=1)
    assert pixel(ramp, 8) == pytest.approx(other, abs=1)


@pytest.mark.parametrize(
    ("space", "middle"),
    [
        # CSS Color 4 colour-mix() of red and blue at 50 %, to whole numbers; lch has the D65 white here.
        ("srgb", (128, 0, 128)),
        ("linear", (188, 0, 188)),
        ("oklab", (140, 83, 162)),
        ("hsl", (255, 0, 255)),
        ("lch", (251, 0, 128)),
    ],
)
def test_the_middle_is_mixed_in_the_space_asked_for(space, middle):
    """Halfway from red to blue, each space has its own purple."""
    assert pixel(gradient.ramp((RED, BLUE), space, steps=3), 1) == pytest.approx(middle, abs=1)


@pytest.mark.parametrize("space", ["hsl", "lch"])
def test_a_grey_has_no_hue_of_its_own(space):
    """From white to blue the colours stay blue: no detour over other hues."""
    ramp = gradient.ramp((WHITE, BLUE), space, steps=64)
    for step in range(64):
        red, green, blue = pixel(ramp, step)
        assert blue >= max(red, green) - 1


@pytest.mark.parametrize("space", SPACES)
def test_a_clear_end_gives_no_color_away(space):
    """Towards a clear end the visible colour stays that of the other end; alpha falls evenly."""
    ramp = gradient.ramp((RED, Color(0, 0, 0, 0.0)), space, steps=5)
    assert pixel(ramp, 2) == pytest.approx([255, 0, 0, 128], abs=1)


@pytest.mark.parametrize(
    ("toward", "first", "last"),
    [
        (("top", "bottom"), (5, 0), (5, 6)),
        (("bottom", "top"), (5, 6), (5, 0)),
        (("left", "right"), (0, 3), (10, 3)),
        (("right",), (0, 3), (10, 3)),
        (("top", "left", "bottom", "right"), (0, 0), (10, 6)),
        (("bottom", "right"), (0, 6), (10, 0)),
        ((), (5, 0), (5, 6)),
    ],
)
def test_the_line_runs_between_the_places_named(toward, first, last):
    """The first colour lies where the line starts and the second where it ends, on the outermost px."""
    frame = gradient.draw(Size(11, 7), Gradient(colors=(BLACK, WHITE), toward=toward))
    assert is_frame(frame, 11, 7, 3)
    assert (pixel(frame, *first)[0], pixel(frame, *last)[0]) == (0, 255)
    assert pixel(frame, 5, 3)[0] == pytest.approx(128, abs=1)


def test_rings_lie_around_the_centre():
    """One colour up to the inner radius, the other from the outer radius on, whatever the frame's shape."""
    frame = gradient.draw(
        Size(101, 61),
        Gradient(
            "radial",
            (RED, LIME),
            center_x=Length(30),
            center_y=Length(0.5, share=True),
            inner=Length(10),
            outer=Length(20),
        ),
    )
    assert [pixel(frame, x, 30) for x in (30, 38, 51, 100)] == [[255, 0, 0]] * 2 + [[0, 255, 0]] * 2
    assert pixel(frame, 45, 30) == pytest.approx([128, 128, 0], abs=16)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("kind", ["linear", "radial"])
def test_any_frame_can_be_filled(width, height, kind):
    """Also a frame of one px has a gradient; clear colours give it alpha."""
    shape = Gradient(kind, inner=Length(9), outer=Length(1))
    assert is_frame(gradient.draw(Size(width, height), shape), width, height, 3)
    clear = Gradient(kind, (RED, Color(0, 0, 0, 0.5)))
    assert is_frame(gradient.draw(Size(width, height), clear), width, height, 4)
