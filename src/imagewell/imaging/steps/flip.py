"""The step "flip": mirror left-right (h), top-bottom (v), both (hv)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from pyvips import Image

from imagewell.imaging.context import Context

FLIPS: Mapping[str, Callable[[Image], Image]] = {
    "h": lambda frame: frame.fliphor(),
    "v": lambda frame: frame.flipver(),
    "hv": lambda frame: frame.rot180(),
}


def apply(frames: list[Image], op: Literal["h", "v", "hv"], ctx: Context) -> list[Image]:
    """The size stays; no pixel changes its value."""
    return [FLIPS[op](frame) for frame in frames]
