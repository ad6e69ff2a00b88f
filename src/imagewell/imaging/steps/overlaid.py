"""An overlaid picture before it is blended: fitted, faded, turned, tiled."""

from __future__ import annotations

from dataclasses import replace

from pyvips import Image, Interpolate

from imagewell.imaging.context import Context
from imagewell.imaging.steps import crop, resize
from imagewell.imaging.steps.alpha import as_srgb, faded, size_of, with_alpha
from imagewell.imaging.steps.fill import place_on_canvas
from imagewell.transform.geometry import Tiles, overlay_placement
from imagewell.transform.model import Fill, Fit, ImageOverlay, Resize
from imagewell.transform.values import CLEAR, Size

CLEAR_ROOM = Fill(color=CLEAR)
"""An overlay that is fitted into a larger box shows what lies below it in the room around."""
BLOCK_PX = 128
QUARTERS = {90.0: "d270", 180.0: "d180", 270.0: "d90"}
"""libvips counts clockwise."""


def prepared(picture: Image, base: Size, overlay: ImageOverlay, ctx: Context) -> Image:
    """The picture as it will be laid over the base: 3 or 4 bands, not turned into memory yet.

    With `inherit` it gets the resize of the base picture, and no size of its own.
    """
    within = replace(ctx, source=size_of(picture), convert=None)
    if overlay.inherit:
        asked = ctx.stage.resize
        asked = replace(asked, fill=CLEAR_ROOM) if asked is not None and asked.fill is None else asked
        fitted = resize.apply([picture], asked, within)[0]
    else:
        fitted = _fitted(picture, base, overlay, within)
    return turned(faded(fitted, overlay.opacity / 100), overlay.rotate)


def _fitted(picture: Image, base: Size, overlay: ImageOverlay, ctx: Context) -> Image:
    most = ctx.limits.max_side_px
    placement = overlay_placement(base, ctx.source, overlay, most)
    if overlay.fit == Fit.CROP and (focal := crop.find(picture, overlay.focus, placement, ctx)):
        placement = overlay_placement(base, ctx.source, overlay, most, focal)
    kept = placement.box(ctx.source)
    picture = picture.crop(kept.left, kept.top, kept.width, kept.height)
    picture = resize.scaled(picture, placement.scaled)
    fit = Resize(fit=overlay.fit, fill=CLEAR_ROOM)
    return place_on_canvas(picture, placement.canvas, placement.offset, fit)


def turned(picture: Image, degrees: float) -> Image:
    """Turned counter-clockwise, in the smallest frame around it, with soft edges and clear corners."""
    degrees = degrees % 360
    if not degrees:
        return picture
    if degrees in QUARTERS:
        return picture.rot(QUARTERS[degrees])
    # libvips multiplies by alpha, turns, and divides again.
    smooth = Interpolate.new("bicubic")
    return as_srgb(with_alpha(picture).rotate(-degrees, interpolate=smooth, background=[0, 0, 0, 0]))


def tiled(picture: Image, grid: Tiles) -> Image | None:
    """The picture in a grid, with clear gaps where it has any; None when no tile falls on the base."""
    if not grid.across or not grid.down:
        return None
    if grid.step == size_of(picture):
        cell = picture
    else:
        cell = with_alpha(picture).embed(0, 0, grid.step.width, grid.step.height, extend="background", background=[0])
    # Tiny cells are put together first: libvips looks at every one of them again for each part that it draws.
    across, down = min(grid.across, -(-BLOCK_PX // cell.width)), min(grid.down, -(-BLOCK_PX // cell.height))
    block = cell.replicate(across, down).copy_memory()
    whole = block.replicate(-(-grid.across // across), -(-grid.down // down))
    return whole.crop(0, 0, grid.across * cell.width, grid.down * cell.height)
