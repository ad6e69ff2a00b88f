"""The mark of what must not be taken for the real thing."""

from __future__ import annotations

import numpy as np
import pytest
from pyvips import Image
from tests.unit.imaging.steps.step_material import as_frame, context, flat, is_frame, photo, same

from imagewell.imaging import fonts
from imagewell.imaging.font_settings import FontSettings
from imagewell.imaging.steps import stamp
from imagewell.transform.model import Stamp

GROUNDS = {
    "white": lambda width, height: flat(255, 255, 255, width, height),
    "black": lambda width, height: flat(0, 0, 0, width, height),
    "grey": lambda width, height: flat(128, 128, 128, width, height),
    "noise": lambda width, height: as_frame(
        Image.gaussnoise(width, height, mean=128, sigma=90, seed=3).bandjoin(
            [Image.gaussnoise(width, height, mean=128, sigma=90, seed=seed) for seed in (4, 5)]
        )
    ),
    "clear": lambda width, height: as_frame(Image.black(width, height, bands=4)),
}
LEAST, MOST = 0.005, 0.5
SEEN = 24
"""Levels that a pixel differs by before anyone sees it."""


@pytest.fixture(autouse=True)
def _own_fonts():
    fonts.prepare()
    stamp._tile.cache_clear()


def stamped(frame, text="TEST"):
    return stamp.apply([frame], Stamp(text), context())[0]


def changed(frame):
    """The share of pixels that the mark changes visibly."""
    off = np.abs(stamped(frame).numpy().astype(int) - frame.numpy().astype(int))
    return float((off.max(axis=2) > SEEN).mean())


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(
    ("width", "height"),
    [(5, 1), (2, 3), (3, 3), (6, 6), (7, 7), (8, 8), (12, 30), (19, 19), (39, 39), (40, 40), (150, 90), (640, 480)],
)
def test_the_mark_shows_and_leaves_the_picture(ground, width, height):
    """On any ground and at any size it changes at least half a percent of the pixels, and less than half of them."""
    assert LEAST <= changed(GROUNDS[ground](width, height)) < MOST


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(("width", "height"), [(2000, 1), (2000, 3), (3, 2000), (17, 2000), (2000, 39), (2000, 41)])
def test_long_pictures_are_marked_all_along(ground, width, height):
    """A thin picture has its mark again and again, so that no part of it can be cut out clean."""
    frame = GROUNDS[ground](width, height)
    assert LEAST <= changed(frame) < MOST
    part = (0, 0, min(width, 400), min(height, 400))
    off = np.abs(stamped(frame).crop(*part).numpy().astype(int) - frame.crop(*part).numpy().astype(int))
    assert (off > SEEN).any()


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 1), (2, 2)])
def test_a_picture_of_a_few_pixels_goes_without(width, height):
    """Of which any two are half."""
    assert same(stamped(photo(width, height)), photo(width, height))


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("width", "height"), [(8, 8), (64, 48), (300, 200)])
def test_sizes_and_bands_stay(alpha, width, height):
    """A frame stays what it is; letters are opaque on clear pixels too."""
    assert is_frame(stamped(photo(width, height, alpha)), width, height, 4 if alpha else 3)
    assert stamped(GROUNDS["clear"](width, height))[3].max() == 255


def test_all_frames_have_the_same_mark():
    """An animation's mark stands still."""
    grounds = [flat(0, 0, 0, 200, 100), flat(0, 0, 0, 200, 100).copy_memory()]
    first, second = stamp.apply(grounds, Stamp(), context())
    assert same(first, second)


def test_the_words_follow_the_frame():
    """Twice the frame, letters about twice as large: as many of them."""
    small, large = (stamped(flat(0, 0, 0, side, side)) for side in (240, 480))
    share = [float((image[0] > 128).avg()) for image in (small, large)]
    assert share[0] == pytest.approx(share[1], rel=0.25)


def test_the_words_are_the_ones_asked_for():
    """Other words, another mark; the size of the letters is the same."""
    frame = flat(0, 0, 0, 400, 300)
    assert not same(stamped(frame, "DRAFT"), stamped(frame))


def test_without_fonts_there_is_still_a_mark(tmp_path):
    """Blocks stand for letters where no font is installed: nothing of the test stage goes out clean."""
    fonts.prepare(FontSettings(folder=tmp_path))
    stamp._tile.cache_clear()
    for ground in GROUNDS.values():
        assert LEAST <= changed(ground(300, 200)) < MOST


@pytest.mark.parametrize("words", ["WWWWWWWWWWWWWWWWWWWW", "i", "Пробный оттиск", "<b>&</b>", "試作品"])
@pytest.mark.parametrize("size", [(60, 60), (300, 200), (3000, 2000)])
def test_other_words(words, size):
    """Up to twenty letters of any script are a mark as well."""
    frame = GROUNDS["grey"](*size)
    off = np.abs(stamped(frame, words).numpy().astype(int) - 128).max(axis=2) > SEEN
    assert 0.001 <= off.mean() < MOST
