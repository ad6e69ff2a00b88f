"""Pictures as the engines look at them: upright, sRGB, opaque, no larger than an engine has use for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pyvips import Image

from imagewell.imaging import color, decode
from imagewell.imaging.steps import orient, resize
from imagewell.imaging.work import LookOrder
from imagewell.transform.limits import Limits
from imagewell.transform.values import Size
from imagewell.vision.engines import Engines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

WHITE = [255, 255, 255]
LONGEST_PX: Mapping[str, int] = {"classification": 512, "faces": 1280, "text": 4096}
"""Longer side of what each engine is given: it would shrink more than that itself."""


def seen(order: LookOrder, engines: Engines, limits: Limits) -> Any:
    """What an engine says of a picture, as JSON. Raises: EngineMissing, and the refusals of decoding."""
    return READERS[order.engine](engines, opened(order.path, LONGEST_PX[order.engine], limits), order.options)


def opened(path: str, longest_px: int, limits: Limits) -> Rgb:
    """The first frame of a file as an array of height × width × 3."""
    base = decode.open_input(path, limits)
    scale = min(1.0, longest_px / max(base.facts.width, base.facts.height))
    (frame,) = orient.apply(base.load(scale=scale), base.facts.orientation)
    size = Size(max(1, round(base.facts.width * scale)), max(1, round(base.facts.height * scale)))
    return pixels(color.to_srgb(resize.scaled(frame, size) if scale < 1 else frame))


def pixels(frame: Image) -> Rgb:
    """An 8-bit sRGB frame as an array; clear pixels show white."""
    opaque = frame.flatten(background=WHITE) if frame.hasalpha() else frame
    array: Rgb = opaque.numpy()
    return array


def _classes(engines: Engines, rgb: Rgb, _: Mapping[str, str]) -> Any:
    return [[label, round(score, 6)] for label, score in engines.classify(rgb)]


def _text(engines: Engines, rgb: Rgb, options: Mapping[str, str]) -> Any:
    from imagewell.vision import reading  # only here: most workers never read

    lines = engines.read_text(rgb)
    return reading.markdown(lines) if options.get("format") == "markdown" else reading.plain_text(lines)


def _faces(engines: Engines, rgb: Rgb, _: Mapping[str, str]) -> Any:
    return [asdict(face) for face in engines.faces(rgb)]


READERS: Mapping[str, Callable[[Engines, Rgb, Mapping[str, str]], Any]] = {
    "classification": _classes,
    "text": _text,
    "faces": _faces,
}
