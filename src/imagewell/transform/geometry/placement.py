"""What comes of asking a picture to fit: everything the engine needs to resize, cut and place it."""

from __future__ import annotations

from dataclasses import dataclass

from imagewell.transform.values import Box, Size

Sides = tuple[int, int, int, int]
"""Whole px at the top, right, bottom, left; none below zero."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How a picture comes to its frame.

    crop: left, top, width, height of what is taken of the source, in source px with their fractions; inside the
        source, each side at least 1.
    scaled: what `crop` is resized to, in px.
    canvas: the frame that the resize leaves, before any padding; larger than `scaled` where room is to be filled.
    offset: left and top of `scaled` in `canvas`.
    pads: padding that comes later, around `canvas`: whole px, already made smaller where it would not have fitted into
        the box asked for or under the ceiling. The pad step uses these and not the stage's own numbers.
    """

    crop: tuple[float, float, float, float]
    scaled: Size
    canvas: Size
    offset: tuple[int, int] = (0, 0)
    pads: Sides = (0, 0, 0, 0)

    @property
    def frame(self) -> Size:
        """The final frame: `canvas` and its padding."""
        top, right, bottom, left = self.pads
        return Size(self.canvas.width + left + right, self.canvas.height + top + bottom)

    @property
    def leaves_room(self) -> bool:
        """Whether the canvas is larger than the picture on it, so that something has to fill it."""
        return self.scaled != self.canvas

    def box(self, source: Size) -> Box:
        """`crop` in whole source px, edges to the nearest px, at least 1 px a side and inside `source`."""
        left, width = _whole_span(self.crop[0], self.crop[2], source.width)
        top, height = _whole_span(self.crop[1], self.crop[3], source.height)
        return Box(left, top, width, height)


def _whole_span(start: float, length: float, side: int) -> tuple[int, int]:
    first = min(int(start + 0.5), side - 1)
    last = min(max(int(start + length + 0.5), first + 1), side)
    return first, last - first
