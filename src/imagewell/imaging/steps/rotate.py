"""The step "rotate": degrees counter-clockwise. Source: imgix B.5.2.

`straighten` keeps the frame and zooms the turned picture until it covers it. `pivot` shows the whole picture, within
the frame where a width or height was asked for, else in the box it needs. Its corners are clear, or of the colour that
is asked for; a backdrop gets behind clear ones in its own step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import cos, radians, sin

from pyvips import Image, Interpolate

from imagewell.imaging.context import Context
from imagewell.imaging.steps import backdrop
from imagewell.imaging.steps.alpha import OPAQUE, has_alpha, with_alpha
from imagewell.imaging.steps.planes import premultiplied
from imagewell.transform.geometry import pivot_size, straighten_zoom
from imagewell.transform.model import Backdrop, Resize, Rotate
from imagewell.transform.values import Color, Size

CLEAR_BLACK = Color(0, 0, 0, 0.0)
"""What is drawn where nothing is: it changes no colour that is multiplied by its alpha."""


@dataclass(frozen=True, slots=True)
class Turn:
    """frame: size of the result; zoom: what the picture is multiplied by as it is turned about its middle, which comes
    to lie in the middle of the frame."""

    frame: Size
    zoom: float


def apply(frames: list[Image], op: Rotate, ctx: Context) -> list[Image]:
    """All frames keep, or get, one size."""
    degrees = op.degrees % 360
    if not degrees:
        return frames
    size = Size(frames[0].width, frames[0].height)
    if op.kind == "straighten":
        wanted = Turn(size, straighten_zoom(size, degrees))
    else:
        wanted = _pivot(size, degrees, _framed(ctx.stage.resize), ctx.limits.max_side_px)
    corners = (op.corners or CLEAR_BLACK) if op.kind == "pivot" else None
    return [_rotated(frame, degrees, wanted, corners) for frame in frames]


def _pivot(size: Size, degrees: float, keep_frame: bool, max_side_px: int) -> Turn:
    """The whole picture within its old frame, or in a frame of its own that is no larger than allowed."""
    whole = pivot_size(size, degrees)
    if keep_frame:
        return Turn(size, min(1.0, size.width / whole.width, size.height / whole.height))
    zoom = min(1.0, max_side_px / max(whole.width, whole.height))
    return Turn(Size(max(1, int(whole.width * zoom)), max(1, int(whole.height * zoom))), zoom)


def _framed(resize: Resize | None) -> bool:
    """Whether a size was asked for, which a pivot must then keep."""
    return resize is not None and (resize.width is not None or resize.height is not None)


def _rotated(frame: Image, degrees: float, wanted: Turn, corners: Color | None) -> Image:
    """The frame turned; without a colour for its corners they are its outermost pixels, drawn out."""
    if wanted.zoom < 1:
        # An affine looks at few pixels around a point: shrinking is better done before it.
        frame, wanted = _shrunk(frame, wanted.zoom), Turn(wanted.frame, 1.0)
    if degrees % 90 == 0:
        frame, degrees = _by_quarters(frame, degrees), 0.0
        if wanted.zoom == 1:
            return _in_frame(frame, wanted.frame, corners or CLEAR_BLACK)
    if corners is None:
        return premultiplied(frame, lambda picture: _turned(picture, degrees, wanted, "copy", CLEAR_BLACK))
    if has_alpha(frame):
        return premultiplied(frame, lambda picture: _turned(picture, degrees, wanted, "background", corners))
    # An opaque picture is laid on its corners afterwards: blended while it turns, its edge would ring.
    bare = partial(_turned, degrees=degrees, wanted=wanted, extend="background", corners=CLEAR_BLACK)
    turned = premultiplied(with_alpha(frame), bare)
    return backdrop.lay(turned, Backdrop(color=corners)) if corners.alpha > 0 else turned


def _by_quarters(frame: Image, degrees: float) -> Image:
    turns = {0: "d0", 90: "d270", 180: "d180", 270: "d90"}
    return frame.rot(turns[int(degrees % 360)])  # libvips counts clockwise


def _turned(picture: Image, degrees: float, wanted: Turn, extend: str, corners: Color) -> Image:
    """The picture turned and zoomed about its middle, which comes to lie in the middle of the frame.

    What lies around it is blended into its edge, so that there are no steps.
    """
    *channels, alpha = corners.rgba
    background = [channel * alpha / OPAQUE for channel in channels] + [alpha]
    along, across = wanted.zoom * cos(radians(degrees)), wanted.zoom * sin(radians(degrees))
    return picture.affine(
        [along, across, -across, along],
        interpolate=Interpolate.new("bicubic"),
        # Pixels are squares, not points: the middle of a picture 4 px wide lies at 1.5.
        idx=-(picture.width - 1) / 2,
        idy=-(picture.height - 1) / 2,
        odx=(wanted.frame.width - 1) / 2,
        ody=(wanted.frame.height - 1) / 2,
        oarea=[0, 0, wanted.frame.width, wanted.frame.height],
        extend=extend,
        background=background[: picture.bands],
        premultiplied=True,
    )


def _shrunk(frame: Image, zoom: float) -> Image:
    width, height = max(1, round(frame.width * zoom)), max(1, round(frame.height * zoom))

    def scaled(picture: Image) -> Image:
        # libvips may round a side up or down by a pixel.
        resized = picture.resize(width / picture.width, vscale=height / picture.height)
        return resized.gravity("centre", width, height, extend="copy")

    return premultiplied(frame, scaled)


def _in_frame(frame: Image, size: Size, corners: Color) -> Image:
    """The middle of the frame; where it is smaller than that size, a margin of that colour around it."""
    if corners.alpha < 1 and (frame.width < size.width or frame.height < size.height):
        frame = with_alpha(frame)
    background = list(corners.rgba[: frame.bands])
    return frame.gravity("centre", size.width, size.height, extend="background", background=background)
