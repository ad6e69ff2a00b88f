"""Turning, cutting, scaling: the steps before all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests import pictures
from tests.rendering import corners, furthest, render

from imagewell.errors import TooLarge


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("resize", [None, {"width": 300}, {"width": 60}], ids=["as it is", "larger", "smaller"])
def test_pictures_stand_upright_at_any_size(orientation: int, resize: Any, tmp_path: Path) -> None:
    """All eight orientations are obeyed, whether the picture is turned before it is resized or after."""
    found = render(tmp_path, pictures.oriented_jpeg(orientation, 600, 400), {"stages": [{"resize": resize}]})
    width = (resize or {"width": 600})["width"]
    assert found.picture.size == (width, width * 2 // 3)
    assert furthest(corners(found.pixels), pictures.CORNERS) <= 6


def test_an_orientation_can_be_ignored_or_replaced(tmp_path: Path) -> None:
    """0 shows the picture as it is stored, another number turns it by that."""
    stored = pictures.oriented_jpeg(6, 120, 80)
    ignored = render(tmp_path, stored, {"stages": [{"orient": 0}]})
    assert ignored.picture.size == (80, 120)
    turned = render(tmp_path, pictures.jpeg(), {"stages": [{"orient": 6}]})
    assert turned.picture.size == (80, 120)
    red, green, blue, white = pictures.CORNERS
    assert furthest(corners(turned.pixels), (blue, red, white, green)) <= 6


@pytest.mark.parametrize(
    ("resize", "size"),
    [
        ({"width": 60}, (60, 40)),
        ({"width": 240}, (240, 160)),
        ({"height": 10}, (15, 10)),
        ({"width": 100, "height": 100}, (100, 67)),
        ({"width": 240, "fit": "max"}, (120, 80)),
        ({"width": 50, "height": 50, "fit": "crop"}, (50, 50)),
        ({"width": 50, "height": 50, "fit": "fill"}, (50, 50)),
        ({"width": 50, "height": 50, "fit": "clamp"}, (50, 50)),
        ({"width": 50, "height": 50, "fit": "scale"}, (50, 50)),
        ({"width": 500, "height": 500, "fit": "min"}, (80, 80)),
        ({"width": 1, "height": 1, "fit": "crop"}, (1, 1)),
        ({"width": "50%"}, (60, 40)),
        ({"width": 20_000}, (8192, 5461)),
    ],
)
@pytest.mark.parametrize("kind", ["jpeg", "png_with_alpha", "svg"])
def test_the_frame_is_the_one_asked_for(resize: Any, size: tuple[int, int], kind: str, tmp_path: Path) -> None:
    """Every fit gives the size that geometry says, to the pixel, whatever the decoder shrank by."""
    found = render(tmp_path, getattr(pictures, kind)(120, 80), {"stages": [{"resize": resize}]})
    assert found.picture.size == size == (found.rendition.width, found.rendition.height)


@pytest.mark.parametrize("width", range(1, 130, 7))
def test_crops_of_shrunken_jpegs_are_exact(width: int, tmp_path: Path) -> None:
    """A crop from a large JPEG has the size asked for at every width, and its middle in the middle."""
    stage = {"resize": {"width": width, "height": width, "fit": "crop"}}
    found = render(tmp_path, pictures.jpeg(1001, 667), {"stages": [stage]})
    assert found.picture.size == (width, width)
    if width > 20:
        assert furthest(corners(found.pixels), pictures.CORNERS) <= 8


@pytest.mark.parametrize(
    ("focus", "color"),
    [(["top", "left"], 0), (["top", "right"], 1), (["bottom", "left"], 2), (["bottom", "right"], 3)],
)
def test_a_crop_keeps_the_corner_it_is_anchored_at(focus: list[str], color: int, tmp_path: Path) -> None:
    """A small window of each corner has that corner's colour."""
    data = pictures.jpeg(400, 400)
    stages = [{"resize": {"width": 400, "height": 150, "fit": "crop", "focus": focus[:1]}}]
    stages += [{"resize": {"width": 150, "height": 150, "fit": "crop", "focus": focus[1:]}}]
    found = render(tmp_path, data, {"stages": stages})
    assert furthest(corners(found.pixels), [pictures.CORNERS[color]] * 4) <= 6


def test_a_focal_point_zooms(tmp_path: Path) -> None:
    """The window around a point, divided by the zoom, fills the frame."""
    focal = {"x": 0.75, "y": 0.25, "zoom": 4}
    stage = {"resize": {"width": 80, "height": 80, "fit": "crop", "focus": ["focalpoint"], "focal": focal}}
    found = render(tmp_path, pictures.jpeg(800, 800), {"stages": [stage]})
    assert furthest(corners(found.pixels), [pictures.GREEN] * 4) <= 6


