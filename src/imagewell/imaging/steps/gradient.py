"""Two colours blending into each other, along a line or around a centre, in one of five colour spaces.

A gradient has one dimension: its colours are worked out for a few thousand steps, and every pixel looks up its own.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from pyvips import Image

from imagewell.transform.model import Gradient
from imagewell.transform.values import Color, Length, Size

STEPS = 4096
HALF = Length(0.5, share=True)
INNER = Length(0.25, share=True)
OUTER = Length(0.5, share=True)
ACROSS = {"left": 0.0, "right": 1.0}
DOWN = {"top": 0.0, "bottom": 1.0}
OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
LIBVIPS_SPACES = {"linear": "scrgb", "oklab": "oklab", "lch": "lch"}
ACHROMATIC = {"lch": 0.5, "hsl": 1e-3}
"""A colour with less chroma or saturation than this has no hue of its own, and takes the other's."""

Channels = list[float]


def draw(size: Size, gradient: Gradient) -> Image:
    """The whole frame filled: 8-bit sRGB, 3 bands when both colours are opaque."""
    along = _around(size, gradient) if gradient.kind == "radial" else _along(size, gradient.toward)
    indexes = (along * (STEPS - 1) + 0.5).cast("ushort")
    return indexes.maplut(ramp(gradient.colors, gradient.space)).copy(interpretation="srgb")


def ramp(colors: tuple[Color, Color], space: str, steps: int = STEPS) -> Image:
    """The gradient's colours in order, as a picture one px high."""
    bands = 3 if all(color.alpha >= 1 for color in colors) else 4
    shares = [index / (steps - 1) for index in range(steps)]
    pixels = MIXERS[space](colors, shares) if space in MIXERS else _mixed_by_libvips(colors, shares, space)
    rows = [_byte(value) for value in chain.from_iterable(pixels)]
    table = Image.new_from_memory(bytes(rows), steps, 1, 4, "uchar")
    return table[:bands].copy_memory()


def _along(size: Size, toward: Sequence[str]) -> Image:
    """0 at one end of the frame to 1 at the other, in the direction from the first place to the second.

    A single side is where the gradient goes to; of more, the first half names where it starts and the second where it
    ends: `top, bottom`, or the corners `top, left, bottom, right`. The ends always lie on the frame's outermost pixels.
    """
    sides = (OPPOSITE[toward[0]], toward[0]) if len(toward) == 1 else tuple(toward) or ("top", "bottom")
    start, end = _place(sides[: len(sides) // 2]), _place(sides[len(sides) // 2 :])
    dx, dy = (end[0] - start[0]) * size.width, (end[1] - start[1]) * size.height
    reach = abs(dx) * (size.width - 1) + abs(dy) * (size.height - 1)
    if not reach:
        return Image.black(size.width, size.height)
    first = min(0.0, dx * (size.width - 1)) + min(0.0, dy * (size.height - 1))
    where = Image.xyz(size.width, size.height)
    return (where[0] * dx + where[1] * dy - first) / reach


def _place(sides: Sequence[str]) -> tuple[float, float]:
    """A point on the frame, as shares of it: the middle of a side, or a corner."""
    x = next((ACROSS[side] for side in sides if side in ACROSS), 0.5)
    y = next((DOWN[side] for side in sides if side in DOWN), 0.5)
    return x, y


def _around(size: Size, gradient: Gradient) -> Image:
    """0 within the inner radius to 1 beyond the outer one."""
    shorter = min(size.width, size.height)
    x = (gradient.center_x or HALF).resolve(size.width) - 0.5
    y = (gradient.center_y or HALF).resolve(size.height) - 0.5
    inner = (gradient.inner or INNER).resolve(shorter)
    outer = max((gradient.outer or OUTER).resolve(shorter), inner + 0.5)
    where = Image.xyz(size.width, size.height)
    distance = ((where[0] - x) ** 2 + (where[1] - y) ** 2) ** 0.5
    share = (distance - inner) / (outer - inner)
    share = (share < 0).ifthenelse(0, share)
    return (share > 1).ifthenelse(1, share)


def _mixed_by_libvips(colors: tuple[Color, Color], shares: Sequence[float], space: str) -> list[Channels]:
    """Mixed in a space that libvips converts to and from; what leaves sRGB is clipped."""
    name = LIBVIPS_SPACES[space]
    ends = [_converted([list(color.rgba[:3])], "srgb", name)[0] for color in colors]
    if space == "lch":
        _share_hue(ends, hue=2, chroma=1, space=space)
    mixed = [_mix(ends, colors, share, cyclic=2 if space == "lch" else None) for share in shares]
    back = _converted([pixel[:3] for pixel in mixed], name, "srgb")
    return [[*color, pixel[3]] for color, pixel in zip(back, mixed, strict=True)]


def _converted(pixels: list[Channels] | list[list[int]], source: str, target: str) -> list[Channels]:
    flat = Image.new_from_array([list(chain.from_iterable(pixels))]).cast("float")
    data = flat.write_to_memory()
    image = Image.new_from_memory(data, len(pixels), 1, 3, "float").copy(interpretation=source)
    converted = image.colourspace(target, source_space=source).cast("float").write_to_memory()
    values = list(memoryview(converted).cast("f"))
    return [values[index : index + 3] for index in range(0, len(values), 3)]


def _mixed_srgb(colors: tuple[Color, Color], shares: Sequence[float]) -> list[Channels]:
    ends = [[float(value) for value in color.rgba[:3]] for color in colors]
    return [_mix(ends, colors, share) for share in shares]


def _mixed_hsl(colors: tuple[Color, Color], shares: Sequence[float]) -> list[Channels]:
    ends = []
    for color in colors:
        hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in color.rgba[:3]))
        ends.append([hue * 360, lightness, saturation])
    _share_hue(ends, hue=0, chroma=2, space="hsl")
    pixels = []
    for share in shares:
        hue, lightness, saturation, alpha = _mix(ends, colors, share, cyclic=0)
        rgb = colorsys.hls_to_rgb(hue / 360 % 1, lightness, saturation)
        pixels.append([*(value * 255 for value in rgb), alpha])
    return pixels


MIXERS: Mapping[str, Callable[[tuple[Color, Color], Sequence[float]], list[Channels]]] = {
    "srgb": _mixed_srgb,
    "hsl": _mixed_hsl,
}


def _share_hue(ends: list[Channels], hue: int, chroma: int, space: str) -> None:
    """Greys take the other end's hue; then the second hue is written so that the shorter arc leads to it."""
    for one, other in ((0, 1), (1, 0)):
        if ends[one][chroma] < ACHROMATIC[space]:
            ends[one][hue] = ends[other][hue]
    ends[1][hue] = ends[0][hue] + (ends[1][hue] - ends[0][hue] + 180) % 360 - 180


def _mix(ends: list[Channels], colors: tuple[Color, Color], share: float, cyclic: int | None = None) -> Channels:
    """Three channels and alpha (0 to 255) at `share` of the way. All but a hue count by their alpha, so that a clear
    end gives no colour away."""
    alpha = colors[0].alpha * (1 - share) + colors[1].alpha * share
    second = colors[1].alpha * share / alpha if alpha else share
    weights = [share if channel == cyclic else second for channel in range(3)]
    mixed = [a + (b - a) * weight for a, b, weight in zip(ends[0], ends[1], weights, strict=True)]
    return [*mixed, alpha * 255]


def _byte(value: float) -> int:
    return min(255, max(0, round(value)))
