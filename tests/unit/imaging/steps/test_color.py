"""Colour matrices as arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.imaging.steps import color
from imagewell.imaging.steps.planes import LUMA


@given(degrees=st.integers(-360, 360), saturation=st.integers(-100, 100))
def test_greys_and_luminance_are_kept(degrees, saturation):
    """Every matrix maps a grey to itself and keeps the luminance of any colour."""
    matrix = color.hue_and_saturation(degrees, saturation / 100)
    if matrix is None:
        assert degrees % 360 == 0
        assert saturation == 0
        return
    assert [sum(row) for row in matrix] == pytest.approx([1, 1, 1], abs=2e-3)
    kept = [sum(weight * row[column] for weight, row in zip(LUMA, matrix, strict=True)) for column in range(3)]
    assert kept == pytest.approx(list(LUMA), abs=2e-3)


def test_vibrance_space_is_its_own_inverse():
    """There and back is no change, to a thousandth."""
    both = color.product(color.FROM_YIQ, color.TO_YIQ)
    assert [value for row in both for value in row] == pytest.approx([1, 0, 0, 0, 1, 0, 0, 0, 1], abs=2e-3)


@given(first=st.integers(0, 360), second=st.integers(0, 360))
def test_turns_add_up(first, second):
    """Turning twice is turning once by the sum."""
    twice = color.product(color.hue(first), color.hue(second))
    once = color.hue(first + second)
    flat = [(a, b) for rows in zip(twice, once, strict=True) for a, b in zip(*rows, strict=True)]
    assert all(abs(a - b) < 5e-3 for a, b in flat)
