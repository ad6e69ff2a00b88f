"""The step "trim": uniform edges cut off, by one box for all frames. Source: imgix B.5.4.

An edge is measured on whole rows and columns at once (libvips projections), so a picture of 100 megapixels costs two
passes and a few numbers a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyvips import Image

from imagewell.imaging.context import Context
from imagewell.imaging.steps.planes import numbers
from imagewell.transform.geometry import trim_box
from imagewell.transform.model import Trim
from imagewell.transform.values import Box, Color, Size

Span = tuple[int, int]
"""First and one past the last that is kept; None in its place: nothing is."""


def apply(frames: list[Image], op: Trim, ctx: Context) -> list[Image]:
    """Every frame cut to the box that holds what any of them keeps; all of it where none keeps anything."""
    if ctx.convert is not None:
        # Edges are judged in the colours that people will see; the resize has then nothing left to convert.
        frames, ctx.convert = [ctx.convert(frame) for frame in frames], None
    frames = [frame.copy_memory() for frame in frames]  # read here and again later, in whatever order
    find = _finder(frames, op)
    boxes = [box for frame in frames if (box := find(frame)) is not None]
    if not boxes:
        return frames
    # Frames may have been shrunk while they were decoded; the pad is in px of the source.
    size = Size(frames[0].width, frames[0].height)
    box = trim_box(size, _union(boxes), op.pad_px * size.width / ctx.source.width)
    return [frame.crop(box.left, box.top, box.width, box.height) for frame in frames]


def _finder(frames: Sequence[Image], op: Trim) -> Callable[[Image], Box | None]:
    if op.by == "auto":
        return lambda frame: _by_evenness(_weighted(frame), op.mean_difference, op.standard_deviation)
    has_clear = any(frame.bands == 4 and frame.extract_band(3).min() < 255 for frame in frames)
    if op.by == "alpha" or (op.by == "colorunlessalpha" and has_clear):
        return lambda frame: _by_alpha(frame, op.alpha)
    color = op.color or _corner(frames[0])
    return lambda frame: _by_color(frame, color, op.tolerance)


def _corner(frame: Image) -> Color:
    red, green, blue, *alpha = frame.getpoint(0, 0)
    return Color(int(red), int(green), int(blue), alpha[0] / 255 if alpha else 1.0)


def _by_alpha(frame: Image, threshold: float) -> Box | None:
    """What is more opaque than the threshold; without alpha, everything."""
    if frame.bands == 3:
        return Box(0, 0, frame.width, frame.height)
    return _box_of(frame.extract_band(3) > threshold)


def _by_color(frame: Image, color: Color, tolerance: float) -> Box | None:
    """What differs from the colour by more than the tolerance in any channel; clear pixels are all one colour."""
    alpha = round(color.alpha * 255)
    if frame.bands == 3 and alpha == 255:
        away = (frame - [color.red, color.green, color.blue]).abs()
    else:
        whole = frame if frame.bands == 4 else frame.addalpha()
        flat = [channel * alpha / 255 for channel in (color.red, color.green, color.blue)]
        away = (whole.premultiply() - [*flat, alpha]).abs()
    return _box_of((away > tolerance).bandor())


def _box_of(wanted: Image) -> Box | None:
    """The box around every pixel that is not 0."""
    columns, rows = wanted.project()
    across, down = _span(numbers(columns)), _span(numbers(rows))
    if across is None or down is None:
        return None
    return _box(across, down)


def _span(sums: Sequence[float]) -> Span | None:
    kept = [index for index, total in enumerate(sums) if total]
    return (kept[0], kept[-1] + 1) if kept else None


def _weighted(frame: Image) -> Image:
    """For statistics: colours of clear pixels do not count, alpha counts as a colour."""
    return frame if frame.bands == 3 else (frame.premultiply() + 0.5).cast("uchar")


def _by_evenness(frame: Image, mean_difference: float, deviation: float) -> Box | None:
    """Rows first, then columns of what is left: so bars on all four sides are found, whatever lies between them."""
    _, rows = _sums(frame)
    down = _uneven(rows, frame.width, mean_difference, deviation)
    top, bottom = down or (0, frame.height)
    columns, _ = _sums(frame.crop(0, top, frame.width, bottom - top))
    across = _uneven(columns, bottom - top, mean_difference, deviation)
    if across is None and down is None:
        return None
    return _box(across or (0, frame.width), (top, bottom))


Lines = list[list[tuple[float, float]]]
"""For each row or column, for each band: the sum of its samples and of their squares."""


def _sums(frame: Image) -> tuple[Lines, Lines]:
    """Of columns and of rows."""
    sums, squares = frame.project(), (frame * frame).project()
    return _lines(sums[0], squares[0]), _lines(sums[1], squares[1])


def _lines(sums: Image, squares: Image) -> Lines:
    bands = sums.bands
    pairs = list(zip(numbers(sums), numbers(squares), strict=True))
    return [pairs[at : at + bands] for at in range(0, len(pairs), bands)]


def _uneven(lines: Lines, length: int, mean_difference: float, deviation: float) -> Span | None:
    """What is left after a walk in from either end; None where the walk goes all the way."""
    first = _walk(lines, length, mean_difference, deviation)
    if first == len(lines):
        return None
    return first, len(lines) - _walk(lines[::-1], length, mean_difference, deviation)


def _walk(lines: Lines, length: int, mean_difference: float, deviation: float) -> int:
    """How many lines from the first one on are even in themselves and as bright as the first."""
    edge = [total / length for total, _ in lines[0]]
    for index, line in enumerate(lines):
        for mean_at_edge, (total, square) in zip(edge, line, strict=True):
            mean = total / length
            variance = max(0.0, square / length - mean * mean)
            if abs(mean - mean_at_edge) > mean_difference or variance > deviation * deviation:
                return index
    return len(lines)


def _box(across: Span, down: Span) -> Box:
    return Box(across[0], down[0], across[1] - across[0], down[1] - down[0])


def _union(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right = max(box.left + box.width for box in boxes)
    bottom = max(box.top + box.height for box in boxes)
    return Box(left, top, right - left, bottom - top)
