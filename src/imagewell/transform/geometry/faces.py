"""Where faces want a crop to be, and the part of a picture that shows them (imgix B.4.5, B.4.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from imagewell.transform.geometry.exact import HALF, exact
from imagewell.transform.geometry.fit import Frame
from imagewell.transform.model import Fit, Resize
from imagewell.transform.values import Size

Area = tuple[float, float, float, float]
"""Left, top, width, height, as shares of a picture's sides; may stand over them."""


def faces_center(source: Size, window: tuple[float, float], faces: Sequence[Area]) -> tuple[float, float]:
    """The point that a crop of faces is centred on, as shares of the source: the middle of all of them where the
    window holds them all, else of the first.

    Args:
        window: width and height of what is kept, in px of the source.
        faces: at least one; the one that matters most first.
    """
    _, _, width, height = whole = around(faces)
    fits = width * source.width <= window[0] and height * source.height <= window[1]
    left, top, width, height = whole if fits else faces[0]
    return left + width / 2, top + height / 2


def faces_area(faces: Sequence[Area], index: int | None, pad: float) -> Area | None:
    """The box around all faces, or around face `index` (from 1), `pad` times as large in the same place; None where
    there is no such face."""
    chosen = faces if index is None else faces[index - 1 : index]
    if not chosen:
        return None
    left, top, width, height = around(chosen)
    return left - width * (pad - 1) / 2, top - height * (pad - 1) / 2, width * pad, height * pad


def without_faces(resize: Resize) -> Resize:
    """What `facearea` comes to where there is no face; any other fit as it is."""
    if resize.fit is not Fit.FACEAREA:
        return resize
    return replace(resize, fit=resize.fallback or Fit.CROP, face_index=None, face_pad=1.0, fallback=None)


def around(areas: Sequence[Area]) -> Area:
    """The smallest area that holds all of several."""
    left, top = min(area[0] for area in areas), min(area[1] for area in areas)
    right, bottom = max(area[0] + area[2] for area in areas), max(area[1] + area[3] for area in areas)
    return left, top, right - left, bottom - top


def area_window(source: Size, frame: Frame, area: Area) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """The part of the source that shows an area: of the frame's shape, the smallest that holds the area, around its
    middle and pushed back inside; as much of the source as it has where it has less. No side is under 1 px."""
    left, top = exact(area[0]) * source.width, exact(area[1]) * source.height
    width, height = exact(area[2]) * source.width, exact(area[3]) * source.height
    largest = min(source.width / frame.width, source.height / frame.height)
    scale = min(largest, max(width / frame.width, height / frame.height))
    kept = max(Fraction(1), frame.width * scale), max(Fraction(1), frame.height * scale)
    return (
        _inside(left + width * HALF - kept[0] * HALF, source.width - kept[0]),
        _inside(top + height * HALF - kept[1] * HALF, source.height - kept[1]),
        *kept,
    )


def _inside(start: Fraction, room: Fraction) -> Fraction:
    return min(max(start, Fraction(0)), room)
