"""What lies behind every clear or partly clear pixel (imgix `bg`, `transparency=grid`)."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps.alpha import as_srgb, has_alpha, over, size_of, solid
from imagewell.transform.model import Backdrop
from imagewell.transform.values import Color, Size


def apply(frames: list[Image], op: Backdrop, ctx: Context) -> list[Image]:
    """Every frame with `op` behind it. Frames without alpha, and an empty backdrop, change nothing."""
    return [lay(frame, op) for frame in frames]


def lay(frame: Image, backdrop: Backdrop) -> Image:
    """One frame with the backdrop behind it; 3 bands when nothing shows through any more."""
    if not has_alpha(frame):
        return frame
    if backdrop.grid is not None:
        frame = over(frame, checkerboard(size_of(frame), backdrop.grid, max(1, round(backdrop.grid_px))))
    if backdrop.color is not None and has_alpha(frame):
        frame = _on_color(frame, backdrop.color)
    return frame


def checkerboard(size: Size, colors: tuple[Color, Color], cell_px: int) -> Image:
    """Squares of two colours, the first at the top left; 3 bands when both are opaque."""
    bands = 3 if all(color.alpha >= 1 for color in colors) else 4
    first, second = (solid(Size(cell_px, cell_px), color, bands) for color in colors)
    row = first.join(second, "horizontal")
    tile = row.join(row.fliphor(), "vertical").copy_memory()
    across, down = -(-size.width // tile.width), -(-size.height // tile.height)
    return as_srgb(tile.replicate(across, down).crop(0, 0, size.width, size.height))


def _on_color(frame: Image, color: Color) -> Image:
    if color.alpha >= 1:
        return frame.flatten(background=list(color.rgba[:3]))
    return over(frame, solid(size_of(frame), color))
