"""The bodies of edits and analyses, for the OpenAPI document: what `dialect.py` reads, said once more as a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagewell.faces.imgprocessing import dialect
from imagewell.faces.imgprocessing.calls import json_body
from imagewell.faces.imgprocessing.fields import MAX_NAME
from imagewell.faces.imgprocessing.wire import EXAMPLE_ID

Schema = dict[str, Any]


def _integer(low: int, high: int, **more: Any) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high, **more}


def _number(low: float, high: float, **more: Any) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high, **more}


def _words(*words: str, **more: Any) -> Schema:
    return {"type": "string", "enum": list(words), **more}


def text(longest: int, **more: Any) -> Schema:
    """A string of 1 to `longest` characters."""
    return {"type": "string", "minLength": 1, "maxLength": longest, **more}


NAME = text(MAX_NAME, description="Of the new image; the source's own when left out.")
COLOR: Schema = {"type": "string", "description": "A colour name, hexadecimal digits such as `#ff8800`, `transparent`."}
SIDE = _integer(1, dialect.MAX_SIDE_PX)
EDGE: Schema = {"type": "integer", "minimum": 0, "description": "Pixels from the left or top, inside the picture."}
OFFSET = _integer(-dialect.MAX_OFFSET_PX, dialect.MAX_OFFSET_PX, default=0)
MARK: Schema = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "left": OFFSET,
        "top": OFFSET,
        "width": SIDE,
        "height": SIDE,
        "repetition_mode": _words(*dialect.REPEATS, default="no_repeat"),
    },
}


def _body(properties: Mapping[str, Any], example: Mapping[str, Any], *required: str) -> Schema:
    return json_body({"name": NAME, **properties}, required, example)


BODIES: Mapping[str, Schema] = {
    "resize": _body(
        {
            "width": SIDE,
            "height": SIDE,
            "fit": _words(*dialect.FITS, default="fill"),
            "position": _words(*dialect.SIDES, default="center"),
            "letterbox_color": COLOR,
        },
        {"width": 400, "height": 300, "fit": "cover", "position": "top"},
    ),
    "crop": _body(dict.fromkeys(("x1", "y1", "x2", "y2"), EDGE), {"x1": 10, "y1": 10, "x2": 210, "y2": 160},
                  "x1", "y1", "x2", "y2"),
    "mirror": _body({"mode": _words("horizontal", "vertical", "both")}, {"mode": "horizontal"}, "mode"),
    "rotate": _body(
        {
            "angle": {"type": "number", "description": "Clockwise."},
            "unit": _words("degrees", "radians", default="degrees"),
            "background_color": COLOR,
        },
        {"angle": 90},
        "angle",
    ),
    "convert": _body(
        {"format": _words(*dialect.FORMATS), "quality": _integer(1, 100, default=dialect.QUALITY)},
        {"format": "webp", "quality": 80},
        "format",
    ),
    "blur": _body({"sigma": _number(1, 1000, default=dialect.DEFAULT_SIGMA)}, {"sigma": 5}),
    "modulate": _body(
        {
            **{name: {"type": "number"} for name in dialect.NEW_MODULATION},
            "hue": {"type": "integer", "description": "Degrees. With it, or with `lightness`, the body is read as the "
                    "first generation of clients means it: brightness and saturation multiply."},
            "lightness": _number(-100, 100, description="Added."),
        },
        {"brightness": 10, "saturation": -20},
    ),
    "remove-background": _body({}, {}),
    "watermark": _body(
        {"watermarks": {"type": "array", "minItems": 1, "maxItems": dialect.MAX_MARKS, "items": MARK}},
        {"watermarks": [{"id": EXAMPLE_ID, "left": 20, "top": 20, "width": 120}]},
        "watermarks",
    ),
}  # fmt: skip

SUMMARIES: Mapping[str, str] = {
    "resize": "Another size",
    "crop": "A part of it",
    "mirror": "Mirrored",
    "rotate": "Turned",
    "convert": "Another format",
    "blur": "Blurred",
    "modulate": "Other light and colour",
    "remove-background": "Without its background",
    "watermark": "With other images laid over it",
}
