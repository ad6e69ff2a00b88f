"""BlurHash: a few cosines of a picture as a short text. Source: the algorithm published at blurha.sh."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi

from pyvips import Image

from imagewell.imaging.steps.tone import encoded, linear

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
SAMPLE_SIDE = 32
"""Px of the longer side of the copy that is read: far more than four cosines need."""

Light = tuple[float, float, float]
LINEAR = [linear(level / 255) for level in range(256)]


def of_image(image: Image) -> str:
    """The hash of an 8-bit sRGB picture, 4 × 3 components along its longer side; clear pixels are white."""
    across, down = (4, 3) if image.width >= image.height else (3, 4)
    opaque = image.flatten(background=[255, 255, 255]) if image.bands == 4 else image
    small = opaque.thumbnail_image(SAMPLE_SIDE, height=SAMPLE_SIDE, size="down")
    return encode(bytes(small.write_to_memory()), small.width, small.height, across, down)


def encode(pixels: bytes, width: int, height: int, across: int, down: int) -> str:
    """The hash of `width` × `height` pixels of red, green, blue, with 1 to 9 components either way."""
    light = [LINEAR[level] for level in pixels]
    factors = [_component(light, width, height, i, j) for j in range(down) for i in range(across)]
    mean, *waves = factors
    largest = max((abs(part) for wave in waves for part in wave), default=0.0)
    quantised = max(0, min(82, int(largest * 166 - 0.5))) if waves else 0
    ceiling = (quantised + 1) / 166
    digits = [_base83(across - 1 + (down - 1) * 9, 1), _base83(quantised, 1), _base83(_as_color(mean), 4)]
    return "".join(digits + [_base83(_as_wave(wave, ceiling), 2) for wave in waves])


def _component(light: Sequence[float], width: int, height: int, i: int, j: int) -> Light:
    """How much of one cosine is in the picture, for each channel."""
    along = [cos(pi * i * x / width) for x in range(width)]
    totals = [0.0, 0.0, 0.0]
    for y in range(height):
        row = light[y * width * 3 : (y + 1) * width * 3]
        weight = cos(pi * j * y / height)
        for channel in range(3):
            totals[channel] += weight * sum(a * b for a, b in zip(along, row[channel::3], strict=True))
    scale = (1 if i == j == 0 else 2) / (width * height)
    return totals[0] * scale, totals[1] * scale, totals[2] * scale


def _as_color(light: Light) -> int:
    red, green, blue = (round(encoded(min(1.0, max(0.0, part))) * 255) for part in light)
    return (red << 16) + (green << 8) + blue


def _as_wave(wave: Light, ceiling: float) -> int:
    """Three parts of -1..1 (of the largest), each as one of 19 steps along a square root."""
    red, green, blue = (_step(part / ceiling) for part in wave)
    return (red * 19 + green) * 19 + blue


def _step(part: float) -> int:
    rooted = abs(part) ** 0.5
    return max(0, min(18, int((rooted if part >= 0 else -rooted) * 9 + 9.5)))


def _base83(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 83)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
