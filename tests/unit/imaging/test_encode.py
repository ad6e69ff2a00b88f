"""What is written, and what is not."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from tests import pictures
from tests.rendering import corners, furthest, render

from imagewell.imaging import icc
from imagewell.transform.model import Format

ALL = [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF, Format.GIF]


@pytest.mark.parametrize("format", ALL)
def test_every_format_holds_the_picture(format: Format, tmp_path: Path) -> None:
    """Type, size and corner colours are right in each format."""
    found = render(tmp_path, pictures.png(), {"output": {"format": format, "quality": 90, "chroma": "444"}})
    assert found.picture.format == format.upper()
    assert found.picture.size == (found.rendition.width, found.rendition.height) == (120, 80)
    assert found.rendition.size_bytes == len(found.data)
    assert furthest(corners(found.pixels), pictures.CORNERS) <= 6


@pytest.mark.parametrize("format", ALL)
def test_who_and_where_never_leave(format: Format, tmp_path: Path) -> None:
    """No metadata of the original is in a rendition of any format."""
    found = render(tmp_path, pictures.gps_jpeg(), {"output": {"format": format}})
    assert b"SecretCamera" not in found.data
    assert not found.picture.getexif().get_ifd(0x8825)


def test_iptc_is_kept_when_asked(tmp_path: Path) -> None:
    """A caption stays with `iptc`, and goes without."""
    kept = render(tmp_path, pictures.iptc_jpeg(), {"output": {"format": "jpeg", "iptc": True}})
    assert b"A caption to keep" in kept.data
    assert b"A caption" not in render(tmp_path, pictures.iptc_jpeg(), {"output": {"format": "jpeg"}}).data


def test_density_is_written(tmp_path: Path) -> None:
    """`dpi` becomes the file's density."""
    for format in ("jpeg", "png"):
        found = render(tmp_path, pictures.gps_jpeg(), {"output": {"format": format, "dpi": 300}})
        assert [round(side) for side in found.picture.info["dpi"]] == [300, 300]
        assert b"SecretCamera" not in found.data
        assert not found.picture.getexif().get_ifd(0x8825)


@pytest.mark.parametrize(("progressive", "marker"), [(True, b"\xff\xc2"), (False, b"\xff\xc0")])
def test_jpeg_is_progressive_unless_told_not_to_be(progressive: bool, marker: bytes, tmp_path: Path) -> None:
    """The frame marker tells progressive from baseline."""
    found = render(tmp_path, pictures.jpeg(), {"output": {"format": "jpeg", "progressive": progressive}})
    assert marker in found.data


def test_clear_pixels_lie_on_the_backdrop_or_on_white(tmp_path: Path) -> None:
    """A format without alpha shows the backdrop's colour where the picture is clear, white without one."""
    output = {"output": {"format": "jpeg", "quality": 95, "chroma": "444"}}
    plain = render(tmp_path, pictures.png_with_alpha(), output).pixels[40, 60]
    behind = render(
        tmp_path, pictures.png_with_alpha(), {**output, "stages": [{"backdrop": {"color": "#ff8800"}}]}
    ).pixels[40, 60]
    assert np.abs(plain - 255).max() <= 3
    assert np.abs(behind - (255, 136, 0)).max() <= 4


@pytest.mark.parametrize(
    ("data", "format"), [(pictures.png_with_alpha, "PNG"), (lambda: pictures.raw_png(8, 6), "JPEG")]
)
def test_the_format_for_clear_pictures_is_chosen_by_real_pixels(data: object, format: str, tmp_path: Path) -> None:
    """An alpha channel without a clear pixel is no reason for PNG."""
    output = {"output": {"format": "jpeg", "if_clear": "png"}}
    assert render(tmp_path, data(), output).picture.format == format  # type: ignore[operator]


def test_an_indexed_png_has_a_palette_of_the_size_asked_for(tmp_path: Path) -> None:
    """`indexed` writes a palette, no larger than `colors`."""
    found = render(tmp_path, pictures.png(), {"output": {"format": "png", "indexed": True, "colors": 16}}).picture
    assert found.mode == "P"
    assert len(found.getcolors() or ()) <= 16


@pytest.mark.parametrize("format", ["png", "gif"])
@pytest.mark.parametrize("colors", [2, 3, 5, 10, 33, 100, 200, 256])
def test_a_palette_of_any_size(colors: int, format: str, tmp_path: Path) -> None:
    """Every palette size is written, clear pixels or not, and is used for at least half of what it allows."""
    shades = Image.radial_gradient("L").resize((90, 90))
    many = Image.merge("RGB", (shades, shades.rotate(90), shades.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))
    asked = {"output": {"format": format, "indexed": True, "colors": colors}}
    found = render(tmp_path, pictures.saved(many, "PNG"), asked).picture
    assert colors / 2 < len(found.convert("RGB").getcolors(999) or ()) <= colors
    many.putalpha(shades)
    clear = render(tmp_path, pictures.saved(many, "PNG"), asked).picture
    assert 1 < len(clear.convert("RGBA").getcolors(999) or ()) <= colors


