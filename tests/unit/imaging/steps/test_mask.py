"""What of the picture shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyvips import Image
from tests.unit.imaging.steps.step_material import SIZES, as_frame, context, flat, is_frame, photo, pixel, same

from imagewell.errors import InvalidParameter, UnreadableImage
from imagewell.imaging.steps import mask
from imagewell.transform.model import Mask
from imagewell.transform.values import Color

ORANGE = Color(255, 128, 0)


def masked(picture, other=None, **options):
    return mask.apply([picture], Mask(**options), replace(context(), open=lambda reference: other))[0]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("kind", ["ellipse", "corners"])
@pytest.mark.parametrize("alpha", [False, True])
def test_any_frame_can_be_masked(width, height, kind, alpha):
    """A mask gives alpha to a frame of any size, and never more than there was."""
    picture = photo(width, height, alpha)
    frame = masked(picture, kind=kind)
    assert is_frame(frame, width, height, 4)
    if alpha:
        assert (frame[3] > picture[3]).max() == 0


def test_ellipse_shows_the_middle_and_hides_the_corners():
    """Inside the ellipse the picture is as it was, outside clear, with its colour kept."""
    frame = masked(photo(), kind="ellipse")
    assert pixel(frame, 32, 24) == [*pixel(photo(), 32, 24), 255]
    assert [pixel(frame, x, y)[3] for x, y in ((0, 0), (63, 0), (63, 47), (0, 47))] == [0] * 4
    assert 0 < pixel(frame, 0, 24)[3] <= 255


def test_corners_without_radii_are_a_fifth_of_the_shorter_side():
    """The default is the same as 20 % of the shorter side in px."""
    assert same(masked(photo(80, 50), kind="corners"), masked(photo(80, 50), kind="corners", radii=(10,) * 4))


def test_radii_end_at_half_of_the_shorter_side():
    """Larger radii are as good as half the shorter side."""
    assert same(masked(photo(), kind="corners", radii=(900,) * 4), masked(photo(), kind="corners", radii=(24,) * 4))


def test_background_fills_what_is_hidden_and_keeps_the_frame_opaque():
    """With an opaque background nothing is clear, and the soft edge mixes the two."""
    white = flat(255, 255, 255, 64, 48)
    frame = masked(white, kind="ellipse", background=Color(0, 0, 0))
    assert is_frame(frame, 64, 48, 3)
    assert (pixel(frame, 0, 0), pixel(frame, 32, 24)) == ([0, 0, 0], [255, 255, 255])
    coverage = masked(white, kind="ellipse")[3]
    assert (as_frame(frame)[0] - coverage).abs().max() <= 1


def test_background_leaves_the_pictures_own_clear_pixels():
    """What was clear inside the mask stays clear."""
    picture = flat(9, 9, 9, 64, 48).bandjoin(0).copy(interpretation="srgb")
    frame = masked(picture, kind="ellipse", background=ORANGE)
    assert pixel(frame, 0, 0) == [255, 128, 0, 255]
    assert pixel(frame, 32, 24)[3] == 0


def test_light_and_alpha_of_a_picture_are_the_mask():
    """White shows, black hides, and a clear part hides whatever its colour."""
    halves = flat(255, 255, 255, 4, 4).join(flat(0, 0, 0, 4, 4), "horizontal")
    clear = halves.bandjoin((Image.xyz(8, 4)[1] < 2).copy(interpretation="b-w"))
    frame = masked(photo(80, 40), as_frame(clear), kind="image", image="other.png")
    assert is_frame(frame, 80, 40, 4)
    assert [pixel(frame, x, y)[3] for x, y in ((5, 5), (75, 5), (5, 35), (75, 35))] == [255, 0, 0, 0]


def test_green_is_lighter_than_blue():
    """Luminance weighs channels as the eye does."""
    alphas = [
        pixel(masked(photo(), flat(*color), kind="image", image="x"), 9, 9)[3]
        for color in ((0, 255, 0), (255, 0, 0), (0, 0, 255))
    ]
    assert alphas == pytest.approx([182, 54, 18], abs=1)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (500, 2)])
def test_masks_of_any_size_are_stretched(size):
    """A mask of another shape covers the whole frame."""
    frame = masked(photo(), flat(255, 255, 255, *size), kind="image", image="x")
    assert frame[3].min() == 255


def test_a_mask_without_a_picture_is_refused():
    """An image mask needs an image."""
    with pytest.raises(InvalidParameter):
        masked(photo(), kind="image")


def test_a_broken_mask_is_refused():
    """What the mask picture's decoding refuses is passed on."""

    def broken(reference):
        raise UnreadableImage

    with pytest.raises(UnreadableImage):
        mask.apply([photo()], Mask("image", image="x"), replace(context(), open=broken))
