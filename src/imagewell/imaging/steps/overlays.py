"""Pictures, colours and text laid over the picture, in the order they are listed (imgix B.8)."""

from __future__ import annotations

from typing import NamedTuple

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps import overlaid, text
from imagewell.imaging.steps.alpha import faded, size_of, solid
from imagewell.imaging.steps.blend import blend
from imagewell.transform.geometry import Tiles, color_size, is_drawn, overlay_box, repeated, tiles
from imagewell.transform.model import BlendMode, ColorOverlay, ImageOverlay, Overlay, Place, TextOverlay
from imagewell.transform.values import Size


class Layer(NamedTuple):
    """A picture of 3 or 4 bands, the left and top it sits at, and how it is blended."""

    picture: Image
    left: int
    top: int
    mode: BlendMode


def apply(frames: list[Image], op: tuple[Overlay, ...], ctx: Context) -> list[Image]:
    """Every frame with every overlay, each clipped to the frame; sizes do not change. A layer is made once and laid
    over all frames."""
    base = size_of(frames[0])
    for overlay in op:
        layer = _seen(base, _layer(base, overlay, ctx))
        if layer is not None:
            # Into memory one by one: forty layers would else wait for the end together.
            frames = [lay(frame, layer).copy_memory() for frame in frames]
    return frames


def lay(frame: Image, layer: Layer) -> Image:
    """One frame with a layer that lies within it. Only the part below it is worked on."""
    picture = layer.picture
    if size_of(picture) == size_of(frame):
        return blend(frame, picture, layer.mode)
    below = frame.crop(layer.left, layer.top, picture.width, picture.height)
    return frame.insert(blend(below, picture, layer.mode), layer.left, layer.top)


def _seen(base: Size, layer: Layer | None) -> Layer | None:
    """The part of a layer that lies on the base, in memory; None when there is none."""
    if layer is None:
        return None
    picture, left, top, mode = layer
    first_x, first_y = max(0, left), max(0, top)
    width = min(base.width, left + picture.width) - first_x
    height = min(base.height, top + picture.height) - first_y
    if width < 1 or height < 1:
        return None
    part = picture.crop(first_x - left, first_y - top, width, height)
    return Layer(part.copy_memory(), first_x, first_y, mode)


def _layer(base: Size, overlay: Overlay, ctx: Context) -> Layer | None:
    if isinstance(overlay, TextOverlay):
        return _text_layer(base, overlay)
    if isinstance(overlay, ColorOverlay):
        return _color_layer(base, overlay)
    return _image_layer(base, overlay, ctx)


def _color_layer(base: Size, overlay: ColorOverlay) -> Layer:
    size = color_size(base, overlay)
    picture = faded(solid(size, overlay.color), overlay.opacity / 100)
    return Layer(picture, *overlay_box(base, size, overlay.place), overlay.mode)


def _image_layer(base: Size, overlay: ImageOverlay, ctx: Context) -> Layer | None:
    if overlay.opacity <= 0 or not is_drawn(base, overlay):
        return None
    picture = overlaid.prepared(ctx.open(overlay.image), base, overlay, ctx)
    if overlay.tile == "no":
        return Layer(picture, *overlay_box(base, size_of(picture), overlay.place), overlay.mode)
    grid = _grid(base, size_of(picture), overlay)
    tiled = overlaid.tiled(picture.copy_memory(), grid)
    return None if tiled is None else Layer(tiled, grid.left, grid.top, overlay.mode)


def _grid(base: Size, size: Size, overlay: ImageOverlay) -> Tiles:
    if overlay.tile in ("both", "x", "y"):
        return repeated(base, size, overlay.place, overlay.tile)
    return tiles(base, size, overlay.place)


def _text_layer(base: Size, overlay: TextOverlay) -> Layer | None:
    lettering = text.line(overlay.text, _text_room(base, overlay.place))
    if lettering is None:
        return None
    left, top = overlay_box(base, lettering.box.size, overlay.place)
    return Layer(lettering.image, left - lettering.box.left, top - lettering.box.top, BlendMode.NORMAL)


def _text_room(base: Size, place: Place) -> Size:
    """The base less the gap at both sides, where text is aligned; the whole base where it is put at x, y."""
    pad = 0 if place.x is not None else max(0, round(place.pad_px))
    return Size(max(1, base.width - 2 * pad), base.height)
