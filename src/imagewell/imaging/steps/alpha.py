"""What every step that adds or uses transparency needs: 8-bit sRGB with straight alpha, made and changed.

Pictures here have 3 bands (opaque) or 4; a coverage is one 8-bit band, 0 outside to 255 inside.
"""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.steps.planes import in_8_bits
from imagewell.transform.values import Color, Size

OPAQUE = 255


def has_alpha(image: Image) -> bool:
    """Whether the picture can have clear pixels at all."""
    return bool(image.bands == 4)


def with_alpha(image: Image) -> Image:
    """The picture with 4 bands."""
    return image if has_alpha(image) else image.bandjoin(OPAQUE)


def size_of(image: Image) -> Size:
    """Its frame in px."""
    return Size(image.width, image.height)


def solid(size: Size, color: Color, bands: int = 4) -> Image:
    """A frame of one colour; with 3 bands its alpha is left out."""
    plain = Image.black(size.width, size.height, bands=bands) + list(color.rgba[:bands])
    return as_srgb(plain)


def as_srgb(image: Image) -> Image:
    """Numbers of any format as 8-bit sRGB, rounded and clipped."""
    return in_8_bits(image).copy(interpretation="srgb")


def covered(image: Image, coverage: Image) -> Image:
    """The picture seen only where `coverage` (one band of the same size) lets it; always 4 bands."""
    seen = with_alpha(image)
    alpha = as_srgb(seen[3] * coverage / OPAQUE)
    return seen[:3].bandjoin(alpha).copy(interpretation="srgb")


def faded(image: Image, opacity: float) -> Image:
    """The picture with its alpha times `opacity`, 0 to 1; as it stands at 1."""
    if opacity >= 1:
        return image
    seen = with_alpha(image)
    return as_srgb(seen * [1, 1, 1, max(0.0, opacity)])


def over(top: Image, below: Image) -> Image:
    """`top` on `below`, of one size, both 8-bit; 3 bands when `below` has 3."""
    laid = below.composite2(top, "over", compositing_space="srgb")
    return laid if has_alpha(below) else laid[:3]
