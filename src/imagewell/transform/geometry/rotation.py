"""Turning by any angle (imgix B.5.2). Degrees are counter-clockwise; sizes do not depend on the direction."""

from __future__ import annotations

from math import ceil, cos, radians, sin

from imagewell.transform.values import Size

QUARTERS = {0: (1.0, 0.0), 90: (0.0, 1.0), 180: (1.0, 0.0), 270: (0.0, 1.0)}
"""|cos| and |sin| of whole quarter turns, which floating point misses by a hair."""
A_HAIR = 1e-9


def straighten_zoom(size: Size, degrees: float) -> float:
    """What a picture is enlarged by so that, turned, it still covers its own frame; 1 or more."""
    cosine, sine = _shares(degrees)
    shape = size.width / size.height
    return max(cosine + sine / shape, cosine + sine * shape)


def pivot_size(size: Size, degrees: float) -> Size:
    """The smallest upright frame around the turned picture; every corner is inside."""
    cosine, sine = _shares(degrees)
    width = size.width * cosine + size.height * sine
    height = size.width * sine + size.height * cosine
    return Size(ceil(width - A_HAIR), ceil(height - A_HAIR))


def _shares(degrees: float) -> tuple[float, float]:
    """|cos| and |sin| of an angle."""
    if degrees % 90 == 0:
        return QUARTERS[int(degrees % 360)]
    return abs(cos(radians(degrees))), abs(sin(radians(degrees)))
