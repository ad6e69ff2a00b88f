"""The step "rotate": degrees counter-clockwise. Source: imgix B.5.2.

`straighten` keeps the frame and zooms the turned picture until it covers it. `pivot` shows the whole picture with clear
corners: within the frame where a width or height was asked for, else in the box it needs. A backdrop colour gets behind
the corners in its own step.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

from pyvips import Image, Interpolate

from imagewell.imaging.context import Context
from imagewell.imaging.steps.planes import premultiplied
from imagewell.transform.geometry import pivot_size, straighten_zoom
from imagewell.transform.model import Resize, Rotate
from imagewell.transform.values import Size


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
    return [_rotated(frame, degrees, wanted, show_corners=op.kind == "pivot") for frame in frames]


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


def _rotated(frame: Image, degrees: float, wanted: Turn, show_corners: bool) -> Image:
    if wanted.zoom < 1:
        # An affine looks at few pixels around a point: shrinking is better done before it.
        frame, wanted = _shrunk(frame, wanted.zoom), Turn(wanted.frame, 1.0)
    if degrees % 90 == 0:
        frame, degrees = _by_quarters(frame, degrees), 0.0
        if wanted.zoom == 1:
            return _in_frame(frame, wanted.frame)
    if show_corners:
        clear = frame if frame.bands == 4 else frame.addalpha()
        return premultiplied(clear, lambda picture: _turned(picture, degrees, wanted, extend="background"))
    return premultiplied(frame, lambda picture: _turned(picture, degrees, wanted, extend="copy"))


def _by_quarters(frame: Image, degrees: float) -> Image:
    turns = {0: "d0", 90: "d270", 180: "d180", 270: "d90"}
    return frame.rot(turns[int(degrees % 360)])  # libvips counts clockwise


def _turned(picture: Image, degrees: float, wanted: Turn, extend: str) -> Image:
    """The picture turned and zoomed about its middle, which comes to lie in the middle of the frame."""
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
        background=[0],
        premultiplied=True,
    )


def _shrunk(frame: Image, zoom: float) -> Image:
    width, height = max(1, round(frame.width * zoom)), max(1, round(frame.height * zoom))

    def scaled(picture: Image) -> Image:
        # libvips may round a side up or down by a pixel.
        resized = picture.resize(width / picture.width, vscale=height / picture.height)
        return resized.gravity("centre", width, height, extend="copy")

    return premultiplied(frame, scaled)


def _in_frame(frame: Image, size: Size) -> Image:
    """The middle of the frame; where it is smaller than that size, a clear margin around it."""
    if frame.width < size.width or frame.height < size.height:
        frame = frame if frame.bands == 4 else frame.addalpha()
    return frame.gravity("centre", size.width, size.height, extend="background", background=[0])
