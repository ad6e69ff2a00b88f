"""The engine's own encoder options, so that the bare loop writes what the server writes."""

from __future__ import annotations

import pyvips

from imagewell.imaging.encode import SAVERS
from imagewell.transform.model import Format, Output


def save(image: pyvips.Image, format: str, quality: int = 0) -> bytes:
    chosen = Format(format)
    quality = quality or (50 if chosen is Format.AVIF else 75)
    saver, options = SAVERS[chosen](Output(format=chosen, quality=quality), image)
    return bytes(getattr(image, f"{saver}_buffer")(keep=0, **options))
