"""What fills the room that a picture leaves on a larger canvas (imgix `fit=fill`, `fillmax`, `clamp`; B.4.4)."""

from __future__ import annotations

from math import ceil

from pyvips import Image

from imagewell.imaging.steps import gradient
from imagewell.imaging.steps.alpha import has_alpha, over, with_alpha
from imagewell.imaging.steps.planes import premultiplied
from imagewell.imaging.steps.soft import gaussian
from imagewell.transform.model import Backdrop, Fill, Fit, Gradient, Resize
from imagewell.transform.values import WHITE, Color, Size

BLUR_SHARE = 1 / 25
"""Sigma of the blurred copy, as a share of the canvas' longer side."""


def place_on_canvas(
    frame: Image, canvas: Size, offset: tuple[int, int], resize: Resize, backdrop: Backdrop | None = None
) -> Image:
    """A resized frame on its canvas, at `offset` (left, top); the frame alone when it is the whole canvas.

    A solid colour fills the room only and leaves clear pixels of the picture clear. A gradient and the blurred copy
    lie behind the whole picture. With `clamp` the picture's outermost pixels are drawn out to the edges.

    Args:
        frame: 8-bit sRGB, 3 or 4 bands, no larger than the canvas; may be sequential.
        resize: its `fit` and `fill` are read. backdrop: the stage's, for the colour where the fill names none.
    Returns: `canvas` px; 3 bands when neither the frame nor the fill lets anything through.
    """
    left, top = offset
    if (frame.width, frame.height) == (canvas.width, canvas.height):
        return frame
    if resize.fit == Fit.CLAMP:
        # The bottom edge is read again for every row below it: not for a picture that comes in once, line by line.
        return frame.copy_memory().embed(left, top, canvas.width, canvas.height, extend="copy")
    fill = resize.fill or Fill()
    if fill.kind == "solid":
        return _on_color(frame, canvas, offset, _color(fill, backdrop))
    if fill.kind == "blur":
        frame = frame.copy_memory()
        ground = blurred_cover(frame, canvas)
    else:
        ground = gradient.draw(canvas, fill.gradient or Gradient())
    return _laid(frame, ground, offset)


def blurred_cover(frame: Image, canvas: Size) -> Image:
    """A blurred copy of the picture, enlarged in its shape until it covers the canvas, its middle in the middle."""
    scale = max(canvas.width / frame.width, canvas.height / frame.height)
    sigma = max(canvas.width, canvas.height) * BLUR_SHARE

    seen = Size(
        min(frame.width, ceil(canvas.width / scale) + 2),
        min(frame.height, ceil(canvas.height / scale) + 2),
    )

    def cover(picture: Image) -> Image:
        # Blurred before it grows: the same picture for less work.
        soft = gaussian(picture, max(0.5, sigma / scale)).gravity("centre", seen.width, seen.height)
        grown = soft.resize(scale, kernel="cubic" if scale > 1 else "linear")
        return grown.gravity("centre", canvas.width, canvas.height, extend="copy")

    return premultiplied(frame, cover)


def _color(fill: Fill, backdrop: Backdrop | None) -> Color:
    behind = None if backdrop is None else backdrop.color
    return fill.color or behind or WHITE


def _on_color(frame: Image, canvas: Size, offset: tuple[int, int], color: Color) -> Image:
    if color.alpha < 1:
        frame = with_alpha(frame)
    background = list(color.rgba[: frame.bands])
    left, top = offset
    return frame.embed(left, top, canvas.width, canvas.height, extend="background", background=background)


def _laid(frame: Image, ground: Image, offset: tuple[int, int]) -> Image:
    left, top = offset
    if not has_alpha(frame):
        frame = with_alpha(frame) if has_alpha(ground) else frame
        return ground.insert(frame, left, top)
    above = frame.embed(left, top, ground.width, ground.height, extend="background", background=[0])
    return over(above, ground)
