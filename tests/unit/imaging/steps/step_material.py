"""Pictures and contexts for the tests of steps: small, made by arithmetic."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from pyvips import Image
from tests import rendering

from imagewell.imaging.context import Context
from imagewell.imaging.engine import Engine
from imagewell.imaging.work import RenderOrder
from imagewell.transform.model import Stage, Transformation
from imagewell.transform.values import Size

SIZES = ((1, 1), (2, 1), (1, 3), (7, 5), (33, 65))


def context(stage: Stage | None = None, source: Size | None = None) -> Context:
    def no_other(reference: str) -> Image:
        raise AssertionError(f"no step here opens another picture: {reference}")

    order = RenderOrder(inputs={}, transformation=Transformation(), write_to="")
    return Context(order=order, stage=stage or Stage(), source=source or Size(1, 1), open=no_other)


def flat(red: int, green: int, blue: int, width: int = 8, height: int = 8) -> Image:
    return as_frame(Image.black(width, height, bands=3).linear(1, [red, green, blue]))


def as_frame(image: Image) -> Image:
    return image.cast("uchar").copy(interpretation="srgb").copy_memory()


def photo(width: int = 64, height: int = 48, alpha: bool = False) -> Image:
    """Colours, ramps, an edge and some noise; with alpha: clear at the left (and there of a garish colour)."""
    where = Image.xyz(width, height)
    across, down = where[0] / max(1, width - 1), where[1] / max(1, height - 1)
    noise = Image.gaussnoise(width, height, sigma=4, mean=0, seed=5)
    red = across * 200 + 20 + noise
    green = down * 180 + 40 + noise
    blue = (across > 0.5).ifthenelse(210, 30) + noise
    picture = as_frame(red.bandjoin([green, blue]))
    if not alpha:
        return picture
    cover = as_band(across * 400 - 60)
    garish = (cover > 0).ifthenelse(picture, [0, 255, 0])
    return as_frame(garish.bandjoin(cover))


def as_band(image: Image) -> Image:
    return image.cast("uchar").copy_memory()


def same(left: Image, right: Image) -> bool:
    """Bit for bit, in size and bands too."""
    if (left.width, left.height, left.bands) != (right.width, right.height, right.bands):
        return False
    return (left != right).max() == 0


def mean(frame: Image) -> float:
    """Of the colour channels."""
    return frame.extract_band(0, n=3).avg()


def pixel(frame: Image, x: int = 0, y: int = 0) -> list[float]:
    return frame.getpoint(x, y)


def is_frame(image: Image, width: int, height: int, bands: int) -> bool:
    """Whether a step gave back what every step must: 8-bit sRGB of this size, and readable to the last pixel."""
    image.copy_memory()
    return (image.width, image.height, image.bands, image.format, image.interpretation) == (
        width,
        height,
        bands,
        "uchar",
        "srgb",
    )


def encoded(pixels: np.ndarray, format: str, **options: Any) -> bytes:
    """A file of an array's pixels."""
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, format, **options)
    return file.getvalue()


def rendered(engine: Engine, folder: Path, picture: bytes, document: dict[str, Any]) -> PillowImage.Image:
    """As `rendering.render`, by an engine of the caller's."""
    order = rendering.order(folder, picture, {"output": {"format": "png"}, **document})
    engine.render(order)
    with PillowImage.open(order.write_to) as made:
        made.load()
        return made
