"""Tone curves as arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.imaging.steps import enhance, tone
from imagewell.transform.model import Adjust

AMOUNT = st.integers(-100, 100)
COUNTS = st.lists(st.integers(0, 1000), min_size=256, max_size=256)


def test_nothing_to_do_is_no_curve():
    """Neutral values make no table, so that no pixel is touched."""
    assert tone.curve_of(Adjust()) is None


@given(brightness=AMOUNT, contrast=AMOUNT, exposure=AMOUNT, gamma=AMOUNT)
def test_no_combination_turns_tones_around(brightness, contrast, exposure, gamma):
    """Whatever the values, a lighter tone stays at least as light as a darker one, within 0 to 255."""
    curve = tone.curve_of(Adjust(brightness=brightness, contrast=contrast, exposure=exposure, gamma=gamma))
    if curve is not None:
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(curve))
        assert min(curve) >= 0
        assert max(curve) <= 255


@pytest.mark.parametrize("name", ["brightness", "contrast", "exposure", "gamma"])
@pytest.mark.parametrize("sign", [1, -1])
def test_small_values_do_little(name, sign):
    """One point of anything moves no tone by more than four levels: curves leave neutral smoothly."""
    curve = tone.curve_of(Adjust(**{name: sign * 1.0}))
    assert curve is not None
    assert max(abs(new - old) for old, new in enumerate(curve)) <= 4


@given(level=st.floats(0, 1))
def test_light_and_level_are_inverse(level):
    """From sRGB to light and back is nothing."""
    assert tone.encoded(tone.linear(level)) == pytest.approx(level, abs=1e-4)


@given(counts=COUNTS)
def test_enhance_clips_at_most_half_a_percent(counts):
    """For any spread of tones the correction rises, stays in range and cuts off no more than 0.5 % of the samples."""
    curve = enhance.correction(counts)
    if curve is None:
        return
    values = [curve(level) for level in tone.UNIT]
    assert all(later >= earlier for earlier, later in pairwise(values))
    lost = sum(count for level, count in enumerate(counts) if level > 0 and values[level] <= 0)
    lost += sum(count for level, count in enumerate(counts) if level < 255 and values[level] > 1 + 1e-9)
    assert lost <= 0.005 * sum(counts)
