"""Tone curves: what becomes of each of the 256 levels. Pure arithmetic, folded into one table."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from imagewell.transform.model import Adjust

Curve = Callable[[float], float]
"""From 0..1 to 0..1 (more is clipped), on gamma-encoded values."""

STOPS = 2.0
"""Exposure of 100 in photographic stops."""

GAMMA_STOPS = 1.3
"""Gamma of 100 is an exponent of one over two to the power of this."""

LIFT = 0.45
"""How far brightness of 100 lifts black; white stays."""

STEEPEST = 8.0
"""Steepness of the logistic curve at contrast 100."""

FLATTEST = 0.25
"""Slope of contrast −100: a quarter of the range, around the middle."""

UNIT = [level / 255 for level in range(256)]


def curve_of(op: Adjust, levels: Curve | None = None) -> list[float] | None:
    """What becomes of each level 0..255, as unrounded 0..255; None where nothing does.

    levels: the measured correction of `enhance`, applied before all others.
    """
    curves = [levels] if levels else []
    for amount, make in (
        (op.exposure, exposure),
        (op.brightness, brightness),
        (op.gamma, gamma),
        (op.contrast, contrast),
    ):
        if amount:
            curves.append(make(amount / 100))
    if op.invert:
        curves.append(lambda level: 1 - level)
    if not curves:
        return None
    return [_through(curves, level) * 255 for level in UNIT]


def _through(curves: list[Curve], level: float) -> float:
    for curve in curves:
        level = min(1.0, max(0.0, curve(level)))
    return level


def exposure(amount: float) -> Curve:
    """Light multiplied, as a camera does it: in linear light, by stops."""
    gain = 2 ** (amount * STOPS)
    return lambda level: encoded(min(1.0, linear(level) * gain))


def brightness(amount: float) -> Curve:
    """Every tone lifted or lowered, less and less toward the end it moves to, so that nothing is cut off there."""
    lift = abs(amount) * LIFT
    if amount > 0:
        return lambda level: level + lift * (1 - level * level)
    return lambda level: level - lift * (1 - (1 - level) ** 2)


def gamma(amount: float) -> Curve:
    """The middle moves; black and white stay. Positive is brighter."""
    power = 2 ** (-amount * GAMMA_STOPS)
    return lambda level: level**power


def contrast(amount: float) -> Curve:
    """Positive: an S through black, middle and white that cuts nothing off. Negative: straight, toward the middle."""
    if amount < 0:
        slope = 1 + amount * (1 - FLATTEST)
        return lambda level: 0.5 + (level - 0.5) * slope
    steep = amount * STEEPEST
    low, high = _logistic(-steep / 2), _logistic(steep / 2)
    # A logistic of little steepness is a straight line, so the curve leaves neutral smoothly.
    return lambda level: (_logistic(steep * (level - 0.5)) - low) / (high - low)


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value))


def linear(level: float) -> float:
    """Light of an sRGB level, both 0..1. Source: IEC 61966-2-1."""
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4


def encoded(light: float) -> float:
    """The inverse of `linear`."""
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
