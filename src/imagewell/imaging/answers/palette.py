"""A picture's colours as JSON or CSS, in the shape of imgix `palette` (B.9.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pyvips import Image

from imagewell.imaging.answers.dominant import dominant
from imagewell.imaging.answers.swatches import Rgb, distinct, seen_pixels, swatches
from imagewell.imaging.steps.planes import LUMA

SWATCHES = 48
"""How many colours are told apart before any is chosen."""

EXTRAS: Sequence[Rgb] = ((255, 255, 255), (0, 0, 0))
"""White and black, which a style sheet has besides the picture's own colours."""


def json_of(image: Image, colors: int) -> dict[str, Any]:
    """Frequent colours (at most `colors`, 0 to 16), mean luminance, and up to six named colours."""
    pixels = seen_pixels(image)
    found = swatches(pixels, SWATCHES)
    return {
        "colors": [_as_json(swatch.color) for swatch in distinct(found, colors)],
        "average_luminance": round(average_luminance(pixels), 6),
        "dominant_colors": {name: _as_json(color) for name, color in dominant(found).items()},
    }


def css_of(image: Image, colors: int, prefix: str) -> str:
    """A style sheet with a class for text and one for backgrounds for each of those colours.

    prefix: of the class names; what cannot stand in one becomes a hyphen.
    """
    found = swatches(seen_pixels(image), SWATCHES)
    classes = {str(index): swatch.color for index, swatch in enumerate(distinct(found, colors), start=1)}
    classes |= {f"ex-{index}": color for index, color in enumerate(EXTRAS, start=1)}
    classes |= {name.replace("_", "-"): color for name, color in dominant(found).items()}
    safe = class_prefix(prefix)
    return "".join(
        f".{safe}-fg-{name} {{ color:{_hex(color)} !important; }}\n"
        f".{safe}-bg-{name} {{ background-color:{_hex(color)} !important; }}\n"
        for name, color in classes.items()
    )


def class_prefix(asked: str) -> str:
    """`asked` as the beginning of a CSS class name: it must not be able to end the rule it stands in."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", asked)
    if not safe:
        return "image"
    return safe if re.match(r"-?[A-Za-z_]", safe) else f"_{safe}"


def average_luminance(pixels: Sequence[Rgb]) -> float:
    """0 (black) to 1 (white), of gamma-encoded values; 0 where no pixel is seen."""
    if not pixels:
        return 0.0
    totals = [sum(channel) for channel in zip(*pixels, strict=True)]
    light = sum(weight * total for weight, total in zip(LUMA, totals, strict=True)) / (255 * len(pixels))
    return float(min(1.0, light))


def _as_json(color: Rgb) -> dict[str, float | str]:
    red, green, blue = (round(channel / 255, 6) for channel in color)
    return {"red": red, "green": green, "blue": blue, "hex": _hex(color)}


def _hex(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
