"""Guarded decoding."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import structural_similarity
from tests import pictures
from tests.rendering import engine, render

from imagewell.errors import TooLarge, UnreadableImage, UnsupportedFormat
from imagewell.imaging import decode
from imagewell.transform.limits import Limits

LIMITS = Limits()


def opened(folder: Path, data: bytes, limits: Limits = LIMITS) -> decode.Opened:
    engine()
    path = folder / "picture"
    path.write_bytes(data)
    return decode.open_input(str(path), limits)


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (pictures.png(120, 80), Limits(max_pixels=120 * 80 - 1)),
        (pictures.animated_gif(20, 10, frames=5), Limits(max_pixels=20 * 10 * 5 - 1)),
        (pictures.animated_webp(20, 10, frames=5), Limits(max_frames=4)),
        (pictures.png(120, 80), Limits(max_input_side_px=119)),
        (pictures.bmp(120, 80), Limits(max_pixels=120 * 80 - 1)),
        (pictures.heic(120, 80), Limits(max_pixels=120 * 80 - 1)),
        (pictures.svg(120, 80), Limits(max_input_side_px=119)),
    ],
)
def test_one_more_than_the_limit_is_too_much(data: bytes, limits: Limits, tmp_path: Path) -> None:
    """Pixels, frames and sides are counted from the header, and the ceiling is exact."""
    opened(tmp_path, data, LIMITS)
    with pytest.raises(TooLarge):
        opened(tmp_path, data, limits)


@pytest.mark.parametrize("max_pixels", [120 * 80, 120 * 80 - 1])
def test_pillow_is_left_as_it_was(max_pixels: int, tmp_path: Path) -> None:
    """One picture's ceiling is not the next one's: Pillow keeps it for the whole process."""
    before = pictures.Image.MAX_IMAGE_PIXELS
    with suppress(TooLarge):
        opened(tmp_path, pictures.bmp(120, 80), Limits(max_pixels=max_pixels))
    assert before == pictures.Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("name", pictures.BOMBS)
def test_bombs_are_refused_by_their_headers(name: str, tmp_path: Path) -> None:
    """A small file that claims to be enormous is never decoded."""
    with pytest.raises((TooLarge, UnreadableImage)):
        opened(tmp_path, pictures.BOMBS[name]())


@pytest.mark.parametrize("name", pictures.NOT_PICTURES)
def test_what_is_no_picture_is_refused(name: str, tmp_path: Path) -> None:
    """Other kinds of files are refused by name, whatever libvips could do with them."""
    with pytest.raises((UnsupportedFormat, UnreadableImage)):
        opened(tmp_path, pictures.NOT_PICTURES[name])


def test_an_empty_file_is_unreadable(tmp_path: Path) -> None:
    """No bytes are no picture."""
    with pytest.raises(UnreadableImage):
        opened(tmp_path, b"")


@pytest.mark.parametrize("data", [pictures.animated_gif, pictures.animated_webp], ids=["gif", "webp"])
def test_animations_tell_their_time(data: object, tmp_path: Path) -> None:
    """Frames, delays and loop count come from the file."""
    found = opened(tmp_path, data(delays_ms=(50, 100, 200)))  # type: ignore[operator]
    assert (found.facts.frames, found.delays_ms, found.loop) == (3, (50, 100, 200), 3)


@given(st.floats(min_value=0.001, max_value=1))
def test_the_decoder_never_shrinks_too_far(scale: float) -> None:
    """After the decoder's own shrink, a quarter at least is left for the resize to do well."""
    shrink = decode.jpeg_shrink(scale)
    assert shrink in (1, 2, 4, 8)
    assert shrink == 1 or shrink * scale * 1.25 <= 1 + 1e-9


@pytest.mark.parametrize("width", [60, 75, 100, 130, 200, 300, 390, 599])
def test_shrinking_while_decoding_shows_no_difference(width: int, tmp_path: Path) -> None:
    """A JPEG shrunk by its decoder first looks like the picture it was made from, shrunk at once."""
    from sklearn.datasets import load_sample_image

    photograph = pictures.saved(pictures.Image.fromarray(load_sample_image("china.jpg")), "JPEG", quality=95)
    whole = pictures.saved(pictures.Image.fromarray(load_sample_image("china.jpg")), "PNG")
    stage = {"stages": [{"resize": {"width": width}}]}
    one, other = (render(tmp_path, data, stage).pixels.astype(np.uint8) for data in (photograph, whole))
    assert structural_similarity(one, other, channel_axis=2) > 0.95


def test_drawings_are_drawn_at_the_size_they_are_needed(tmp_path: Path) -> None:
    """An icon enlarged tenfold has edges as sharp as at its own size."""
    found = render(tmp_path, pictures.svg(24, 16), {"stages": [{"resize": {"width": 960}}]}).pixels
    assert found.shape[:2] == (640, 960)
    across = found[100, :, 0]
    assert np.flatnonzero(np.abs(np.diff(across)) > 0).size <= 2


def test_a_drawing_is_enlarged_no_further_than_the_limit(tmp_path: Path) -> None:
    """A drawing asked for at any size stays under the ceiling on sides."""
    found = render(tmp_path, pictures.svg(100, 10), {"stages": [{"resize": {"width": 100_000}}]})
    assert found.picture.size == (8192, 819)


def test_nothing_but_the_allowed_loaders_can_be_called(tmp_path: Path) -> None:
    """libvips would read CSV, raw and its own files; here it may not."""
    import pyvips

    engine()
    path = tmp_path / "matrix.csv"
    path.write_text("1,2\n3,4\n")
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.csvload(str(path))
