"""Coverage of ellipses and rounded boxes against the exact area of each pixel, found by counting."""

from __future__ import annotations

from math import pi

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.imaging.steps.step_material import SIZES, same

from imagewell.imaging.steps import shapes
from imagewell.transform.values import Box, Size

FINE = 12
"""Sub-pixels a side."""


def counted(size, inside, x, y):
    """Share of a pixel, 0 to 255, whose points are inside."""
    steps = [(step + 0.5) / FINE for step in range(FINE)]
    return 255 * sum(inside(x + dx, y + dy) for dx in steps for dy in steps) / FINE**2


def rounded(size, radii):
    def inside(x, y):
        corners = ((0, 0), (size.width, 0), (size.width, size.height), (0, size.height))
        for (cx, cy), radius in zip(corners, radii, strict=True):
            dx, dy = abs(x - cx), abs(y - cy)
            if dx < radius and dy < radius and (radius - dx) ** 2 + (radius - dy) ** 2 > radius**2:
                return False
        return True

    return inside


@pytest.mark.parametrize(("width", "height"), [(40, 40), (61, 30), (24, 70)])
def test_ellipse_covers_each_pixel_by_its_share(width, height):
    """Edges are as soft as the share of the pixel that lies inside, within a twelfth."""
    size = Size(width, height)
    shape = shapes.ellipse(size)
    a, b = width / 2, height / 2
    for x in range(width):
        for y in range(0, height, 3):
            share = counted(size, lambda u, v: ((u - a) / a) ** 2 + ((v - b) / b) ** 2 <= 1, x, y)
            assert shape.getpoint(x, y)[0] == pytest.approx(share, abs=22), (x, y)


@pytest.mark.parametrize("side", [101, 400])
def test_ellipse_has_the_area_of_an_ellipse(side):
    """All pixels together cover π ⁄ 4 of the frame."""
    assert shapes.ellipse(Size(side, side // 2)).avg() / 255 == pytest.approx(pi / 4, abs=0.002)


@given(
    st.integers(20, 40), st.integers(20, 40), st.tuples(*[st.floats(0, 20)] * 4), st.integers(0, 39), st.integers(0, 39)
)
@example(20, 20, (0.0, 1.0, 0.0, 19.0), 19, 0)
@example(20, 20, (10.5, 9.5, 10.5, 9.5), 10, 0)
@settings(max_examples=200, deadline=None)
def test_rounded_corners_cover_each_pixel_by_its_share(width, height, radii, x, y):
    """Every corner has its own radius, with soft edges."""
    size = Size(width, height)
    radii = shapes.fitting(size, radii)
    x, y = x % width, y % height
    share = counted(size, rounded(size, radii), x, y)
    assert shapes.rounded_box(size, radii).getpoint(x, y)[0] == pytest.approx(share, abs=40)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_shapes_fit_any_frame(width, height):
    """Also in frames of a few px, and for radii far too large, the shape has the frame's size and a full middle."""
    for shape in (shapes.ellipse(Size(width, height)), shapes.rounded_box(Size(width, height), (1e6,) * 4)):
        assert (shape.width, shape.height, shape.bands, shape.format) == (width, height, 1, "uchar")
        assert shape.getpoint(width // 2, height // 2)[0] > 100


def test_square_corners_cover_everything():
    """Without radii the whole frame is inside."""
    assert shapes.rounded_box(Size(9, 5), (0, 0, 0, 0)).min() == 255


def test_fitting_keeps_the_shape_of_radii():
    """Radii that overlap on a side are scaled down together, as CSS does."""
    assert shapes.fitting(Size(100, 50), (40, 40, 40, 40)) == (25, 25, 25, 25)
    assert shapes.fitting(Size(100, 100), (-5, 0, 150, 0)) == (0, 0, 100, 0)


def test_a_box_inside_lies_where_it_should():
    """Outside the box nothing is covered; no box covers nothing."""
    shape = shapes.box_inside(Size(10, 10), Box(2, 3, 4, 5), (0, 0, 0, 0))
    assert shape.crop(2, 3, 4, 5).min() == 255
    assert shape.avg() * 100 == 255 * 20
    assert shapes.box_inside(Size(10, 10), None, (0, 0, 0, 0)).max() == 0


def test_all_corners_are_alike():
    """Equal radii make a shape that is its own mirror image."""
    shape = shapes.rounded_box(Size(31, 20), (7.3,) * 4)
    assert same(shape, shape.fliphor())
    assert same(shape, shape.flipver())
