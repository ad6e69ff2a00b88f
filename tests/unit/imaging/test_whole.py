"""The quick look at a file's end."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import pictures

from imagewell.imaging.whole import looks_whole

WHOLE = {
    "jpeg": pictures.jpeg,
    "png": lambda: pictures.raw_png(8, 2),
    "gif": pictures.gif,
    "animated gif": pictures.animated_gif,
    "webp": pictures.webp,
    "animated webp": pictures.animated_webp,
    "avif": pictures.avif,
    "heic": pictures.heic,
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_needs_no_decode_and_a_cut_one_does(tmp_path: Path, name: str) -> None:
    """Whole files are known by their end; whatever is cut off, from one byte to nearly all, is noticed."""
    data, path = WHOLE[name](), tmp_path / "file"
    path.write_bytes(data)
    assert looks_whole(path)
    for lost in {1, 2, 5, 20, len(data) // 3, len(data) // 2, len(data) - 64}:
        path.write_bytes(data[: len(data) - lost])
        assert not looks_whole(path), f"{lost} bytes lost"


@pytest.mark.parametrize("name", pictures.NOT_PICTURES)
def test_what_is_no_picture_is_left_to_the_decoder(tmp_path: Path, name: str) -> None:
    """The quick look never raises and never vouches for what it does not know."""
    path = tmp_path / "file"
    path.write_bytes(pictures.NOT_PICTURES[name])
    assert not looks_whole(path)


def test_a_phones_trailer_is_left_to_the_decoder(tmp_path: Path) -> None:
    """A film behind a JPEG's end is not taken for a cut."""
    path = tmp_path / "file"
    path.write_bytes(pictures.jpeg() + b"\0film" * 5000)
    assert not looks_whole(path)


def test_a_cut_picture_with_a_whole_thumbnail_is_noticed(tmp_path: Path) -> None:
    """The end of the thumbnail inside is not the end of the picture."""
    data = pictures.jpeg(1200, 800)
    thumbnail = b"\xff\xe1" + (2 + 100).to_bytes(2, "big") + b"\xff\xd8" + b"x" * 96 + b"\xff\xd9"
    path = tmp_path / "file"
    path.write_bytes((data[:2] + thumbnail + data[2:])[:-500] + b"\x55" * 5000)
    assert not looks_whole(path)
