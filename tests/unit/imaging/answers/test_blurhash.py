"""BlurHash: known values, and that the hash is the picture."""

from __future__ import annotations

from math import cos, pi

import pytest
from pyvips import Image

from imagewell.imaging.answers.blurhash import DIGITS, encode, of_image
from imagewell.imaging.steps.tone import encoded, linear


def flat(red, green, blue, width=32, height=24):
    plain = Image.black(width, height, bands=3).linear(1, [red, green, blue])
    return plain.cast("uchar").copy(interpretation="srgb")


def number(text):
    value = 0
    for digit in text:
        value = value * 83 + DIGITS.index(digit)
    return value


def decoded(text, width, height):
    """The published decoder, written again: rows of (red, green, blue)."""
    across, down = number(text[0]) % 9 + 1, number(text[0]) // 9 + 1
    ceiling = (number(text[1]) + 1) / 166
    mean = number(text[2:6])
    factors = [[linear((mean >> shift & 255) / 255) for shift in (16, 8, 0)]]
    for at in range(6, len(text), 2):
        value = number(text[at : at + 2])
        parts = [value // 361, value // 19 % 19, value % 19]
        factors.append([(abs(p - 9) / 9) ** 2 * (1 if p >= 9 else -1) * ceiling for p in parts])
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            light = [0.0, 0.0, 0.0]
            for index, factor in enumerate(factors):
                wave = cos(pi * (index % across) * x / width) * cos(pi * (index // across) * y / height)
                light = [total + part * wave for total, part in zip(light, factor, strict=True)]
            row.append([encoded(min(1, max(0, part))) * 255 for part in light])
        rows.append(row)
    assert across * down == len(factors)
    return rows


def test_black_is_the_known_hash():
    """A black picture gives the hash that every implementation gives."""
    assert of_image(flat(0, 0, 0)) == "L00000fQfQfQfQfQfQfQfQfQfQfQ"


def test_components_follow_the_shape():
    """Wide pictures have 4 × 3 components, tall ones 3 × 4; both are 28 characters long."""
    wide, tall = of_image(flat(9, 9, 9, 60, 20)), of_image(flat(9, 9, 9, 20, 60))
    assert number(wide[0]) == 3 + 2 * 9
    assert number(tall[0]) == 2 + 3 * 9
    assert len(wide) == len(tall) == 28


@pytest.mark.parametrize("color", [(255, 0, 0), (12, 200, 99), (255, 255, 255), (128, 128, 128)])
def test_the_mean_is_exact(color):
    """The four digits of the mean give back a flat colour to the level."""
    mean = number(of_image(flat(*color))[2:6])
    assert (mean >> 16, mean >> 8 & 255, mean & 255) == color


def test_the_hash_shows_the_picture():
    """Decoded, the left half of a red-blue picture is red and the right half blue."""
    picture = flat(220, 20, 20, 64, 48).insert(flat(20, 20, 220, 32, 48), 32, 0)
    rows = decoded(of_image(picture), 16, 12)
    assert rows[6][2][0] > rows[6][2][2] + 80
    assert rows[6][13][2] > rows[6][13][0] + 80


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_any_size(width, height):
    """Pictures of one px, and very long ones, have a hash too."""
    assert len(of_image(flat(10, 20, 30, width, height))) == 28


def test_clear_pixels_are_white():
    """An all clear picture has the hash of a white one."""
    assert of_image(flat(0, 0, 0).bandjoin(0).copy(interpretation="srgb")) == of_image(flat(255, 255, 255))


def test_one_component_is_the_mean_alone():
    """With a single component nothing follows the mean."""
    assert encode(bytes([255, 255, 255] * 4), 2, 2, 1, 1) == "00TSUA"
