"""Six colours by name, as far as a picture has them: vibrant and muted, each plain, light and dark.

Targets and weights are those of Android's Palette and of Vibrant.js, which imgix says it follows: saturation and
lightness of HSL near a target, and how common the colour is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from colorsys import rgb_to_hls
from dataclasses import dataclass

from imagewell.imaging.answers.swatches import Rgb, Swatch

SATURATION_WEIGHT, LIGHTNESS_WEIGHT, POPULATION_WEIGHT = 3.0, 6.0, 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """Least, wanted and most of something, 0 to 1."""

    least: float
    target: float
    most: float

    def holds(self, value: float) -> bool:
        """Whether the value may pass at all."""
        return self.least <= value <= self.most

    def nearness(self, value: float) -> float:
        """1 on the target, less with every step away."""
        return 1 - abs(value - self.target)


VIVID, DULL = Band(0.35, 1.0, 1.0), Band(0.0, 0.3, 0.4)
DARK, MIDDLE, LIGHT = Band(0.0, 0.26, 0.45), Band(0.3, 0.5, 0.7), Band(0.55, 0.74, 1.0)

TARGETS: Mapping[str, tuple[Band, Band]] = {
    "vibrant": (VIVID, MIDDLE),
    "vibrant_light": (VIVID, LIGHT),
    "vibrant_dark": (VIVID, DARK),
    "muted": (DULL, MIDDLE),
    "muted_light": (DULL, LIGHT),
    "muted_dark": (DULL, DARK),
}


def dominant(swatches: Sequence[Swatch]) -> dict[str, Rgb]:
    """The best colour for each name, each colour used once; names that none fits are left out."""
    commonest = max((swatch.population for swatch in swatches), default=1)
    free = list(swatches)
    found: dict[str, Rgb] = {}
    for name, (saturation, lightness) in TARGETS.items():
        scored = [(_score(swatch, saturation, lightness, commonest), swatch) for swatch in free]
        best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if best[1] is not None and best[0] > 0:
            found[name] = best[1].color
            free.remove(best[1])
    return found


def _score(swatch: Swatch, saturation: Band, lightness: Band, commonest: int) -> float:
    """0 for what does not fit at all."""
    _, light, vivid = rgb_to_hls(*(channel / 255 for channel in swatch.color))
    if not (saturation.holds(vivid) and lightness.holds(light)):
        return 0.0
    return (
        SATURATION_WEIGHT * saturation.nearness(vivid)
        + LIGHTNESS_WEIGHT * lightness.nearness(light)
        + POPULATION_WEIGHT * swatch.population / commonest
    )
