"""A border over the picture's edge."""

from __future__ import annotations

import pytest
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, is_frame, photo, pixel, same

from imagewell.imaging.steps import border
from imagewell.transform.model import Border
from imagewell.transform.values import Color

RED, BLUE = Color(255, 0, 0), Color(0, 0, 255)


def bordered(picture, **options):
    return border.apply([picture], Border(**options), context())[0]


def test_each_side_has_its_width_and_the_middle_is_untouched():
    """The border lies over the edge: the size does not change, nor what it leaves free."""
    picture = photo()
    frame = bordered(picture, color=RED, top=2, right=3, bottom=5, left=7)
    assert is_frame(frame, 64, 48, 3)
    assert same(as_frame(frame.crop(7, 2, 54, 41)), as_frame(picture.crop(7, 2, 54, 41)))
    for x, y in ((0, 0), (30, 1), (61, 20), (30, 43), (6, 20), (63, 47)):
        assert pixel(frame, x, y) == [255, 0, 0]


def test_outer_radius_cuts_the_corners():
    """Outside the rounded corners the frame is clear; inside the border has its colour."""
    frame = bordered(photo(), color=RED, top=6, right=6, bottom=6, left=6, radius=(15, 0, 15, 0))
    assert is_frame(frame, 64, 48, 4)
    assert [pixel(frame, x, y)[3] for x, y in ((0, 0), (63, 0), (63, 47), (0, 47))] == [0, 255, 0, 255]
    assert pixel(frame, 30, 3) == [255, 0, 0, 255]


def test_inner_radius_rounds_the_window():
    """The picture's window in the border has round corners."""
    frame = bordered(photo(), color=RED, top=4, right=4, bottom=4, left=4, inner_radius=(12,) * 4)
    assert pixel(frame, 5, 5) == [255, 0, 0]
    assert pixel(frame, 30, 5) != [255, 0, 0]


def test_stroke_is_a_line_at_the_outside():
    """The stroke lies over the border's outermost px, and needs no border."""
    frame = bordered(photo(), color=RED, top=6, right=6, bottom=6, left=6, stroke_color=BLUE, stroke_px=2)
    assert [pixel(frame, 30, y) for y in (0, 1, 2, 5)] == [[0, 0, 255]] * 2 + [[255, 0, 0]] * 2
    alone = bordered(photo(), color=RED, stroke_color=BLUE, stroke_px=1)
    assert pixel(alone, 0, 20) == [0, 0, 255]
    assert same(as_frame(alone.crop(1, 1, 62, 46)), as_frame(photo().crop(1, 1, 62, 46)))


def test_clear_border_lets_the_picture_through():
    """A border of half alpha mixes with what it lies over."""
    picture = photo()
    frame = bordered(picture, color=Color(255, 255, 255, 0.5), top=8)
    expected = [(channel + 255) / 2 for channel in pixel(picture, 20, 3)]
    assert pixel(frame, 20, 3) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("alpha", [False, True])
def test_borders_wider_than_the_picture_cover_it(width, height, alpha):
    """Any frame is drawn, however small; nothing but the border is left."""
    picture = photo(width, height, alpha)
    frame = bordered(picture, color=RED, top=99, right=99, bottom=99, left=99)
    assert is_frame(frame, width, height, 4 if alpha else 3)
    assert pixel(frame, width - 1, height - 1)[:3] == [255, 0, 0]


def test_nothing_to_draw_changes_nothing():
    """Widths of zero leave the picture as it is."""
    assert same(bordered(photo(), color=RED), photo())
