"""Rendering in the test's own process: a picture and a transformation as JSON in, an opened picture out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from imagewell.imaging.engine import Engine
from imagewell.imaging.work import BASE, RenderOrder, Rendition
from imagewell.transform import spelling


@dataclass
class Rendered:
    rendition: Rendition
    path: Path

    @property
    def picture(self) -> Image.Image:
        with Image.open(self.path) as picture:
            picture.load()
            return picture

    @property
    def pixels(self) -> np.ndarray:
        """Height × width × 3."""
        return np.asarray(self.picture.convert("RGB")).astype(int)

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()


@cache
def engine() -> Engine:
    return Engine()


def order(folder: Path, picture: bytes, document: Mapping[str, Any], **others: bytes) -> RenderOrder:
    """An order for `picture`, with others by their references, as files in `folder`."""
    inputs = {}
    for name, data in {BASE: picture, **others}.items():
        path = folder / f"input-{name or 'base'}"
        path.write_bytes(data)
        inputs[name] = str(path)
    return RenderOrder(inputs, spelling.read(document), str(folder / "output"), "image/x-test", len(picture))


def render(folder: Path, picture: bytes, document: Mapping[str, Any], **others: bytes) -> Rendered:
    """Render here and now; `document` is a Transformation, its output a PNG unless it says something else."""
    document = {"output": {"format": "png"}, **document}
    asked = order(folder, picture, document, **others)
    return Rendered(engine().render(asked), Path(asked.write_to))


def corners(pixels: np.ndarray, inset: int = 3) -> list[tuple[int, ...]]:
    """Colours near the corners: top left, top right, bottom left, bottom right."""
    near, far = inset, -1 - inset
    return [tuple(int(v) for v in pixels[y, x]) for y, x in ((near, near), (near, far), (far, near), (far, far))]


def furthest(found: list[tuple[int, ...]], wanted: Any) -> int:
    """The largest difference in any channel."""
    return int(np.abs(np.array(found) - np.array(wanted)).max())
