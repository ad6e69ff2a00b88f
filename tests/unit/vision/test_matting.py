"""From a coarse mask to a clean edge: drawn subjects, of which the true edge and colours are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.vision.matting import matte, trimap

RED, TEAL = np.array([200, 40, 30]), np.array([20, 120, 140])


def drawn(width: int = 900, height: int = 700, noise: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """A red disc with a soft edge on teal, and its true alpha, 0 to 1."""
    down, across = np.mgrid[:height, :width]
    alpha = (height * 0.3 - np.hypot(across - width / 2, down - height / 2)).clip(-1, 1) / 2 + 0.5
    mixed = alpha[..., None] * RED + (1 - alpha[..., None]) * TEAL
    mixed += np.random.default_rng(1).normal(0, noise, mixed.shape)
    return mixed.clip(0, 255).astype(np.uint8), alpha


def coarse(alpha: np.ndarray, side: int = 320) -> np.ndarray:
    """What a network would say of it: small, blurred, and a little off."""
    small = cv2.resize(alpha.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(np.roll(small, 1, axis=1), (0, 0), 2)


def test_the_edge_is_that_of_the_picture() -> None:
    """However soft and wrong by a pixel of its own the mask is, the edge comes out where it is, as sharp as it is."""
    rgb, truth = drawn()
    mask = coarse(truth)
    alpha, _ = matte(rgb, mask)
    wrong = np.abs(alpha / 255 - truth)
    stretched = np.abs(cv2.resize(mask, truth.shape[::-1]) - truth)
    assert wrong.mean() < 0.001 < 0.005 < stretched.mean()
    assert (wrong > 0.5).mean() < 0.0005


def test_what_is_sure_is_exact() -> None:
    """Away from the edge alpha is 255 or 0, the subject's colours are the picture's, and nothing else is left."""
    rgb, truth = drawn()
    alpha, colors = matte(rgb, coarse(truth))
    inside, outside = (cv2.erode(part.astype(np.uint8), np.ones((61, 61))) > 0 for part in (truth > 0.5, truth < 0.5))
    assert (alpha[inside] == 255).all()
    assert (colors[inside] == rgb[inside]).all()
    assert (alpha[outside] == 0).all()
    assert (colors[alpha == 0] == 0).all()


def test_no_fringe_of_the_background() -> None:
    """Half clear pixels have the subject's colour alone: laid over anything, none of the old background shows."""
    rgb, truth = drawn(noise=2)
    alpha, colors = matte(rgb, coarse(truth))
    mixed = (alpha > 50) & (alpha < 230)
    assert mixed.sum() > 500
    assert np.abs(colors[mixed].astype(int) - RED).mean() < 12 < np.abs(rgb[mixed].astype(int) - RED).mean()


def test_colours_that_are_alike_leave_the_edge_to_the_mask() -> None:
    """Where subject and background look the same, no haze and no holes: the mask's contour is kept, and steep."""
    _, truth = drawn()
    rgb = np.full((*truth.shape, 3), 90, np.uint8)
    alpha, _ = matte(rgb, coarse(truth))
    assert np.abs(alpha / 255 - truth).mean() < 0.01
    assert ((alpha > 25) & (alpha < 230)).mean() < 0.04


def test_specks_go_and_pinholes_are_filled() -> None:
    """A mask's crumbs are no subject, its weak spots no holes; a hole that it is sure of stays."""
    mask = np.zeros((200, 300), np.float32)
    mask[40:160, 60:240] = 1
    mask[5:8, 5:8] = 1
    mask[100:103, 100:103] = 0.4
    mask[80:84, 150:154] = 0
    known = trimap(mask)
    assert known is not None
    assert known.solid[100:103, 100:103].all()
    assert not known.solid[5:8, 5:8].any()
    assert not known.solid[81:83, 151:153].any()


def test_two_subjects_stay_two() -> None:
    """Pieces of some size are all kept, and what lies between them is not."""
    mask = np.zeros((200, 300), np.float32)
    mask[40:160, 20:120] = mask[60:140, 200:280] = 1
    known = trimap(mask)
    assert known is not None
    assert known.solid[50:150, 30:110].all()
    assert known.solid[70:130, 210:270].all()
    assert not known.solid[:, 150:180].any()


@pytest.mark.parametrize("level", [0.0, 0.3, 0.49])
def test_no_subject(level: float) -> None:
    """A mask without anything in it makes everything clear."""
    alpha, colors = matte(drawn(60, 40)[0], np.full((320, 320), level, np.float32))
    assert alpha.shape == (40, 60)
    assert colors.shape == (40, 60, 3)
    assert not alpha.any()
    assert not colors.any()


def test_all_subject() -> None:
    """A mask of nothing else leaves the picture as it is."""
    rgb = drawn(60, 40)[0]
    alpha, colors = matte(rgb, np.ones((320, 320), np.float32))
    assert (alpha == 255).all()
    assert (colors == rgb).all()


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 99))
def test_any_picture_and_any_mask(width: int, height: int, seed: int) -> None:
    """Noise, lines, single pixels: the sizes stay, and nothing of the background is left where alpha is 0."""
    random = np.random.default_rng(seed)
    rgb = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    mask = cv2.resize(random.random((5, 7), np.float32), (320, 320)).clip(0, 1)
    alpha, colors = matte(rgb, mask)
    assert alpha.shape == (height, width)
    assert colors.shape == rgb.shape
    assert not colors[alpha == 0].any()


def test_a_long_picture() -> None:
    """Sides past those that the samplers can count to."""
    rgb = np.zeros((3, 40_000, 3), np.uint8)
    mask = np.zeros((320, 320), np.float32)
    mask[:, 100:200] = 1
    alpha, _ = matte(rgb, mask)
    assert alpha[1, 20_000] == 255
    assert alpha[1, 1000] == 0
