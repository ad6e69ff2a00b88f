"""Colours come out right whatever they were written in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests import pictures
from tests.rendering import corners, furthest, render

from imagewell.imaging import icc


@pytest.mark.parametrize("name", pictures.VARIANTS)
def test_every_variant_shows_its_quarters_upright(name: str, tmp_path: Path) -> None:
    """Each promised variant comes out in its size, upright, in its colours."""
    found = render(tmp_path, pictures.VARIANTS[name](), {})
    assert found.picture.size == (120, 80)
    assert furthest(corners(found.pixels), pictures.CORNERS) <= 6


@pytest.mark.parametrize("name", pictures.GREYS)
def test_greys_are_grey(name: str, tmp_path: Path) -> None:
    """Grey of any depth is spread over 0 to 255 evenly."""
    found = render(tmp_path, pictures.GREYS[name](), {})
    assert furthest(corners(found.pixels), [(grey,) * 3 for grey in (0, 85, 170, 255)]) <= 1


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    """The smallest depth uses the whole range."""
    found = render(tmp_path, pictures.raw_png(1, 0), {})
    assert sorted(np.unique(found.pixels)) == [0, 255]


def test_wide_gamut_is_read_through_its_profile(tmp_path: Path) -> None:
    """Colours written in Adobe RGB are those that were meant."""
    found = render(tmp_path, pictures.wide_gamut_jpeg(), {})
    assert furthest(corners(found.pixels), pictures.MUTED) <= 6


def test_shrinking_before_converting_changes_nothing(tmp_path: Path) -> None:
    """A wide-gamut picture that is resized has the same colours as one that is not."""
    found = render(tmp_path, pictures.wide_gamut_jpeg(480, 320), {"stages": [{"resize": {"width": 48}}]})
    assert furthest(corners(found.pixels), pictures.MUTED) <= 6


@pytest.mark.parametrize("data", [pictures.cmyk_jpeg, pictures.cmyk_tiff], ids=["adobe jpeg", "tiff"])
def test_cmyk_is_not_inverted(data: object, tmp_path: Path) -> None:
    """Ink without a profile is read as common ink: near the colours, and never their opposites."""
    found = render(tmp_path, data(), {})  # type: ignore[operator]
    assert furthest(corners(found.pixels), pictures.MUTED) <= 64


def test_an_icon_is_read_at_its_largest(tmp_path: Path) -> None:
    """Of an icon's sizes the largest is the picture."""
    for kind in ("png", "bmp"):
        found = render(tmp_path, pictures.ico(64, kind), {})
        assert found.picture.size == (64, 64)
        assert furthest(corners(found.pixels), pictures.CORNERS) <= 1


def test_our_profiles_say_what_they_are() -> None:
    """The profiles we write are read by a colour engine and turn into each other and back."""
    import io

    noise = Image.fromarray(np.random.default_rng(3).integers(60, 200, (32, 32, 3), np.uint8))
    small, adobe = (ImageCms.ImageCmsProfile(io.BytesIO(data)) for data in (icc.SMALL_SRGB, icc.ADOBE_RGB))
    same = ImageCms.profileToProfile(noise, ImageCms.createProfile("sRGB"), small)
    there = ImageCms.profileToProfile(noise, small, adobe)
    assert same is not None
    assert there is not None
    back = ImageCms.profileToProfile(there, adobe, small)
    assert np.abs(np.asarray(same).astype(int) - np.asarray(noise)).max() <= 2
    assert np.abs(np.asarray(back).astype(int) - np.asarray(noise)).max() <= 3
    assert len(icc.SMALL_SRGB) < 500


def test_clear_pixels_do_not_colour_their_neighbours(tmp_path: Path) -> None:
    """A resize of a picture with a clear black hole in white leaves no grey rim."""
    picture = Image.new("RGBA", (200, 200), (255, 255, 255, 255))
    picture.paste(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), (50, 50))
    found = render(tmp_path, pictures.saved(picture, "PNG"), {"stages": [{"resize": {"width": 37}}]}).picture
    pixels = np.asarray(found.convert("RGBA")).astype(int)
    seen = pixels[pixels[:, :, 3] > 8]
    assert seen[:, :3].min() >= 250
