"""Faces large and small are found where they are, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from imagewell.vision.faces import PARTS, FaceFinder, looks
from imagewell.vision.values import Face

ASTRONAUT = (0.36, 0.17, 0.53, 0.34)
"""Her face, from the hair's edge to the chin, as shares of the photograph: left, top, right, bottom."""


@pytest.fixture(scope="module")
def finder(models_dir: Path) -> FaceFinder:
    return FaceFinder(models_dir, 1)


def overlap(face: Face, box: tuple[float, float, float, float]) -> float:
    """Shared area over the area of both together."""
    left, top = max(face.left, box[0]), max(face.top, box[1])
    right, bottom = min(face.left + face.width, box[2]), min(face.top + face.height, box[3])
    shared = max(0.0, right - left) * max(0.0, bottom - top)
    return shared / (face.width * face.height + (box[2] - box[0]) * (box[3] - box[1]) - shared)


def test_a_portrait_has_one_face_with_eyes_and_mouth(finder: FaceFinder) -> None:
    """The box is hers, the points are within a few px of where a person puts them."""
    (face,) = finder.find(skimage.data.astronaut())
    assert overlap(face, ASTRONAUT) > 0.7
    assert face.score > 0.9
    assert face.left_eye == pytest.approx((0.398, 0.204), abs=0.015)
    assert face.right_eye == pytest.approx((0.478, 0.206), abs=0.015)
    assert face.mouth == pytest.approx((0.435, 0.292), abs=0.02)


def test_a_group_of_all_sizes(finder: FaceFinder) -> None:
    """Faces from 120 to 17 px on one picture of 1600 px: all are found, largest first, each once."""
    sizes = {600: (20, 20), 300: (700, 30), 200: (1050, 40), 150: (1300, 60), 120: (700, 700), 90: (900, 700)}
    faces = finder.find(collage(sizes))
    assert len(faces) == len(sizes)
    for face, (size, (x, y)) in zip(faces, sizes.items(), strict=True):
        left, top, right, bottom = ASTRONAUT
        box = (x + left * size, y + top * size, x + right * size, y + bottom * size)
        assert overlap(face, (box[0] / 1600, box[1] / 1200, box[2] / 1600, box[3] / 1200)) > 0.5


def collage(sizes: dict[int, tuple[int, int]]) -> NDArray[np.uint8]:
    """The astronaut in several sizes, each at its place, on a table with a cup of coffee."""
    paper = Image.fromarray(skimage.data.coffee()).resize((1600, 1200))
    portrait = Image.fromarray(skimage.data.astronaut())
    for size, place in sizes.items():
        paper.paste(portrait.resize((size, size), Image.Resampling.LANCZOS), place)
    return np.asarray(paper)


def test_a_wall_of_passport_photographs(finder: FaceFinder) -> None:
    """Of a hundred grey faces of 25 px, enlarged and side by side, at least nine in ten are found."""
    faces = (skimage.data.lfw_subset()[:100] * 255).astype(np.uint8)
    wall = np.full((1500, 1500), 90, np.uint8)
    for number, face in enumerate(faces):
        y, x = 150 * (number // 10) + 30, 150 * (number % 10) + 30
        wall[y : y + 100, x : x + 100] = np.asarray(Image.fromarray(face).resize((100, 100), Image.Resampling.BICUBIC))
    assert 90 <= len(finder.find(np.stack([wall] * 3, -1))) <= 100


@pytest.mark.parametrize("near", [1.0, 1.3, 2.0])
def test_a_face_that_fills_the_picture(finder: FaceFinder, near: float) -> None:
    """From brow to chin and edge to edge."""
    side = int(95 * near)
    left, top = 224 - side // 2, 128 - side // 2
    (face,) = finder.find(skimage.data.astronaut()[top : top + side, left : left + side])
    assert face.width * near > 0.8
    assert 0 <= face.left < face.left + face.width <= 1


@pytest.mark.parametrize(
    "name", ["chelsea", "coffee", "rocket", "coins", "hubble_deep_field", "retina", "colorwheel", "brick", "page"]
)
def test_no_face_where_there_is_none(finder: FaceFinder, name: str) -> None:
    """A cat, coins with heads on them, galaxies, print: none of them is a person."""
    picture = getattr(skimage.data, name)()
    assert finder.find(picture if picture.ndim == 3 else np.stack([picture] * 3, -1)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 700), (4000, 3000)])
def test_pictures_of_any_shape(finder: FaceFinder, shape: tuple[int, int]) -> None:
    assert finder.find(np.full((*shape, 3), 200, np.uint8)) == []


def test_the_parts_cover_the_picture_and_are_bounded() -> None:
    """Every px lies in a part of each size, and no shape makes many parts."""
    for width, height in ((1000, 1000), (2048, 1), (1, 2048), (1600, 1200), (2048, 700)):
        made = looks(width, height)
        assert len(made) <= 120
        for parts in PARTS:
            side = 1.25 * max(width, height) / parts
            of_size = [look for look in made if look.side == side]
            for x in (0, width // 3, width - 1):
                for y in (0, height // 3, height - 1):
                    assert any(0 <= x - look.left <= side and 0 <= y - look.top <= side for look in of_size)


def test_nothing_is_said(models_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The library's greeting does not reach the log."""
    FaceFinder(models_dir, 1)
    assert capfd.readouterr() == ("", "")
