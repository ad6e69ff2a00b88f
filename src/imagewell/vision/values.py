"""What the engines answer with."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Face:
    """A face. All lengths are shares of the picture's width or height, 0 to 1, inside the picture.

    left, top, width, height: the box from brow to chin. score: 0 to 1. The points are (x, y); left and right are as
    seen on the picture, not the person's own.
    """

    left: float
    top: float
    width: float
    height: float
    score: float
    left_eye: Point
    right_eye: Point
    nose: Point
    mouth: Point


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text as it was found.

    box: four corners (x, y) in px of the picture, clockwise from the start of the text. score: 0 to 1.
    """

    text: str
    box: tuple[Point, ...]
    score: float
