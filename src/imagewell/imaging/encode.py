"""Encoding: which options each format gets, and a result that is either whole or not there.

Why these figures: `docs/decisions/0102-encode-settings.md`, from `bench/encode_settings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pyvips
from pyvips import Image

from imagewell.errors import StorageFull, TooLarge
from imagewell.imaging import color, icc
from imagewell.imaging.playback import Playback
from imagewell.imaging.work import CONTENT_TYPES, Rendition, part_of
from imagewell.transform.model import Format, Output
from imagewell.transform.values import WHITE, Color

KEEP_NONE, KEEP_EXIF, KEEP_IPTC, KEEP_ICC = 0, 1, 4, 8
MM_PER_INCH = 25.4

QUALITY: Mapping[Format, int] = {Format.JPEG: 75, Format.WEBP: 75, Format.AVIF: 55}
MAX_SIDE_PX: Mapping[Format, int] = {Format.JPEG: 65_500, Format.WEBP: 16_383, Format.AVIF: 16_384, Format.GIF: 65_535}
"""What the formats themselves allow."""
ANIMATED = frozenset({Format.GIF, Format.WEBP})
OPAQUE = frozenset({Format.JPEG})
PIXELS = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF, Format.GIF})

AVIF_EFFORT = 1
WEBP_EFFORT = 4
PALETTE_EFFORT = 4
MOVING_PALETTE_EFFORT = 1
"""For each frame of an animation a palette is sought anew."""
PNG_COMPRESSION = 4
SMALL_PX = 4_000_000
"""A result of so many pixels is encoded in memory, where that may spare a file."""
PNG_DEPTHS = (1, 2, 4, 8)
"""Bits of a pixel that an indexed PNG can have."""
JPEG_TABLE = 3
"""Quantisation table of ImageMagick (N. Robidoux): fewer bytes than the standard's at the same similarity."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes: back in the answer when it has at most `answer_bytes`, else into the file at `path`, which
    appears whole or not at all."""

    path: str
    answer_bytes: int = 0


def write(frames: list[Image], output: Output, target: Target, playback: Playback, behind: Color | None) -> Rendition:
    """Encode frames.

    Args:
        frames: 8-bit, 3 bands or 4 with straight alpha; one, unless the format can move.
        output: settled; its format is one of pixels.
        behind: colour under clear pixels in formats that have none; white where None or clear itself.
    Raises: TooLarge when the format cannot hold so long a side; StorageFull.
    """
    format = _format_of(output, frames)
    if format in OPAQUE:
        frames = [_flattened(frame, behind) for frame in frames]
    width, height = frames[0].width, frames[0].height
    ceiling = MAX_SIDE_PX.get(format)
    if ceiling is not None and max(width, height) > ceiling:
        raise TooLarge(ceiling, f"px a side in {format}", max(width, height))
    image = _described(_with_fewer_colors(_in_one(frames, playback), format, output), output)
    made, body = _saved(image, format, output, target)
    has_alpha = bool(frames[0].hasalpha())
    return Rendition(CONTENT_TYPES[format], width, height, made, len(frames), body=body, has_alpha=has_alpha)


def write_text(text: str, format: Format, target: Target, size: tuple[int, int]) -> Rendition:
    """Write an answer that is data."""
    data = text.encode()
    return Rendition(CONTENT_TYPES[format], *size, len(data), body=_kept(data, target))


def sha256_of(path: str) -> str:
    """Of a file that was written, 64 hex digits: by the worker, which has it at hand."""
    with Path(path).open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def is_clear(frame: Image) -> bool:
    """Whether any pixel lets something through."""
    return bool(frame.hasalpha()) and frame[frame.bands - 1].min() < 255


def _format_of(output: Output, frames: list[Image]) -> Format:
    assert output.format is not None
    if output.if_clear is None:
        return output.format
    for index, frame in enumerate(frames):
        if frame.hasalpha():
            frames[index] = frame.copy_memory()  # read twice: now, and when it is encoded
            if is_clear(frames[index]):
                return output.if_clear
    return output.format


def _flattened(frame: Image, behind: Color | None) -> Image:
    if not frame.hasalpha():
        return frame
    shade = behind if behind is not None and behind.alpha > 0 else WHITE
    ground = [round(255 + (value - 255) * shade.alpha) for value in (shade.red, shade.green, shade.blue)]
    return frame.flatten(background=ground)


def _in_one(frames: list[Image], playback: Playback) -> Image:
    """One tall image of all frames, as libvips takes an animation."""
    if len(frames) == 1:
        return frames[0]
    strip = Image.arrayjoin([frame.copy_memory() for frame in frames], across=1).copy()
    strip.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    strip.set_type(pyvips.GValue.array_int_type, "delay", list(playback.delays_ms))
    strip.set_type(pyvips.GValue.gint_type, "loop", playback.loop)
    return strip


def _with_fewer_colors(image: Image, format: Format, output: Output) -> Image:
    """Colours for a palette of a size that PNG has no depth for, chosen and dithered as a GIF: GIF has every depth.

    Clear pixels could not go that way; `_png` takes the next smaller depth for them.
    """
    if format != Format.PNG or not _is_indexed(output) or image.hasalpha() or _colors_bits(output) in PNG_DEPTHS:
        return image
    gif = image.gifsave_buffer(bitdepth=_colors_bits(output), effort=PALETTE_EFFORT, keep=KEEP_NONE)
    return Image.gifload_buffer(gif)[:3].copy_memory()


def _described(image: Image, output: Output) -> Image:
    """With the density and the colour profile that were asked for."""
    if output.dpi:
        image = _bare(image).copy(xres=output.dpi / MM_PER_INCH, yres=output.dpi / MM_PER_INCH)
    if output.profile == "adobergb1998":
        return color.to_adobe_rgb(image)
    if output.profile in ("srgb", "tinysrgb"):
        return color.with_profile(image, icc.SMALL_SRGB)
    return image


def _bare(image: Image) -> Image:
    """Without the source's EXIF: a JPEG's density is written as EXIF, and nothing of the source may go with it."""
    image = image.copy()
    for name in image.get_fields():
        if name.startswith("exif-") or name == "orientation":
            image.remove(name)
    return image


def _saved(image: Image, format: Format, output: Output, target: Target) -> tuple[int, bytes | None]:
    """Bytes written, and what they are where they are in no file."""
    keep = KEEP_IPTC if output.iptc and format == Format.JPEG else KEEP_NONE
    if output.dpi and format == Format.JPEG:
        keep |= KEEP_EXIF
    if output.profile not in (None, "strip"):
        keep |= KEEP_ICC
    saver, options = SAVERS[format](output, image)
    if target.answer_bytes and image.width * image.height <= SMALL_PX:
        data: bytes = getattr(image, f"{saver}_buffer")(keep=keep, **options)
        return len(data), _kept(data, target)
    part = Path(part_of(target.path))
    try:
        getattr(image, saver)(str(part), keep=keep, **options)
        part.replace(target.path)
    except pyvips.Error as error:
        if "No space left" in str(error):
            raise StorageFull from error
        raise
    finally:
        part.unlink(missing_ok=True)
    return Path(target.path).stat().st_size, None


def _kept(data: bytes, target: Target) -> bytes | None:
    """The bytes themselves when they may go back in the answer; else they are in the file now."""
    if len(data) <= target.answer_bytes:
        return data
    part = Path(part_of(target.path))
    try:
        part.write_bytes(data)
        part.replace(target.path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFull from error
    return None


def _quality(output: Output, format: Format) -> int:
    """1 to 100; libjpeg and libheif know no 0."""
    return max(1, QUALITY[format] if output.quality is None else output.quality)


def _jpeg(output: Output, _: Image) -> tuple[str, dict[str, Any]]:
    # libvips writes 4:2:0 or 4:4:4; who asks for 4:2:2 gets the one that loses nothing.
    chroma = {None: "auto", "420": "on", "422": "off", "444": "off"}[output.chroma]
    options = {"Q": _quality(output, Format.JPEG), "interlace": output.progressive, "subsample_mode": chroma}
    return "jpegsave", options | {"optimize_coding": True, "quant_table": JPEG_TABLE}


def _png(output: Output, image: Image) -> tuple[str, dict[str, Any]]:
    if _is_indexed(output):
        bits = _colors_bits(output)
        depth = next(depth for depth in reversed(PNG_DEPTHS) if depth <= bits)
        if depth < bits and not image.hasalpha():
            depth = next(depth for depth in PNG_DEPTHS if depth >= bits)  # there are few enough colours already
        return "pngsave", {"palette": True, "bitdepth": depth, "effort": PALETTE_EFFORT}
    # Most of a picture with alpha is clear: one filter for all of it is then smaller than choosing one for each line.
    return "pngsave", {"compression": PNG_COMPRESSION, "filter": "up" if image.hasalpha() else "all"}


def _webp(output: Output, _: Image) -> tuple[str, dict[str, Any]]:
    if output.lossless:
        return "webpsave", {"lossless": True, "effort": WEBP_EFFORT}
    smart = output.chroma == "444"
    return "webpsave", {"Q": _quality(output, Format.WEBP), "effort": WEBP_EFFORT, "smart_subsample": smart}


def _avif(output: Output, _: Image) -> tuple[str, dict[str, Any]]:
    chroma = {None: "auto", "420": "on", "422": "off", "444": "off"}[output.chroma]
    options = {"compression": "av1", "effort": AVIF_EFFORT, "bitdepth": 8}
    if output.lossless:
        return "heifsave", options | {"lossless": True}
    return "heifsave", options | {"Q": _quality(output, Format.AVIF), "subsample_mode": chroma}


def _gif(output: Output, image: Image) -> tuple[str, dict[str, Any]]:
    effort = MOVING_PALETTE_EFFORT if image.get_typeof("page-height") else PALETTE_EFFORT
    return "gifsave", {"bitdepth": _colors_bits(output), "effort": effort}


def _is_indexed(output: Output) -> bool:
    """Whether a PNG gets a palette."""
    return output.indexed and not output.true_color


def _colors_bits(output: Output) -> int:
    """Bits that hold as many colours as are asked for, rounded down: 256 colours are 8, 2 are 1."""
    return (output.colors or 256).bit_length() - 1


SAVERS: Mapping[Format, Callable[[Output, Image], tuple[str, dict[str, Any]]]] = {
    Format.JPEG: _jpeg,
    Format.PNG: _png,
    Format.WEBP: _webp,
    Format.AVIF: _avif,
    Format.GIF: _gif,
}
