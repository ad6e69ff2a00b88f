"""JPEG through Pillow: the same samples as through libvips, or not at all."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from sklearn.datasets import load_sample_image
from tests import pictures
from tests.rendering import engine

from imagewell.imaging import jpeg_decode

PHOTOGRAPH = pictures.Image.fromarray(load_sample_image("china.jpg"))
SIZES = [(640, 427), (641, 429), (17, 13), (8, 8), (1, 1), (3, 50)]


def both(folder: Path, data: bytes, shrink: int) -> tuple[pyvips.Image | None, pyvips.Image]:
    """The picture through Pillow and through libvips."""
    engine()
    path = folder / "picture.jpg"
    path.write_bytes(data)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header = pyvips.Image.jpegload_source(pyvips.Source.new_from_memory(data))
    ours = jpeg_decode.load(mapped, header, shrink)
    theirs = pyvips.Image.jpegload_source(pyvips.Source.new_from_memory(data), shrink=shrink, access="sequential")
    return ours, theirs.copy_memory()


def assert_equal(ours: pyvips.Image | None, theirs: pyvips.Image) -> None:
    assert ours is not None
    for name in ("width", "height", "bands", "format", "interpretation", "xres", "yres"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert np.array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize(("size", "shrink"), [(size, by) for size in SIZES for by in (1, 2, 4, 8) if min(size) >= by])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "how",
    [{"subsampling": 0}, {"subsampling": 1}, {"subsampling": 2, "progressive": True}, {"restart_marker_blocks": 3}],
)
def test_the_samples_are_the_same(
    how: dict[str, Any], mode: str, size: tuple[int, int], shrink: int, tmp_path: Path
) -> None:
    """To the last bit, whatever the subsampling, at every shrink that leaves a pixel."""
    data = pictures.saved(PHOTOGRAPH.convert(mode).resize(size), "JPEG", quality=83, dpi=(300, 300), **how)
    assert_equal(*both(tmp_path, data, shrink))


def test_rgb_that_was_never_converted(tmp_path: Path) -> None:
    """A file whose marker says that its channels are red, green and blue."""
    assert_equal(*both(tmp_path, pictures.saved(PHOTOGRAPH, "JPEG", keep_rgb=True), 2))


def test_the_profile_goes_with_the_picture(tmp_path: Path) -> None:
    """Colours are converted later."""
    ours, theirs = both(tmp_path, pictures.saved(PHOTOGRAPH, "JPEG", icc_profile=b"p" * 200), 1)
    assert ours is not None
    assert ours.get("icc-profile-data") == theirs.get("icc-profile-data") == b"p" * 200


@pytest.mark.parametrize(
    "data",
    [
        pictures.saved(PHOTOGRAPH.convert("CMYK"), "JPEG"),
        pictures.saved(PHOTOGRAPH.resize((1400, 900)), "JPEG"),
        pictures.saved(PHOTOGRAPH, "JPEG")[:9000],
    ],
    ids=["CMYK", "large", "cut short"],
)
def test_the_rest_is_left_to_libvips(data: bytes, tmp_path: Path) -> None:
    """None is no judgement: libvips will say what it is."""
    assert both(tmp_path, data, 1)[0] is None
