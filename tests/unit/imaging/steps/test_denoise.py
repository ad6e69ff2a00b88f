"""Noise reduction: less noise, edges where they were."""

from __future__ import annotations

import pytest
from pyvips import Image
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, photo, pixel, same

from imagewell.imaging.steps import denoise
from imagewell.transform.model import Denoise


def cleaned(frame, amount, sharpness=0.0):
    return denoise.apply([frame], Denoise(amount, sharpness), context())[0]


def noisy(frame, sigma=8.0):
    return as_frame(frame + Image.gaussnoise(frame.width, frame.height, sigma=sigma, mean=0, seed=2))


@pytest.mark.parametrize("amount", [0, -50])
def test_none_or_less_is_identity(amount):
    """An amount of 0 or below gives the picture back bit for bit, whatever the sharpness."""
    assert same(cleaned(photo(alpha=True), amount, 80), photo(alpha=True))


def test_more_takes_more_noise():
    """The deviation of a noisy flat picture falls, and falls further with a larger amount."""
    frame = noisy(flat(120, 120, 120, 60, 60))
    assert frame.deviate() > cleaned(frame, 20).deviate() > cleaned(frame, 80).deviate()


def test_edges_stay():
    """A strong edge in the noise keeps nearly all of its height within two px."""
    edge = noisy(flat(60, 60, 60, 40, 40).insert(flat(200, 200, 200, 20, 40), 20, 0), 4)
    result = cleaned(edge, 30)
    assert result.crop(20, 0, 1, 40).avg() - result.crop(19, 0, 1, 40).avg() > 120


def test_sharpness_is_given_back():
    """A larger sharpness gives a picture of more local contrast, a negative one of less."""
    frame = noisy(photo())
    soft, plain, crisp = (cleaned(frame, 40, sharpness).deviate() for sharpness in (-80, 0, 80))
    assert soft < plain < crisp


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [False, True])
def test_any_size_keeps_its_shape_and_alpha(size, alpha):
    """Pictures smaller than the neighbourhood are no exception; a flat one stays exactly as it is."""
    frame = photo(*size, alpha=alpha)
    result = cleaned(frame, 100, 100)
    assert is_frame(result, *size, frame.bands)
    if alpha:
        assert same(result.extract_band(3), frame.extract_band(3))
    assert pixel(cleaned(flat(3, 99, 201, *size), 50, 50)) == [3, 99, 201]
