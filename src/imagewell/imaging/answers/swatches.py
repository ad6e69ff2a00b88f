"""The colours that a picture is made of: its pixels sorted into boxes of like colours, and the commonest of each box.

Boxes are cut where colours differ most to the eye (variance in OKLab, Ottosson 2020), starting from one that holds all;
so the same picture always gives the same colours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import dist

from pyvips import Image

from imagewell.imaging.steps.tone import linear

SAMPLE_SIDE = 160
"""Px of the longer side of the copy whose pixels are counted."""

CELL_BITS = 3
"""Colours that agree in all but these last bits of each channel are one before any cut is made."""

FAR = 0.3
"""Distance in OKLab from which on two colours have nothing in common."""

CLEAR_BELOW = 128
"""Pixels of less alpha are not seen, so they do not count."""

Rgb = tuple[int, int, int]
LINEAR = [linear(level / 255) for level in range(256)]


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour (0 to 255 each) and how many pixels are like it."""

    color: Rgb
    population: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Nearly equal colours: their mean, the same in OKLab, and their number."""

    color: Rgb
    lab: tuple[float, float, float]
    count: int


def seen_pixels(image: Image) -> list[Rgb]:
    """The pixels of a small copy, clear ones left out."""
    small = image.thumbnail_image(SAMPLE_SIDE, height=SAMPLE_SIDE, size="down") if _is_large(image) else image
    samples, bands = bytes(small.write_to_memory()), small.bands
    colors = zip(samples[0::bands], samples[1::bands], samples[2::bands], strict=True)
    if bands == 3:
        return list(colors)
    return [color for color, alpha in zip(colors, samples[3::bands], strict=True) if alpha >= CLEAR_BELOW]


def _is_large(image: Image) -> bool:
    return bool(max(image.width, image.height) > SAMPLE_SIDE)


def swatches(pixels: Sequence[Rgb], number: int) -> list[Swatch]:
    """At most `number` colours, the most frequent first."""
    boxes = [cells] if number > 0 and (cells := _cells(pixels)) else []
    while 0 < len(boxes) < number:
        worst = max(boxes, key=_spread)
        halves = _cut(worst)
        if halves is None:
            break
        boxes.remove(worst)
        boxes.extend(halves)
    found: dict[Rgb, int] = defaultdict(int)
    for box in boxes:
        commonest = max(box, key=lambda cell: (cell.count, cell.color))
        found[commonest.color] += sum(cell.count for cell in box)
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [Swatch(color, population) for color, population in ordered]


def distinct(found: Sequence[Swatch], number: int) -> list[Swatch]:
    """`number` of these, the most frequent first: common ones, but rather another hue than a third shade of the sky."""
    left = list(found)
    chosen: list[Swatch] = []
    labs = {swatch.color: oklab(swatch.color) for swatch in found}
    apart = dict.fromkeys(labs, FAR)
    while left and len(chosen) < number:
        best = max(left, key=lambda swatch: swatch.population * apart[swatch.color] ** 2)
        left.remove(best)
        chosen.append(best)
        for swatch in left:
            apart[swatch.color] = min(apart[swatch.color], dist(labs[swatch.color], labs[best.color]))
    return sorted(chosen, key=lambda swatch: (-swatch.population, swatch.color))


def _cells(pixels: Sequence[Rgb]) -> list[Cell]:
    sums: dict[Rgb, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for red, green, blue in pixels:
        total = sums[red >> CELL_BITS, green >> CELL_BITS, blue >> CELL_BITS]
        total[0] += red
        total[1] += green
        total[2] += blue
        total[3] += 1
    return [_cell(*sums[key]) for key in sorted(sums)]


def _cell(red: int, green: int, blue: int, count: int) -> Cell:
    color = round(red / count), round(green / count), round(blue / count)
    return Cell(color, oklab(color), count)


def _spread(box: Sequence[Cell]) -> float:
    """What all pixels of a box together differ from its mean, squared: 0 for a single cell."""
    return max(_variances(box)) if len(box) > 1 else 0.0


def _variances(box: Sequence[Cell]) -> tuple[float, float, float]:
    means = _means(box)
    light, first, second = (sum(cell.count * (cell.lab[axis] - means[axis]) ** 2 for cell in box) for axis in range(3))
    return light, first, second


def _means(box: Sequence[Cell]) -> list[float]:
    total = sum(cell.count for cell in box)
    return [sum(cell.count * cell.lab[axis] for cell in box) / total for axis in range(3)]


def _cut(box: list[Cell]) -> tuple[list[Cell], list[Cell]] | None:
    """Two boxes, apart at the mean of the axis that differs most; None where nothing differs."""
    variances = _variances(box)
    axis = variances.index(max(variances))
    mean = _means(box)[axis]
    below = [cell for cell in box if cell.lab[axis] <= mean]
    above = [cell for cell in box if cell.lab[axis] > mean]
    return (below, above) if below and above else None


def oklab(color: Rgb) -> tuple[float, float, float]:
    """Lightness 0..1 and two opponent colours, about -0.4..0.4."""
    red, green, blue = (LINEAR[channel] for channel in color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
