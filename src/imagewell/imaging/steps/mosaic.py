"""Pixelation: cells of whole px from the top left corner, each in the mean colour of what it covers."""

from __future__ import annotations

from pyvips import Image

from imagewell.imaging.steps.planes import premultiplied


def pixelated(frame: Image, cell: int) -> Image:
    """Cells at the right and bottom edge may be partial; they are the mean of just what they cover. Alpha weighs."""
    if cell <= 1:
        return frame
    cells = premultiplied(frame, lambda picture: _means(_means(picture.cast("float"), cell, 1), 1, cell))
    return cells.zoom(cell, cell).crop(0, 0, frame.width, frame.height)


def _means(picture: Image, across: int, down: int) -> Image:
    """Means of cells along one direction; the other figure is 1."""
    whole = picture.width // across * across, picture.height // down * down
    parts = []
    if whole[0] and whole[1]:
        parts.append(picture.crop(0, 0, *whole).shrink(across, down))
    if whole[0] < picture.width:
        rest = picture.width - whole[0]
        parts.append(picture.crop(whole[0], 0, rest, picture.height).shrink(rest, 1))
    if whole[1] < picture.height:
        rest = picture.height - whole[1]
        parts.append(picture.crop(0, whole[1], picture.width, rest).shrink(1, rest))
    return parts[0] if len(parts) == 1 else parts[0].join(parts[1], "vertical" if across == 1 else "horizontal")
