"""Files whose end is missing."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest
from tests import pictures

from imagewell.imaging import complete

WHOLE = {
    "jpeg": pictures.jpeg,
    "jpeg, progressive": lambda: pictures.jpeg(progressive=True),
    "jpeg, thumbnail": pictures.gps_jpeg,
    "png": pictures.png,
    "webp": pictures.webp,
    "gif": pictures.gif,
    "avif": pictures.avif,
    "heic": pictures.heic,
}


def look(folder: Path, name: str, data: bytes) -> bool:
    path = folder / "file"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return complete.has_its_end(name.split(",")[0], mapped)


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_has_its_end_until_it_is_cut(name: str, tmp_path: Path) -> None:
    """Whole files pass; the same files without their second half, or their last bytes, do not."""
    data = WHOLE[name]()
    assert look(tmp_path, name, data)
    assert not look(tmp_path, name, data[: len(data) // 2])
    assert not look(tmp_path, name, data[:-3])


def test_a_thumbnails_end_is_not_the_pictures(tmp_path: Path) -> None:
    """A JPEG cut after a thumbnail in its metadata is cut short, though an end marker is in it."""
    whole = pictures.jpeg()
    thumbnail = pictures.jpeg(16, 16)
    block = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    data = whole[:2] + block + whole[2:]
    assert look(tmp_path, "jpeg", data)
    assert not look(tmp_path, "jpeg", data[: len(data) - len(whole) // 3])


def test_segments_without_end_are_given_up(tmp_path: Path) -> None:
    """A JPEG of nothing but empty segments is refused after a bounded look."""
    assert not look(tmp_path, "jpeg", b"\xff\xd8" + b"\xff\xe0\0\2" * 50_000)
