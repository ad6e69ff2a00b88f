"""What lies behind clear pixels."""

from __future__ import annotations

import pytest
from tests.unit.imaging.steps.step_material import SIZES, context, flat, is_frame, photo, pixel, same

from imagewell.imaging.steps import backdrop
from imagewell.transform.model import Backdrop
from imagewell.transform.values import BLACK, WHITE, Color, Size

RED = Color(255, 0, 0)


def clear(red, green, blue, alpha, width=8, height=8):
    return flat(red, green, blue, width, height).bandjoin(alpha).copy(interpretation="srgb")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_color_fills_clear_pixels_and_makes_the_frame_opaque(width, height):
    """A colour without alpha leaves three bands, and shows where the picture was clear."""
    (frame,) = backdrop.apply([clear(0, 255, 0, 0, width, height)], Backdrop(color=RED), context())
    assert is_frame(frame, width, height, 3)
    assert pixel(frame) == [255, 0, 0]


def test_half_clear_pixels_are_mixed():
    """A pixel half clear shows both."""
    (frame,) = backdrop.apply([clear(0, 0, 255, 128)], Backdrop(color=RED), context())
    assert pixel(frame) == pytest.approx([127, 0, 128], abs=1)


def test_a_clear_backdrop_keeps_alpha():
    """A backdrop of half alpha makes clear pixels half clear, and leaves full ones alone."""
    half = Color(255, 0, 0, 0.5)
    assert pixel(backdrop.lay(clear(0, 0, 255, 0), Backdrop(color=half))) == pytest.approx([255, 0, 0, 128], abs=1)
    assert pixel(backdrop.lay(clear(0, 0, 255, 255), Backdrop(color=half))) == [0, 0, 255, 255]


def test_opaque_frames_are_left_alone():
    """Without alpha nothing lies behind."""
    picture = photo()
    assert same(backdrop.lay(picture, Backdrop(color=RED)), picture)


def test_an_empty_backdrop_changes_nothing():
    """Neither colour nor grid: the picture stays as clear as it was."""
    picture = photo(alpha=True)
    assert same(backdrop.lay(picture, Backdrop()), picture)


def test_checkerboard_begins_with_the_first_color_and_alternates():
    """Cells of the asked size, the first colour at the top left, the second beside and below it."""
    board = backdrop.checkerboard(Size(10, 7), (WHITE, BLACK), 3)
    assert is_frame(board, 10, 7, 3)
    for x in range(10):
        for y in range(7):
            assert pixel(board, x, y)[0] == (255 if (x // 3 + y // 3) % 2 == 0 else 0)


def test_grid_shows_through_clear_pixels_only():
    """The checkerboard is behind the picture, and a colour behind its clear cells."""
    (frame,) = backdrop.apply(
        [clear(0, 0, 255, 0)], Backdrop(color=RED, grid=(WHITE, Color(0, 0, 0, 0.0)), grid_px=4), context()
    )
    assert is_frame(frame, 8, 8, 3)
    assert (pixel(frame, 0, 0), pixel(frame, 4, 0)) == ([255, 255, 255], [255, 0, 0])
