"""The network itself, on photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from imagewell.vision.cutout import CutOut


@pytest.fixture(scope="module")
def cutout(models_dir: Path) -> CutOut:
    return CutOut(models_dir / "u2net.onnx", threads=2)


def test_a_person(cutout: CutOut) -> None:
    """Face and suit are there, the wall and the flag's far corner are not, and the hair is neither all nor nothing."""
    photo = data.astronaut()
    alpha, colors = cutout.cut(photo)
    assert alpha.shape == (512, 512)
    assert colors.shape == photo.shape
    assert alpha.dtype == colors.dtype == np.uint8
    for x, y in ((225, 120), (140, 330), (160, 60)):
        assert alpha[y, x] == 255
        assert (colors[y, x] == photo[y, x]).all()
    for x, y in ((20, 20), (80, 60), (340, 60), (450, 300)):
        assert alpha[y, x] == 0
    assert 0.4 < (alpha == 255).mean() < 0.65
    assert 0.002 < ((alpha > 0) & (alpha < 255)).mean() < 0.06
    assert not colors[alpha == 0].any()


def test_a_thing(cutout: CutOut) -> None:
    """A cup on its saucer, off a table of much the same colour."""
    alpha, _ = cutout.cut(data.coffee())
    assert alpha[100, 280] == 255
    assert alpha[300, 130] == 255
    assert alpha[30, 60] == 0
    assert alpha[380, 570] == 0


def test_an_animal(cutout: CutOut) -> None:
    """A cat: eyes and forehead whole, the room behind it gone."""
    alpha, _ = cutout.cut(data.chelsea())
    assert (alpha[60:150, 150:260] == 255).all()
    assert not alpha[:, 440:].any()


def test_nothing_to_see(cutout: CutOut) -> None:
    """An empty sheet has no subject: everything is clear."""
    alpha, colors = cutout.cut(np.full((200, 300, 3), 255, np.uint8))
    assert not alpha.any()
    assert not colors.any()


def test_all_sizes(cutout: CutOut) -> None:
    """Single pixels and ribbons are pictures too."""
    for height, width in ((1, 1), (3, 900)):
        alpha, colors = cutout.cut(np.zeros((height, width, 3), np.uint8))
        assert alpha.shape == (height, width)
        assert colors.shape == (height, width, 3)
