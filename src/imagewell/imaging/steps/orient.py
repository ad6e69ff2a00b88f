"""Turning a picture upright, by EXIF's numbers 1 to 8."""

from __future__ import annotations

from pyvips import Image

MIRRORED = frozenset({2, 4, 5, 7})
ANGLES = {1: "d0", 2: "d0", 3: "d180", 4: "d180", 5: "d90", 6: "d90", 7: "d270", 8: "d270"}


def apply(frames: list[Image], orientation: int) -> list[Image]:
    """Every frame turned as `orientation` says it must be to stand upright.

    All but 1 and 2 read the picture from another corner, so it is taken into memory first.
    """
    return [_turned(frame, orientation) for frame in frames]


def _turned(frame: Image, orientation: int) -> Image:
    if ANGLES[orientation] != "d0":
        frame = frame.copy_memory().rot(ANGLES[orientation])
    # Turned first, mirrored then: 5 and 7 are quarter turns seen in a mirror.
    return frame.fliphor() if orientation in MIRRORED else frame
