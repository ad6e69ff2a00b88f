"""Guarded decoding: the one allowed loader for what the bytes are, header first, from a memory map.

A file is opened (`open_input`), which reads its header and checks it against the limits, and then loaded, which starts
to decode. Nothing here looks at a file's name or at what a client said of it.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyvips
from pyvips import Image

from imagewell.errors import NotFound, RenderFailed, TooLarge, UnreadableImage, UnsupportedFormat
from imagewell.imaging import complete, jpeg_decode, pillow_decode, probe, svg
from imagewell.imaging.work import Facts
from imagewell.transform.limits import Limits, check_picture
from imagewell.transform.values import Size

LOADERS: Mapping[str, str] = {
    "jpeg": "jpegload_source",
    "png": "pngload_source",
    "webp": "webpload_source",
    "avif": "heifload_source",
    "gif": "gifload_source",
    "tiff": "tiffload_source",
    "svg": "svgload_source",
}
LOADER_CLASSES = (
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadHeif",
    "VipsForeignLoadNsgif",
    "VipsForeignLoadTiff",
    "VipsForeignLoadSvg",
)
ANIMATED = frozenset({"gif", "webp"})
PAGED = frozenset({"tiff", "avif"})
MAX_BANDS = 5
"""CMYK with alpha."""
ENOUGH_LEFT: Mapping[int, float] = {8: 1.5, 4: 1.25, 2: 1.25}
"""What the resize must still shrink by after the JPEG decoder has shrunk by 8, 4 or 2: see docs/decisions/0102."""
WEBP_LEFT = 1.5
"""The same for WebP, whose decoder shrinks by any factor."""
WEBP_WORTH_IT = 0.5


def block_other_loaders() -> None:
    """Let libvips read the formats on our list and no other, whatever it was built with."""
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in LOADER_CLASSES:
        pyvips.operation_block_set(name, False)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what libvips and its Python binding raise on bad data into our refusals."""
    try:
        yield
    except pyvips.Error as error:
        if "out of memory" in str(error):
            raise RenderFailed("it needs more memory than is allowed") from error
        raise UnreadableImage from error
    except UnicodeDecodeError as error:
        raise UnreadableImage("its text is in no known encoding") from error


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose header was read and is within the limits.

    facts: sizes are of the picture turned upright.
    header: the picture as its loader opened it, no pixel read; blank where the loader is not libvips'.
    pages: pages or frames in the file, which `facts.frames` counts only where they are an animation.
    delays_ms, loop: of an animation; loop 0 is for ever.
    """

    facts: Facts
    header: Image
    data: mmap.mmap
    limits: Limits
    pages: int = 1
    delays_ms: tuple[int, ...] = ()
    loop: int = 0

    def load(self, *, scale: float = 1.0, first: int = 0, count: int = 1, random: bool = False) -> list[Image]:
        """Frames as the decoder gives them: not turned, not converted, of any depth.

        Args:
            scale: the picture may come shrunk, but no smaller than this share of its size; a drawing may come larger.
            first, count: frames or pages.
            random: whether it will be read out of order; else one still frame is decoded as it is read.
        """
        with translated():
            return self._load(scale, first, count, random)

    def _load(self, scale: float, first: int, count: int, random: bool) -> list[Image]:
        name = self.facts.format
        if name in pillow_decode.FORMATS:
            return [pillow_decode.load(self.data, name, self.limits)]
        options: dict[str, Any] = {}
        if name == "jpeg":
            shrink = jpeg_shrink(scale)
            small = jpeg_decode.load(self.data, self.header, shrink)
            if small is not None:
                return [small]
            options = {"shrink": shrink}
        elif name == "svg":
            options = {"scale": max(scale, 1 / min(self.header.width, self.header.height))}
        elif name == "webp" and self.pages == 1 and scale < WEBP_WORTH_IT:
            options = {"scale": max(scale * WEBP_LEFT, 1 / min(self.header.width, self.header.height))}
        elif name in ANIMATED | PAGED and (first, count) != (0, 1):
            options = {"page": first, "n": count}
        image = _vips(name, self.data, access="random" if random or count > 1 else "sequential", **options)
        if count == 1:
            return [image.copy_memory() if random else image]
        return _frames(image.copy_memory())


def open_input(path: str, limits: Limits) -> Opened:
    """Read a file's header and check it.

    Raises: NotFound, UnsupportedFormat, TooLarge, UnreadableImage.
    """
    data = _mapped(path)
    found = probe.sniff(data[: probe.HEAD_BYTES])
    if found is None:
        raise UnsupportedFormat("of this file", probe.SUPPORTED)
    if not complete.has_its_end(found, data):
        raise UnreadableImage("it is cut short")
    with translated():
        if found == "svg":
            for picture in svg.check(data, limits):
                _check_embedded(picture, limits)
        return _opened(found, data, limits)


def _check_embedded(picture: bytes, limits: Limits) -> None:
    """The header of a picture inside a drawing: librsvg would decode it whatever its size."""
    found = probe.sniff(picture[: probe.HEAD_BYTES])
    if found not in ("jpeg", "png", "gif", "webp"):
        raise UnreadableImage("a picture embedded in it is broken")
    header = _vips(found, picture, access="sequential")
    _check(header, 1, 1, limits)


def _opened(name: str, data: mmap.mmap, limits: Limits) -> Opened:
    if name in pillow_decode.FORMATS:
        facts = pillow_decode.header(data, name, limits)
        blank = Image.black(facts.width, facts.height, bands=4 if facts.has_alpha else 3)
        return Opened(facts, blank.copy(interpretation="srgb"), data, limits)
    header = _vips(name, data, access="sequential")
    pages = header.get("n-pages") if header.get_typeof("n-pages") else 1
    frames = pages if name in ANIMATED else 1
    _check(header, pages, frames, limits)
    orientation = header.get("orientation") if header.get_typeof("orientation") and name != "avif" else 1
    orientation = orientation if 1 <= orientation <= 8 else 1
    width, height = header.width, header.height
    if orientation >= 5:
        width, height = height, width
    facts = Facts(name, width, height, frames, bool(header.hasalpha()), orientation)
    return Opened(facts, header, data, limits, pages, *_timing(header, frames))


def check_size(width: int, height: int, frames: int, limits: Limits) -> None:
    """Raises TooLarge for a header past the limits, UnreadableImage for one of no pixels."""
    if width < 1 or height < 1 or frames < 1:
        raise UnreadableImage("its header names no pixels")
    check_picture(Size(width, height), frames, limits)


def _check(header: Image, pages: int, frames: int, limits: Limits) -> None:
    check_size(header.width, header.height, frames, limits)
    if pages > 10 * limits.max_frames:
        raise TooLarge(10 * limits.max_frames, "pages", pages)
    if header.bands > MAX_BANDS:
        raise UnreadableImage(f"it has {header.bands} channels")
    if header.format in ("complex", "dpcomplex"):
        raise UnreadableImage("its samples are complex numbers")


def jpeg_shrink(scale: float) -> int:
    """By how much the JPEG decoder shrinks, when `scale` of the size is needed."""
    for shrink, enough in ENOUGH_LEFT.items():
        if 1 / scale >= shrink * enough:
            return shrink
    return 1


def _mapped(path: str) -> mmap.mmap:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound("input") from None
    try:
        if os.fstat(descriptor).st_size == 0:
            raise UnreadableImage("it is empty")
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)


def _vips(name: str, data: mmap.mmap | bytes, **options: Any) -> Image:
    source = pyvips.Source.new_from_memory(data)
    image: Image = pyvips.Operation.call(LOADERS[name], source, fail_on="error", **options)
    # The map must outlive every image made from it; pyvips hands these references on from image to image.
    image._references.append(data)
    return image


def _frames(strip: Image) -> list[Image]:
    """The frames of an animation, which libvips stacks into one tall image."""
    height = strip.get("page-height") if strip.get_typeof("page-height") else strip.height
    count = strip.height // height
    return [strip.crop(0, index * height, strip.width, height) for index in range(count)]


def _timing(header: Image, frames: int) -> tuple[tuple[int, ...], int]:
    if frames == 1:
        return (), 0
    delays = header.get("delay") if header.get_typeof("delay") else []
    delays = [min(max(0, int(delay)), 655_350) for delay in delays][:frames]
    delays += [delays[-1] if delays else 100] * (frames - len(delays))
    loop = header.get("loop") if header.get_typeof("loop") else 0
    return tuple(delays), min(max(0, int(loop)), 65_535)
