"""From the picture as it was read to the frame that was asked for (imgix `fit`, `crop`, `fill`)."""

from __future__ import annotations

from dataclasses import replace

from pyvips import Image

from imagewell.errors import TooLarge
from imagewell.imaging.context import Context
from imagewell.imaging.steps import crop, faces, fill
from imagewell.transform.geometry import Area, Placement, place
from imagewell.transform.model import Fit, Focus, Resize
from imagewell.transform.values import Size

KERNEL = "lanczos3"


def apply(frames: list[Image], op: Resize | None, ctx: Context) -> list[Image]:
    """Every frame cut, scaled, converted to 8-bit sRGB and placed on its canvas.

    Without an operation the picture is still made to fit under the ceiling on sides. All frames are cut alike, by
    what the first one shows; what `facearea` comes to takes its place in the stage, for the steps that follow.
    Raises: TooLarge when all frames together, padding included, would be more pixels than are allowed.
    """
    op, area = (None, None) if op is None else faces.settled(frames[0], op, ctx)
    if op is not ctx.stage.resize:
        ctx.stage = replace(ctx.stage, resize=op)
    placement = placed(frames, op, ctx, area)
    if placement.frame.pixels * len(frames) > ctx.limits.max_pixels:
        raise TooLarge(ctx.limits.max_pixels, "pixels", placement.frame.pixels * len(frames))
    frames = [_converted(_cut(frame, ctx.source, placement), placement.scaled, ctx) for frame in frames]
    ctx.convert = None
    if op is not None and op.focal is not None and op.focal.mark and Focus.FOCALPOINT in op.focus:
        frames = [crop.marked(frame, op.focal, placement, ctx.source) for frame in frames]
    if op is None or not placement.leaves_room:
        return frames
    return [fill.place_on_canvas(frame, placement.canvas, placement.offset, op, ctx.stage.backdrop) for frame in frames]


def placed(frames: list[Image], op: Resize | None, ctx: Context, area: Area | None = None) -> Placement:
    """Where the picture goes, after looking at it where the operation asks for that.

    Args:
        area: what `facearea` shows.
    """
    stage = ctx.stage
    placement = place(ctx.source, op, stage.pad, ctx.limits.max_side_px, None, area)
    if op is None or op.fit is not Fit.CROP:
        return placement
    focal = crop.find(frames[0], op.focus, placement, ctx)
    return placement if focal is None else place(ctx.source, op, stage.pad, ctx.limits.max_side_px, focal)


def scaled(image: Image, size: Size) -> Image:
    """An image resized to exactly `size`; where it has alpha, clear pixels do not colour their neighbours."""
    if (image.width, image.height) == (size.width, size.height):
        return image
    across, down = size.width / image.width, size.height / image.height
    if not image.hasalpha():
        return image.resize(across, vscale=down, kernel=KERNEL)
    # Back to whole numbers before the resize: libvips resizes 8-bit samples several times as fast as floats.
    flat = (image.premultiply() + 0.5).cast(image.format) if image.format == "uchar" else image.premultiply()
    return flat.resize(across, vscale=down, kernel=KERNEL).unpremultiply().cast(image.format)


def _cut(frame: Image, source: Size, placement: Placement) -> Image:
    """The part of a frame that is kept, to the nearest whole px of the frame."""
    across, down = frame.width / source.width, frame.height / source.height
    left, top, width, height = placement.crop
    left_px, top_px = _whole(left * across, frame.width - 1), _whole(top * down, frame.height - 1)
    right_px, bottom_px = _whole((left + width) * across, frame.width), _whole((top + height) * down, frame.height)
    if placement.scaled == Size(round(width * across), round(height * down)):
        # Nothing is left to scale: cut exactly the size that is wanted.
        left_px = min(left_px, frame.width - placement.scaled.width)
        top_px = min(top_px, frame.height - placement.scaled.height)
        right_px, bottom_px = left_px + placement.scaled.width, top_px + placement.scaled.height
    kept = (left_px, top_px, max(1, right_px - left_px), max(1, bottom_px - top_px))
    return frame if kept == (0, 0, frame.width, frame.height) else frame.crop(*kept)


def _converted(frame: Image, size: Size, ctx: Context) -> Image:
    """Scaled and converted, in the order that touches fewer pixels."""
    if ctx.convert is None:
        return scaled(frame, size)
    if frame.width * frame.height > size.pixels:
        return ctx.convert(scaled(frame, size))
    return scaled(ctx.convert(frame), size)


def _whole(position: float, most: int) -> int:
    return min(max(0, round(position)), most)
