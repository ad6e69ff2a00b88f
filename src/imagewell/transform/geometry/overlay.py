"""How large an overlay is and where it sits (imgix B.8.1). `base` is the picture that it is laid over."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from imagewell.transform.geometry.exact import exact, half_up, length_px, whole_side
from imagewell.transform.geometry.place import MAX_SIDE_PX, place
from imagewell.transform.geometry.placement import Placement
from imagewell.transform.model import ColorOverlay, ImageOverlay, Place, Resize
from imagewell.transform.values import Length, Size


@dataclass(frozen=True, slots=True)
class Tiles:
    """A grid of equal cells that covers the base, or a band of it: the first at left, top, the next one `step` further
    on; a cell is the overlay at its top left and the gap that follows. The last ones may stand over the edge."""

    left: int
    top: int
    step: Size
    across: int
    down: int


def overlay_placement(
    base: Size,
    picture: Size,
    overlay: ImageOverlay,
    max_side_px: int = MAX_SIDE_PX,
    focal_override: tuple[float, float] | None = None,
) -> Placement:
    """What is taken of the overlaid picture and what it is resized to: as `place`, but shares are of the base's sides.
    A `scale` counts where neither side is given; with none of them the picture keeps its own size."""
    resize = Resize(
        width=_of(overlay.width, base.width),
        height=_of(overlay.height, base.height),
        fit=overlay.fit,
        focus=overlay.focus,
    )
    if resize.width is None and resize.height is None and overlay.scale is not None:
        resize = Resize(width=Length(float(exact(overlay.scale) * base.width / 100)))
    return place(picture, resize, None, max_side_px, focal_override)


def color_size(base: Size, overlay: ColorOverlay) -> Size:
    """The area that a flat colour covers; a side that is not given is the base's. Never larger than the base."""
    width = base.width if overlay.width is None else whole_side(length_px(overlay.width, base.width))
    height = base.height if overlay.height is None else whole_side(length_px(overlay.height, base.height))
    return Size(min(width, base.width), min(height, base.height))


def is_drawn(base: Size, overlay: ImageOverlay) -> bool:
    """Whether the base is large enough for this overlay."""
    return base.width >= overlay.min_base_width and base.height >= overlay.min_base_height


def overlay_box(base: Size, overlay: Size, place: Place) -> tuple[int, int]:
    """Left and top of an overlay of that size; it may stand over the base's edges.

    On each axis x or y wins over alignment and padding, and puts the overlay's anchor there; in the middle of an axis
    padding does nothing.
    """
    return (
        _at(place.x, place.anchor[0], place.horizontal, place.pad_px, base.width, overlay.width),
        _at(place.y, place.anchor[1], place.vertical, place.pad_px, base.height, overlay.height),
    )


def tiles(base: Size, overlay: Size, place: Place) -> Tiles:
    """The grid of a tiled overlay. It begins at x and y, else one gap from the top left; alignment does nothing."""
    gap = max(0, half_up(exact(place.pad_px)))
    step = Size(overlay.width + gap, overlay.height + gap)
    left = _first_tile(gap if place.x is None else half_up(length_px(place.x, base.width)), step.width)
    top = _first_tile(gap if place.y is None else half_up(length_px(place.y, base.height)), step.height)
    across, down = ceil((base.width - left) / step.width), ceil((base.height - top) / step.height)
    return Tiles(left, top, step, max(0, across), max(0, down))


def repeated(base: Size, overlay: Size, place: Place, along: Literal["both", "x", "y"]) -> Tiles:
    """Copies without gaps from where a single overlay would sit, in both directions along the named axes."""
    left, top = overlay_box(base, overlay, place)
    across = down = 1
    if along != "y":
        left = -(-left % overlay.width)
        across = ceil((base.width - left) / overlay.width)
    if along != "x":
        top = -(-top % overlay.height)
        down = ceil((base.height - top) / overlay.height)
    return Tiles(left, top, overlay, across, down)


def _first_tile(start: int, step: int) -> int:
    """Where the first tile that can be seen begins: a grid may begin far outside the base."""
    return start if start > -step else -(-start % step)


def _of(length: Length | None, side: int) -> Length | None:
    """A share of the base's side in px, so that nothing takes it for a share of the overlay's own."""
    return Length(float(length_px(length, side))) if length is not None and length.share else length


def _at(at: Length | None, anchor: float, align: str, pad_px: float, base: int, overlay: int) -> int:
    if at is not None:
        return half_up(length_px(at, base) - exact(anchor) * overlay)
    pad = half_up(exact(pad_px))
    if align in ("left", "top"):
        return pad
    if align in ("right", "bottom"):
        return base - overlay - pad
    return (base - overlay) // 2
