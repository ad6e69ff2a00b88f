"""Ceilings on what a transformation may ask for and a picture may be, so that the engine is only given what it can
do. The figures are settings (`IMAGEWELL_RENDER__LIMITS__…`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any

from pydantic import Field

from imagewell.errors import InvalidParameter, TooLarge
from imagewell.transform.fields import FIELDS, Held
from imagewell.transform.model import (
    ColorOverlay,
    Frames,
    ImageOverlay,
    Mask,
    Resize,
    Text,
    TextOverlay,
    Transformation,
)
from imagewell.transform.values import Color, Length, Ratio, Size

Positive = Annotated[int, Field(ge=1)]

LARGEST_NUMBER = 1_000_000
"""Of any number that has no range of its own: far past every picture, and far from where arithmetic gets slow."""
LONGEST_REFERENCE = 8000
"""Characters of another picture's address: as long as a URL may be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is too much.

    max_pixels: width times height times frames of an input; also what the letters of one text may cover.
    max_side_px: longest side of a result, which is scaled down to it. max_input_side_px: longest side of an input.
    max_frames: of an input. The rest counts over a whole transformation: stages, overlays, other pictures it opens,
    characters of text.
    """

    max_pixels: Positive = 100_000_000
    max_side_px: Positive = 8192
    max_input_side_px: Positive = 65_535
    max_frames: Positive = 1000
    max_stages: Positive = 20
    max_overlays: Annotated[int, Field(ge=0)] = 40
    max_inputs: Annotated[int, Field(ge=0)] = 10
    max_text_chars: Annotated[int, Field(ge=0)] = 20_000


def check(transformation: Transformation, limits: Limits) -> None:
    """Refuse what cannot or must not be rendered, whoever built it.

    Raises: TooLarge for too much of something; InvalidParameter, with the path of the field, for a number outside the
    range that the model gives it, and for what contradicts itself.
    """
    _at_most(limits.max_stages, "stages", len(transformation.stages))
    _at_most(limits.max_overlays, "overlays", sum(len(stage.overlays) for stage in transformation.stages))
    _at_most(limits.max_inputs, "other pictures", len(references(transformation)))
    _check_fields(transformation, "")
    letters = list(_texts(transformation))
    _at_most(limits.max_text_chars, "characters of text", sum(len(text.text) for text, _ in letters))
    for text, dpr in letters:
        _at_most(limits.max_pixels, "pixels of text", len(text.text) * (text.size_px * dpr) ** 2)


def check_picture(size: Size, frames: int, limits: Limits) -> None:
    """Refuse a picture by its header, before any of its pixels are read. Raises TooLarge."""
    _at_most(limits.max_input_side_px, "px a side", max(size.width, size.height))
    _at_most(limits.max_frames, "frames", frames)
    _at_most(limits.max_pixels, "pixels", size.pixels * frames)


def references(transformation: Transformation) -> tuple[str, ...]:
    """The other pictures that a transformation opens, as written, each once, in the order of their first use."""
    found: dict[str, None] = {}
    for stage in transformation.stages:
        if stage.mask is not None and stage.mask.kind == "image" and stage.mask.image is not None:
            found[stage.mask.image] = None
        found.update((overlay.image, None) for overlay in stage.overlays if isinstance(overlay, ImageOverlay))
    return tuple(found)


def _at_most(limit: int, unit: str, received: float) -> None:
    if received > limit:
        raise TooLarge(limit, unit, received)


def _texts(transformation: Transformation) -> Iterator[tuple[Text, float]]:
    """Every text and the dpr that it is drawn at."""
    if transformation.typeset is not None:
        yield transformation.typeset, transformation.stages[0].dpr if transformation.stages else 1.0
    for stage in transformation.stages:
        yield from ((overlay.text, stage.dpr) for overlay in stage.overlays if isinstance(overlay, TextOverlay))


def _check_fields(operation: Any, path: str) -> None:
    """Every field of an operation, and of what it holds."""
    for held in FIELDS[type(operation)]:
        found = getattr(operation, held.name)
        if found is None:
            continue
        if held.kind is not None or held.longest is not None:
            _check_held(found, held, path)
        elif (check_value := _CHECKS.get(type(found))) is not None:
            check_value(found, path + held.name)
    if (check_whole := _RULES.get(type(operation))) is not None:
        check_whole(operation, path)


def _check_held(found: Any, held: Held, path: str) -> None:
    if held.longest is not None:
        if len(found) > held.longest:
            raise InvalidParameter(path + held.name, found, held.expected)
        return
    _check_number(found, path + held.name)
    least, most = held.least, held.most
    below = least is not None and (found <= least if held.above else found < least)
    if below or (most is not None and found > most):
        raise InvalidParameter(path + held.name, found, held.expected)


def _check_number(number: float, path: str) -> None:
    if not isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise InvalidParameter(path, number, f"a number of at most {LARGEST_NUMBER}")


def _check_length(length: Length, path: str) -> None:
    _check_number(length.value, path)


def _check_ratio(ratio: Ratio, path: str) -> None:
    if not all(1e-4 <= side <= LARGEST_NUMBER for side in (ratio.width, ratio.height)):
        raise InvalidParameter(path, f"{ratio.width}:{ratio.height}", "two numbers above zero, as in 16:9")


def _check_color(color: Color, path: str) -> None:
    channels = (color.red, color.green, color.blue)
    if not all(0 <= channel <= 255 for channel in channels) or not 0 <= color.alpha <= 1:
        raise InvalidParameter(path, (*channels, color.alpha), "channels of 0 to 255 and an alpha of 0 to 1")


def _check_several(several: tuple[Any, ...], path: str) -> None:
    for index, one in enumerate(several):
        if (check_value := _CHECKS.get(type(one))) is not None:
            check_value(one, f"{path}[{index}]")


def _check_inside(operation: Any, path: str) -> None:
    _check_fields(operation, path + ".")


def _sides(operation: Resize | ImageOverlay | ColorOverlay, path: str) -> None:
    """A side that is asked for is more than nothing."""
    for name, length in (("width", operation.width), ("height", operation.height)):
        if length is not None and length.value <= 0:
            raise InvalidParameter(path + name, length, "more than 0")


def _image_overlay(overlay: ImageOverlay, path: str) -> None:
    _sides(overlay, path)
    _reference(overlay.image, path + "image")


def _mask(mask: Mask, path: str) -> None:
    if mask.kind == "image":
        _reference(mask.image, path + "image")


def _reference(reference: str | None, path: str) -> None:
    if not reference or len(reference) > LONGEST_REFERENCE:
        raise InvalidParameter(path, reference, f"a path or URL of at most {LONGEST_REFERENCE} characters")


def _frames(frames: Frames, path: str) -> None:
    if frames.first is not None and frames.last is not None and frames.last < frames.first:
        raise InvalidParameter(path + "last", frames.last, f"{frames.first} or more, as the first frame is")


_CHECKS: Mapping[type, Callable[[Any, str], None]] = {
    **dict.fromkeys(FIELDS, _check_inside),
    Length: _check_length,
    Ratio: _check_ratio,
    Color: _check_color,
    tuple: _check_several,
    float: _check_number,
    int: _check_number,
}
_RULES: Mapping[type, Callable[[Any, str], None]] = {
    Resize: _sides,
    ColorOverlay: _sides,
    ImageOverlay: _image_overlay,
    Mask: _mask,
    Frames: _frames,
}
