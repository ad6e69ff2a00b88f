"""Mirrors: which way, and that nothing but places changes."""

from __future__ import annotations

import pytest
from tests.unit.imaging.steps.step_material import SIZES, context, is_frame, photo, pixel, same

from imagewell.imaging.steps import flip


@pytest.mark.parametrize(("how", "corner"), [("h", (6, 0)), ("v", (0, 4)), ("hv", (6, 4))])
def test_each_corner_goes_where_it_should(how, corner):
    """h mirrors left and right, v top and bottom, hv both."""
    frame = photo(7, 5)
    (result,) = flip.apply([frame], how, context())
    assert pixel(result, *corner) == pixel(frame, 0, 0)


@pytest.mark.parametrize("how", ["h", "v", "hv"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [False, True])
def test_twice_is_nothing(how, size, alpha):
    """Flipping twice gives the picture back bit for bit, at any size, with or without alpha."""
    frame = photo(*size, alpha=alpha)
    once = flip.apply([frame], how, context())
    assert is_frame(once[0], *size, 4 if alpha else 3)
    assert same(flip.apply(once, how, context())[0], frame)
