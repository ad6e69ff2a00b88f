"""Colour: whatever a file holds becomes 8-bit sRGB, and leaves in the colour space that was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pyvips
from pyvips import Image

from imagewell.imaging import icc

PROFILE = "icc-profile-data"
SPACES = {"b-w": b"GRAY", "grey16": b"GRAY", "cmyk": b"CMYK", "srgb": b"RGB ", "rgb16": b"RGB "}


def to_srgb(image: Image, keep_space: bool = False) -> Image:
    """8-bit sRGB with 3 bands, or 4 with straight alpha, of an image as a decoder gave it.

    Args:
        keep_space: leave RGB values of an embedded RGB profile as they are; the profile stays with the image.
    An embedded profile that cannot be used is ignored, as browsers do.
    """
    if _is_plain(image):
        return image
    alpha = None
    if image.hasalpha():
        alpha = _eight_bits(image[image.bands - 1], image)
        image = image[: image.bands - 1] if image.bands > 2 else image[0]
    colours = _without_profile(_colours(image, keep_space), keep_space)
    return colours if alpha is None else colours.bandjoin(alpha).copy(interpretation="srgb")


def _is_plain(image: Image) -> bool:
    """Whether there is nothing to do, as for most pictures of the web."""
    return (
        image.interpretation == "srgb"
        and image.format == "uchar"
        and image.bands in (3, 4)
        and image.get_typeof(PROFILE) == 0
    )


def _colours(image: Image, keep_space: bool) -> Image:
    space = profile_space(image)
    usable = space is not None and space == SPACES.get(image.interpretation)
    if usable and not (keep_space and space == b"RGB "):
        converted = _through_profile(image)
        if converted is not None:
            return converted
    if image.interpretation == "cmyk":
        return image.icc_transform("srgb", input_profile="cmyk", embedded=False, intent="perceptual", depth=8)
    return _rgb(image)


def _through_profile(image: Image) -> Image | None:
    try:
        return image.icc_transform("srgb", embedded=True, intent="perceptual", depth=8)
    except pyvips.Error:
        return None


def _rgb(image: Image) -> Image:
    """Without a profile: grey is repeated, deeper samples are cut to 8 bits, anything else goes by its name."""
    if image.interpretation in ("b-w", "grey16") or image.bands == 1:
        grey = _eight_bits(image[0], image)
        return grey.bandjoin([grey, grey]).copy(interpretation="srgb")
    if image.interpretation in ("srgb", "rgb16", "rgb", "multiband"):
        return _eight_bits(image[:3], image).copy(interpretation="srgb")
    return image.colourspace("srgb")[:3].cast("uchar")


def _eight_bits(band: Image, of: Image) -> Image:
    """Samples as 8 bits, by the width of the samples they come from."""
    if band.format == "uchar":
        return band
    if band.format == "ushort":
        # 65535 / 257 is 255 exactly, so white stays white.
        return (band / 257.0).rint().cast("uchar")
    if of.interpretation in ("scrgb",):
        return (band * 255.0).rint().cast("uchar")
    return band.cast("uchar")


def profile_space(image: Image) -> bytes | None:
    """The colour space that an embedded profile is for, from its header; None without a profile."""
    if image.get_typeof(PROFILE) == 0:
        return None
    header: bytes = image.get(PROFILE)[:20]
    return header[16:20] if len(header) == 20 else None


def _without_profile(image: Image, keep_space: bool) -> Image:
    if image.get_typeof(PROFILE) == 0 or (keep_space and profile_space(image) == b"RGB "):
        return image
    image = image.copy()
    image.remove(PROFILE)
    return image


def to_adobe_rgb(image: Image) -> Image:
    """sRGB values as Adobe RGB (1998) ones, with that profile attached; alpha is kept."""
    alpha = image[3] if image.hasalpha() else None
    with as_file(icc.ADOBE_RGB) as path:
        source = with_profile(image[:3], icc.SMALL_SRGB)
        out = source.icc_transform(path, embedded=True, intent="relative", depth=8)
    out = out if alpha is None else out.bandjoin(alpha)
    return with_profile(out, icc.ADOBE_RGB)


def with_profile(image: Image, profile: bytes) -> Image:
    """The image with another profile attached; its values do not change."""
    image = image.copy(interpretation="srgb")
    image.set_type(pyvips.GValue.blob_type, PROFILE, profile)
    return image


@contextmanager
def as_file(data: bytes) -> Iterator[str]:
    """A path to data in memory, for a library that only takes paths."""
    descriptor = os.memfd_create("imagewell")
    try:
        os.write(descriptor, data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