def test_a_focal_point_can_be_shown(tmp_path: Path) -> None:
    """With `mark` a cross is drawn where the focal point came to lie."""
    focal = {"x": 0.75, "y": 0.25, "mark": True}
    stage = {"resize": {"width": 40, "height": 80, "fit": "crop", "focus": ["focalpoint"], "focal": focal}}
    found = render(tmp_path, pictures.png(160, 80), {"stages": [stage]}).pixels
    assert tuple(found[20, 20]) == tuple(found[20, 26]) == tuple(found[26, 20]) == (255, 0, 0)
    assert tuple(found[26, 26]) == pictures.GREEN


@pytest.mark.parametrize("kind", ["jpeg", "png_with_alpha", "svg", "animated_gif"])
@pytest.mark.parametrize("resize", [None, {"width": 30}, {"width": 300}])
def test_a_region_is_taken_before_the_resize(kind: str, resize: Any, tmp_path: Path) -> None:
    """The lower left quarter is blue at any size."""
    region = {"x": 2, "y": "bottom", "width": 24, "height": 16}
    found = render(tmp_path, getattr(pictures, kind)(120, 80), {"stages": [{"region": region, "resize": resize}]})
    width = (resize or {"width": 24})["width"]
    assert found.picture.size == (width, width * 2 // 3)
    assert furthest(corners(found.pixels, 2), [pictures.BLUE] * 4) <= 6


def test_a_region_outside_the_picture_is_ignored(tmp_path: Path) -> None:
    """An empty region leaves the picture whole."""
    found = render(tmp_path, pictures.jpeg(), {"stages": [{"region": {"x": 500, "width": 10}}]})
    assert found.picture.size == (120, 80)


@pytest.mark.parametrize("word", ["edges", "entropy"])
@pytest.mark.parametrize("place", [0.12, 0.5, 0.88])
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_the_busy_part_is_found(word: str, place: float, format: str, tmp_path: Path) -> None:
    """A textured patch on a plain ground ends up in the middle of the crop."""
    pixels = np.full((300, 1200, 3), 128, np.uint8)
    middle = round(1200 * place)
    pixels[100:200, middle - 50 : middle + 50] = np.random.default_rng(2).integers(0, 256, (100, 100, 3))
    stage = {"resize": {"width": 300, "height": 300, "fit": "crop", "focus": [word]}}
    found = render(tmp_path, pictures.saved(Image.fromarray(pixels), format), {"stages": [stage]}).pixels
    busy = np.abs(found - 128).max(axis=2) > 40
    assert busy.sum() > 100 * 100 * 0.7
    assert abs(np.nonzero(busy)[1].mean() - 150) < 110


def test_a_plain_picture_is_cut_in_the_middle(tmp_path: Path) -> None:
    """Where nothing is found the next word decides, in the end the centre."""
    data = pictures.saved(Image.new("RGB", (400, 100), (90, 90, 90)), "PNG")
    stage = {"resize": {"width": 50, "height": 50, "fit": "crop", "focus": ["faces", "edges", "entropy"]}}
    assert render(tmp_path, data, {"stages": [stage]}).picture.size == (50, 50)


def test_faces_fail_and_the_next_word_decides(tmp_path: Path) -> None:
    """Without an engine for faces, `faces,right` is `right`."""
    stage = {"resize": {"width": 80, "height": 160, "fit": "crop", "focus": ["faces", "right"]}}
    found = render(tmp_path, pictures.png(400, 200), {"stages": [stage]})
    assert furthest(corners(found.pixels)[1::2], (pictures.GREEN, pictures.WHITE)) <= 6


@pytest.mark.parametrize(
    "stage", [{"resize": {"width": 8000}}, {"pad": {"top": 3000, "right": 3000, "bottom": 3000, "left": 3000}}]
)
def test_frames_together_may_not_be_more_than_the_limit(stage: dict[str, object], tmp_path: Path) -> None:
    """An animation is not blown up to more pixels than a picture may have, nor padded to as many."""
    with pytest.raises(TooLarge):
        render(tmp_path, pictures.animated_gif(frames=5), {"stages": [stage], "output": {"format": "webp"}})


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("fit", ["clip", "crop", "fill", "scale"])
def test_tiny_and_very_long_pictures_are_resized(size: tuple[int, int], format: str, fit: str, tmp_path: Path) -> None:
    """No side ever becomes nothing."""
    data = pictures.saved(Image.new("RGB", size, (10, 200, 30)), format)
    found = render(tmp_path, data, {"stages": [{"resize": {"width": 40, "height": 30, "fit": fit}}]})
    assert min(found.picture.size) >= 1
    assert (found.picture.size == (40, 30)) or fit == "clip"


def test_a_picture_past_the_ceiling_is_scaled_down(tmp_path: Path) -> None:
    """Without any operation a result longer than the limit is scaled to it."""
    data = pictures.saved(Image.new("L", (10_000, 50), 77), "PNG")
    assert render(tmp_path, data, {}).picture.size == (8192, 41)


def test_stages_follow_each_other(tmp_path: Path) -> None:
    """The second stage works on what the first one made."""
    stages = [{"resize": {"width": 60}}, {"orient": 6}, {"resize": {"width": 20, "height": 20, "fit": "crop"}}]
    assert render(tmp_path, pictures.jpeg(), {"stages": stages}).picture.size == (20, 20)
