"""What of the picture shows: an ellipse, rounded corners, or the light of another picture (imgix `mask`)."""

from __future__ import annotations

from pyvips import Image

from imagewell.errors import InvalidParameter
from imagewell.imaging.context import Context
from imagewell.imaging.steps import shapes
from imagewell.imaging.steps.alpha import OPAQUE, as_srgb, covered, has_alpha, size_of, solid, with_alpha
from imagewell.imaging.steps.planes import in_8_bits, luminance
from imagewell.transform.geometry import corner_radii
from imagewell.transform.model import Mask
from imagewell.transform.values import Color, Size


def apply(frames: list[Image], op: Mask, ctx: Context) -> list[Image]:
    """Every frame behind the mask. What is hidden is clear, or of the background colour; a frame without alpha in
    front of an opaque background keeps 3 bands."""
    shape = _coverage(size_of(frames[0]), op, ctx).copy_memory()
    if op.background is None:
        return [covered(frame, shape) for frame in frames]
    return [_filled(frame, shape, op.background) for frame in frames]


def _coverage(size: Size, op: Mask, ctx: Context) -> Image:
    if op.kind == "ellipse":
        return shapes.ellipse(size)
    if op.kind == "corners":
        return shapes.rounded_box(size, corner_radii(size, op.radii))
    if op.image is None:
        raise InvalidParameter("mask", "no picture", "ellipse, corners, or the address of a picture")
    return _light(ctx.open(op.image), size)


def _light(picture: Image, size: Size) -> Image:
    """Luminance times alpha of a picture, stretched to the frame."""
    light = luminance(picture[:3])
    if has_alpha(picture):
        light = light * picture[3] / OPAQUE
    across, down = size.width / picture.width, size.height / picture.height
    stretched = light.resize(across, vscale=down, kernel="linear" if max(across, down) > 1 else "lanczos3")
    # libvips may round a side up or down by a pixel.
    return in_8_bits(stretched.gravity("centre", size.width, size.height, extend="copy"))


def _filled(frame: Image, shape: Image, background: Color) -> Image:
    """A mix of frame and background by coverage; unlike one laid over the other it lets nothing through the edge."""
    if not has_alpha(frame) and background.alpha >= 1:
        ground = solid(size_of(frame), background, 3)
        return as_srgb((frame * shape + ground * (shape * -1 + OPAQUE)) / OPAQUE)
    picture = with_alpha(frame).premultiply()
    ground = solid(size_of(frame), background).premultiply()
    mixed = (picture * shape + ground * (shape * -1 + OPAQUE)) / OPAQUE
    return as_srgb(mixed.unpremultiply())
