"""What a crop keeps in sight: faces, or the busiest or most edged window of a small copy (imgix `crop`)."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps import faces
from imagewell.transform.geometry import Placement, sought
from imagewell.transform.model import FocalPoint, Focus
from imagewell.transform.values import Size

LOOK_PX = 160
"""Longer side of the copy that is looked at."""
CELLS = 16
"""The window is moved in steps of this part of the longer side."""
MARK = (255, 0, 0)
MARK_PX = 10
MIN_STRENGTH = 12.0
"""Strength of the strongest pixel below which a picture has nothing to look for, of 255."""


def find(frame: Image, focus: tuple[Focus, ...], placement: Placement, ctx: Context) -> tuple[float, float] | None:
    """The centre of what is sought first and found, as shares of the source; None where nothing is.

    Faces need an engine; where there is none they are not found, and the next word of the chain has its turn.
    """
    for word in sought(focus):
        if word is Focus.FACES:
            found = faces.center(frame, placement, ctx)
        else:
            found = _best_window(MEASURES[word](_small(frame, ctx)).copy_memory(), placement, ctx)
        if found:
            return found
    return None


def marked(frame: Image, focal: FocalPoint, placement: Placement, source: Size) -> Image:
    """The frame with a cross where its focal point came to lie (imgix `fp-debug`)."""
    left, top, width, height = placement.crop
    x = min(max(0, round((focal.x * source.width - left) / width * frame.width)), frame.width - 1)
    y = min(max(0, round((focal.y * source.height - top) / height * frame.height)), frame.height - 1)
    ink = [*MARK, 255][: frame.bands]
    frame = frame.copy_memory()
    frame = frame.draw_line(ink, x - MARK_PX, y, x + MARK_PX, y)
    return frame.draw_line(ink, x, y - MARK_PX, x, y + MARK_PX)


def _small(frame: Image, ctx: Context) -> Image:
    """A grey copy, as a viewer sees it: clear pixels show nothing."""
    scale = min(1.0, LOOK_PX / max(frame.width, frame.height))
    small = frame.resize(scale, vscale=max(scale, 1 / frame.height), kernel="linear") if scale < 1 else frame
    small = small if ctx.convert is None else ctx.convert(small)
    if small.hasalpha():
        small = small.flatten(background=[128, 128, 128])
    return small.colourspace("b-w")[0].copy_memory()


def _edges(grey: Image) -> Image:
    """How strong the edge is at each pixel."""
    return grey.sobel().cast("float")


def _entropy(grey: Image) -> Image:
    """How much happens around each pixel: the spread of the differences to its neighbourhood.

    Entropy proper needs a histogram for every window; the logarithm of the local deviation ranks windows alike.
    """
    values = grey.cast("float")
    mean = values.gaussblur(2)
    deviation = ((values * values).gaussblur(2) - mean * mean).abs() ** 0.5
    return (deviation + 1).log() * (255 / 5.5)


MEASURES: dict[Focus, Callable[[Image], Image]] = {Focus.EDGES: _edges, Focus.ENTROPY: _entropy}


def _best_window(strength: Image, placement: Placement, ctx: Context) -> tuple[float, float] | None:
    """Centre of the window of the crop's size in which most happens; None for a picture without features."""
    if strength.max() < MIN_STRENGTH:
        return None
    across, down = strength.width / ctx.source.width, strength.height / ctx.source.height
    width = min(strength.width, max(1, round(placement.crop[2] * across)))
    height = min(strength.height, max(1, round(placement.crop[3] * down)))
    step = max(1, ceil(max(strength.width, strength.height) / CELLS / 4))
    best, found = -1.0, (0, 0)
    for left in _positions(strength.width - width, step):
        for top in _positions(strength.height - height, step):
            window = strength.crop(left, top, width, height)
            total = window.avg() + 0.25 * _centred(window)
            # The middle wins where windows are about equal, so that a plain picture is not cut at its edge.
            total *= (
                1 - 0.05 * _off_centre(left, strength.width - width) - 0.05 * _off_centre(top, strength.height - height)
            )
            if total > best:
                best, found = total, (left, top)
    return (found[0] + width / 2) / strength.width, (found[1] + height / 2) / strength.height


def _positions(room: int, step: int) -> list[int]:
    return sorted({*range(0, room + 1, step), room})


def _centred(window: Image) -> float:
    """The mean of the window's inner half: what matters should not sit at the cut."""
    width, height = max(1, window.width // 2), max(1, window.height // 2)
    inner: float = window.crop((window.width - width) // 2, (window.height - height) // 2, width, height).avg()
    return inner


def _off_centre(position: int, room: int) -> float:
    return abs(2 * position - room) / room if room else 0.0