def test_an_indexed_png_keeps_its_clear_pixels(tmp_path: Path) -> None:
    """A palette has room for transparency."""
    found = render(tmp_path, pictures.png_with_alpha(), {"output": {"format": "png", "indexed": True}}).picture
    assert found.mode == "P"
    assert found.convert("RGBA").getpixel((60, 40))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_lossless_loses_nothing(format: str, tmp_path: Path) -> None:
    """Every pixel of a lossless rendition is the original's."""
    noise = Image.fromarray(np.random.default_rng(5).integers(0, 256, (40, 60, 3), np.uint8))
    found = render(tmp_path, pictures.saved(noise, "PNG"), {"output": {"format": format, "lossless": True}})
    assert np.abs(found.pixels - np.asarray(noise)).max() <= (0 if format == "webp" else 3)


def test_lower_quality_is_fewer_bytes(tmp_path: Path) -> None:
    """Quality goes from 0 to 100 in every lossy format, and bytes with it."""
    noise = Image.fromarray(np.random.default_rng(5).integers(0, 256, (80, 80, 3), np.uint8))
    for format in ("jpeg", "webp", "avif"):
        sizes = [
            len(render(tmp_path, pictures.saved(noise, "PNG"), {"output": {"format": format, "quality": q}}).data)
            for q in (0, 40, 80, 100)
        ]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    ("profile", "name"),
    [("srgb", "sRGB"), ("tinysrgb", "sRGB"), ("adobergb1998", "Adobe RGB"), ("strip", None), (None, None)],
)
def test_the_profile_is_the_one_asked_for(profile: str | None, name: str | None, tmp_path: Path) -> None:
    """Renditions are sRGB and say nothing, unless a profile is asked for; colours are right under it."""
    found = render(tmp_path, pictures.wide_gamut_jpeg(), {"output": {"format": "png", "profile": profile}}).picture
    embedded = found.info.get("icc_profile")
    assert (embedded is None) == (name is None)
    if embedded is not None:
        source = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        assert str(name) in ImageCms.getProfileDescription(source)
        turned = ImageCms.profileToProfile(found.convert("RGB"), source, ImageCms.createProfile("sRGB"))
        assert turned is not None
        found = turned
    assert furthest(corners(np.asarray(found.convert("RGB")).astype(int)), pictures.MUTED) <= 6


def test_the_sources_own_space_can_be_kept(tmp_path: Path) -> None:
    """With `origin` the values and the profile of the source stay together."""
    found = render(tmp_path, pictures.wide_gamut_jpeg(), {"output": {"format": "png", "profile": "origin"}}).picture
    assert found.info["icc_profile"] == icc.ADOBE_RGB


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_animations_keep_frames_delays_and_loops(format: str, tmp_path: Path) -> None:
    """An animation that is resized is still the animation."""
    data = pictures.animated_gif(frames=3, delays_ms=(50, 100, 200))
    found = render(tmp_path, data, {"stages": [{"resize": {"width": 60}}], "output": {"format": format}})
    picture = Image.open(io.BytesIO(found.data))
    assert (picture.n_frames, picture.size, found.rendition.frames) == (3, (60, 40), 3)
    delays = []
    for index in range(3):
        picture.seek(index)
        picture.load()
        delays.append(picture.info["duration"])
    assert delays == [50, 100, 200]
    assert picture.info["loop"] == (2 if format == "gif" else 3)  # GIF counts repeats, WebP rounds


def test_a_still_format_shows_the_first_frame(tmp_path: Path) -> None:
    """An animation asked for as JPEG is one picture."""
    found = render(tmp_path, pictures.animated_gif(), {"output": {"format": "jpeg"}})
    assert found.rendition.frames == 1


@pytest.mark.parametrize("frames", [{"page": 2}, {"first": 7, "last": 9}])
def test_a_picture_without_pages_is_itself(frames: dict[str, int], tmp_path: Path) -> None:
    """Asking a photograph for its second page or frame asks for nothing."""
    found = render(tmp_path, pictures.jpeg(), {"frames": frames})
    assert (found.rendition.frames, found.picture.size) == (1, (120, 80))


def test_data_about_a_picture_is_text(tmp_path: Path) -> None:
    """Formats that are data write what they say they write."""
    for format, kind in (
        ("json", "application/json"),
        ("palette_json", "application/json"),
        ("blurhash", "text/plain"),
    ):
        found = render(tmp_path, pictures.jpeg(), {"output": {"format": format}})
        assert found.rendition.content_type.startswith(kind)
        if kind.endswith("json"):
            assert json.loads(found.data)
    assert render(tmp_path, pictures.jpeg(), {"output": {"format": "palette_css"}}).data.count(b"{") > 2


@pytest.mark.parametrize("kind", ["jpeg", "heic", "bmp", "svg", "avif"])
def test_facts_are_of_the_picture_as_it_came(kind: str, tmp_path: Path) -> None:
    """The size in the facts is the source's, whatever else was asked for."""
    asked = {"stages": [{"resize": {"width": 10}}], "output": {"format": "json"}}
    facts = json.loads(render(tmp_path, getattr(pictures, kind)(120, 80), asked).data)
    assert (facts["PixelWidth"], facts["PixelHeight"], facts["Content-Type"]) == (120, 80, "image/x-test")


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    """Beside the inputs and the output there is no file afterwards."""
    render(tmp_path, pictures.jpeg(), {"output": {"format": "jpeg"}})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input-base", "output"]
