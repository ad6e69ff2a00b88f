"""Colour bands and alpha, taken apart and put together again; rounding back to 8 bits; means of neighbourhoods.

Luminance here is the weighted sum of the gamma-encoded channels (Rec. 709 weights), as in the W3C filter effects: what
people call the brightness of a pixel when they work on a screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyvips import Image

from imagewell.imaging.steps.soft import gaussian

LUMA = (0.2126, 0.7152, 0.0722)


def split(frame: Image) -> tuple[Image, Image | None]:
    """The three colour bands, and alpha where there is one."""
    if frame.bands == 3:
        return frame, None
    return frame.extract_band(0, n=3), frame.extract_band(3)


def joined(colors: Image, alpha: Image | None) -> Image:
    """The inverse of `split`, rounded to 8 bits and named sRGB."""
    colors = in_8_bits(colors)
    frame = colors if alpha is None else colors.bandjoin(alpha)
    return frame.copy(interpretation="srgb")


def in_8_bits(image: Image) -> Image:
    """0 to 255, rounded to the nearest and clipped; an 8-bit image as it is."""
    # libvips cuts fractions off when it casts, so half a level is added first.
    return image if image.format == "uchar" else (image + 0.5).cast("uchar")


def luminance(colors: Image) -> Image:
    """One band of floats, 0 to 255."""
    return colors.recomb(Image.new_from_array([list(LUMA)]))


def on_colors(frame: Image, change: Callable[[Image], Image]) -> Image:
    """`frame` with `change` done to its colour bands; alpha stays as it is, bit for bit."""
    colors, alpha = split(frame)
    return joined(change(colors), alpha)


def premultiplied(frame: Image, change: Callable[[Image], Image]) -> Image:
    """`frame` with `change`, which mixes neighbouring pixels, done so that clear pixels give no colour away.

    `change` gets floats: 3 bands, or 4 with colours multiplied by alpha.
    """
    if frame.bands == 3:
        return joined(change(frame), None)
    mixed = change(frame.premultiply()).unpremultiply()
    return in_8_bits(mixed).copy(interpretation="srgb")


def weighted_blur(image: Image, alpha: Image | None, sigma: float) -> Image:
    """A blur in which clear pixels have no say; clear pixels far from any other keep their own value."""
    if alpha is None:
        return gaussian(image, sigma)
    weight = gaussian(alpha.cast("float"), sigma)
    return (weight > 0.5).ifthenelse(gaussian(image * alpha, sigma) / weight, image)


def grown(small: Image, width: int, height: int, shrink: int) -> Image:
    """A picture shrunk by a whole factor (its last cells may be partial), back at its old size, in its old place."""
    wide = small.width * shrink, small.height * shrink
    big = small.resize(wide[0] / small.width, vscale=wide[1] / small.height, kernel="cubic")
    return big.crop(0, 0, width, height)


def box_mean(image: Image, radius: int) -> Image:
    """Mean of the (2 × radius + 1)² neighbourhood, edges extended."""
    side = 2 * radius + 1
    return image.convsep(Image.new_from_array([[1] * side], scale=side), precision="float")


def lookup(values: Sequence[float], exact: bool = False) -> Image:
    """A table of 256 values for `maplut`: 8 bits, or floats where `exact` is set because more arithmetic follows."""
    table = Image.new_from_array([list(values)]).cast("float")
    return table if exact else in_8_bits(table)


def numbers(image: Image) -> list[float]:
    """All samples of a small image: bands of a pixel together, rows from the top."""
    return list(memoryview(image.cast("double").write_to_memory()).cast("d"))
