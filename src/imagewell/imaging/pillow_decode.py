"""What the bundled libvips does not read: HEIC through pillow-heif, BMP and ICO through Pillow.

One decoder is opened for one format, by name; what Pillow only warns of is an error here.
"""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, cast

import pyvips
from PIL import Image

from imagewell.errors import Refusal, RenderFailed, TooLarge, UnreadableImage
from imagewell.imaging.work import Facts
from imagewell.transform.limits import Limits

FORMATS: Mapping[str, str] = {"heic": "HEIF", "bmp": "BMP", "ico": "ICO"}
STRIP_ROWS = 128
INTERPRETATIONS = {"L": "b-w", "LA": "b-w", "RGB": "srgb", "RGBA": "srgb"}


def header(data: mmap.mmap, name: str, limits: Limits) -> Facts:
    """Facts from the header. Raises TooLarge, UnreadableImage."""
    with _opened(data, name, limits.max_pixels) as picture:
        width, height = picture.size
        if max(width, height) > limits.max_input_side_px:
            raise TooLarge(limits.max_input_side_px, "px a side", max(width, height))
        if width * height > limits.max_pixels:
            raise TooLarge(limits.max_pixels, "pixels", width * height)
        return Facts(name, width, height, has_alpha=_has_alpha(picture))


def load(data: mmap.mmap, name: str, limits: Limits) -> pyvips.Image:
    """Every pixel, in memory, with its colour profile. HEIC comes turned upright by its decoder."""
    with _opened(data, name, limits.max_pixels) as picture:
        picture.load()
        profile = picture.info.get("icc_profile")
        mode = "RGBA" if _has_alpha(picture) else "L" if picture.mode == "L" else "RGB"
        picture = picture if picture.mode == mode else picture.convert(mode)
        bands = len(picture.getbands())
        image = pyvips.Image.new_from_memory(_bytes(picture), picture.width, picture.height, bands, "uchar")
        image = image.copy(interpretation=INTERPRETATIONS[picture.mode])
        if profile:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        return image


def _bytes(picture: Any) -> bytearray:
    """Every sample. Strip by strip: Pillow's own `tobytes` holds the picture twice more while it works."""
    row = picture.width * len(picture.getbands())
    samples = bytearray(row * picture.height)
    for top in range(0, picture.height, STRIP_ROWS):
        bottom = min(top + STRIP_ROWS, picture.height)
        samples[top * row : bottom * row] = picture.crop((0, top, picture.width, bottom)).tobytes()
    return samples


def _has_alpha(picture: Any) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info


@contextmanager
def _opened(data: mmap.mmap, name: str, max_pixels: int) -> Iterator[Any]:
    """The picture as Pillow opens it, and Pillow's many errors as ours."""
    if name == "heic":
        _register_heif()
    data.seek(0)
    try:
        with _pillow_limited(max_pixels), Image.open(cast(IO[bytes], data), formats=[FORMATS[name]]) as picture:
            yield picture
    except Refusal:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise TooLarge(max_pixels, "pixels") from error
    except MemoryError as error:
        raise RenderFailed("it needs more memory than is allowed") from error
    except Exception as error:
        # Pillow and its plugins raise OSError, SyntaxError, ValueError, struct.error and more on broken data.
        raise UnreadableImage from error


@contextmanager
def _pillow_limited(max_pixels: int) -> Iterator[None]:
    """Pillow's own bomb check at our limit. It is a setting of the whole process, so it goes back after."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    pillow_heif.options.DECODE_THREADS = 1
