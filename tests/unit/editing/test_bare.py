"""Files without what is beside their picture: the same pixels, and nothing else left."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin
from tests import pictures

from imagewell.editing.bare import MustRender, bare
from imagewell.errors import UnreadableImage

GPS = 0x8825
PRIVATE = b"taken at home by Ada"


def exif(orientation: int | None = None) -> bytes:
    made = Image.Exif()
    made[0x010E] = PRIVATE.decode()
    made.get_ifd(GPS)[1] = "N"
    if orientation:
        made[0x0112] = orientation
    return made.tobytes()


def noise(mode: str = "RGB") -> Image.Image:
    bands = len(mode)
    values = np.random.default_rng(7).integers(0, 255, (40, 60, bands), dtype=np.uint8)
    return Image.fromarray(values[..., 0] if bands == 1 else values, mode)


def saved(picture: Image.Image, format: str, **options: object) -> bytes:
    return pictures.saved(picture, format, **options)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def remark() -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_text("Comment", PRIVATE.decode())
    return made


def stripped(data: bytes, format: str, folder: Path) -> bytes | None:
    """What `bare` makes of a file; None where it says that there is nothing to do."""
    came, made = folder / "came", folder / "made"
    came.write_bytes(data)
    made.unlink(missing_ok=True)
    changed = bare(came, format, made)
    assert changed == made.exists()
    return made.read_bytes() if changed else None


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def xmp(data: bytes) -> bytes:
    """A JPEG with an XMP segment, a comment and a thumbnail before its picture, and a film behind its end."""
    packet = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + PRIVATE + b"</x:xmpmeta>"
    segments = b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet
    segments += b"\xff\xfe" + struct.pack(">H", len(PRIVATE) + 2) + PRIVATE
    return data[:2] + segments + data[2:] + PRIVATE * 10


CASES = {
    "jpeg with EXIF": (saved(noise(), "JPEG", exif=exif()), "jpeg"),
    "jpeg with XMP, comment, film": (xmp(saved(noise(), "JPEG")), "jpeg"),
    "progressive jpeg with EXIF": (saved(noise(), "JPEG", progressive=True, exif=exif()), "jpeg"),
    "grey jpeg with restarts": (saved(noise("L"), "JPEG", restart_marker_rows=1, exif=exif()), "jpeg"),
    "png with text and EXIF": (saved(noise("RGBA"), "PNG", exif=exif(), pnginfo=remark()), "png"),
    "palette png with trailing data": (saved(noise().quantize(16), "PNG") + PRIVATE, "png"),
    "lossless webp with EXIF": (saved(noise("RGBA"), "WEBP", lossless=True, exif=exif()), "webp"),
    "lossy webp with XMP": (saved(noise(), "WEBP", xmp=PRIVATE), "webp"),
    "lossy webp with alpha and EXIF": (saved(noise("RGBA"), "WEBP", exif=exif()), "webp"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_picture_stays_and_the_rest_goes(name: str, tmp_path: Path) -> None:
    """Every sample is as it was, and nothing that was beside the picture is in the file."""
    data, format = CASES[name]
    made = stripped(data, format, tmp_path)
    assert made is not None
    assert np.array_equal(pixels(data), pixels(made))
    for left_out in (PRIVATE, b"Exif", b"EXIF", b"eXIf", b"xmp"):
        assert left_out not in made
    with Image.open(io.BytesIO(made)) as picture:
        assert not picture.getexif()
    assert stripped(made, format, tmp_path) is None


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_bare_file_is_left_alone(format: str, tmp_path: Path) -> None:
    """Where there is nothing to leave out, nothing is written."""
    assert stripped(saved(noise(), format), format.lower(), tmp_path) is None


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (saved(noise(), "JPEG", icc_profile=profile()), "jpeg"),
        (saved(noise().convert("CMYK"), "JPEG"), "jpeg"),
        (saved(noise(), "PNG", icc_profile=profile()), "png"),
        (saved(noise(), "WEBP", icc_profile=profile()), "webp"),
        (saved(noise(), "WEBP", save_all=True, append_images=[noise("L").convert("RGB")]), "webp"),
    ],
    ids=["jpeg profile", "cmyk", "png profile", "webp profile", "webp frames"],
)
def test_what_would_look_different_has_to_be_rendered(data: bytes, format: str, tmp_path: Path) -> None:
    """A profile, four inks and several frames are part of what is seen."""
    with pytest.raises(MustRender):
        stripped(data, format, tmp_path)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", CASES)
def test_bent_files_are_refused_or_read(name: str, tmp_path: Path) -> None:
    """Cut and changed bytes end in a refusal or a file, never in another error, and nothing is read past the end."""
    data, format = CASES[name]
    chance = random.Random(3)
    for _ in range(60):
        bent = bytearray(data[: chance.randrange(14, len(data) + 1)])
        for _ in range(chance.randrange(4)):
            bent[chance.randrange(12, len(bent))] = chance.randrange(256)
        try:
            made = stripped(bytes(bent), format, tmp_path)
        except (UnreadableImage, MustRender):
            continue
        assert made is None or len(made) <= len(bent)
