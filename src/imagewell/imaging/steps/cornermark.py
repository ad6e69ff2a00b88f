"""The mark of pictures that are too small for words: a T with a dark edge, or as much of one as there is room for."""

from __future__ import annotations

from pyvips import Image

from imagewell.transform.values import Size

T = ("#####", "#ooo#", "##o##", ".#o#.", ".###.")
CHECK = ("#o", "o#")
PAIR = ("#o",)
"""`o` is light, `#` dark, `.` the picture."""
T_SIDE_PX, CHECK_SIDE_PX, LEAST_PIXELS = 7, 3, 5
"""The shorter side from which on there is room for each, and the fewest pixels of which two are less than half."""
PERIOD = 2
"""From one mark to the next along a thin picture, in shorter sides; at least SHORTEST_PERIOD px."""
SHORTEST_PERIOD = 8


def corner_mark(size: Size, light: int, dark: int) -> Image | None:
    """Two bands of that size: grey level and coverage (0 or 255), the mark at the bottom right and, in a long picture,
    again and again before it. None for a picture of so few pixels that any mark would hide it."""
    shorter, longer = sorted((size.width, size.height))
    if size.pixels < LEAST_PIXELS:
        return None
    mark = _drawn(_pattern(shorter), light, dark)
    if shorter >= T_SIDE_PX:
        times = max(1, round(shorter / 2 / mark.width))
        mark = mark.zoom(times, times)
    upright = size.height > size.width
    if mark.height != mark.width and upright:
        mark = mark.rot90()
    return _along(mark, size, max(PERIOD * shorter, SHORTEST_PERIOD), longer, upright)


def _pattern(shorter: int) -> tuple[str, ...]:
    if shorter >= T_SIDE_PX:
        return T
    return CHECK if shorter >= CHECK_SIDE_PX else PAIR


def _drawn(pattern: tuple[str, ...], light: int, dark: int) -> Image:
    grey = Image.new_from_array([[light if cell == "o" else dark for cell in row] for row in pattern])
    coverage = Image.new_from_array([[0 if cell == "." else 255 for cell in row] for row in pattern])
    return grey.bandjoin(coverage).cast("uchar")


def _along(mark: Image, size: Size, period: int, longer: int, upright: bool) -> Image:
    """The mark at the end of every period of the longer side, at the far edge of the shorter one."""
    count = max(1, longer // period)
    length = period if count > 1 else min(period, longer)
    width, height = (mark.width, length) if upright else (length, mark.height)
    cell = _at_end(mark, width, height).copy_memory()
    row = cell.replicate(1, count) if upright else cell.replicate(count, 1)
    return _at_end(row, size.width, size.height)


def _at_end(image: Image, width: int, height: int) -> Image:
    return image.embed(width - image.width, height - image.height, width, height)
