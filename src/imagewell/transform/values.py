"""The small values that transformations are made of: Size, Box, Length, Ratio, Color.

Each reads itself from text (`parse`, raising ValueError) and spells itself back (`str`), and goes through JSON
as that text (or, for whole pixels, as a number).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticSerializationUnexpectedValue


@dataclass(frozen=True, slots=True)
class Size:
    """Whole pixels, each side at least 1."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    def turned(self) -> Size:
        """The same frame after a quarter turn."""
        return Size(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in px: left and top may be negative, the sides are at least 1."""

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        """The box without its place."""
        return Size(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Length:
    """A side or offset: px (`share` False), or a share of the picture's own side (1.0 = all of it)."""

    value: float
    share: bool = False

    def resolve(self, side_px: float) -> float:
        """This length in px (not yet rounded), given the side that shares refer to."""
        return self.value * side_px if self.share else self.value

    def times(self, factor: float) -> Length:
        """This length `factor` times over; a share stays a share."""
        return Length(self.value * factor, self.share)

    @classmethod
    def parse(cls, text: str | float) -> Length:
        """`400` and `"400"` are px, `"50%"` a share."""
        written = str(text).strip()
        if written.endswith("%"):
            # Moving the point is exact; 21.9 / 100 would be 0.21899999999999997, which can round to another pixel.
            return cls(finite(written[:-1], exponent=-2), share=True)
        return cls(finite(written))

    def __str__(self) -> str:
        return f"{plain(self.value * 100)}%" if self.share else plain(self.value)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Width to height, both above zero."""

    width: float
    height: float

    @property
    def value(self) -> float:
        """Width over height."""
        return self.width / self.height

    @classmethod
    def parse(cls, text: str) -> Ratio:
        """`"16:9"`, decimals allowed."""
        left, colon, right = str(text).partition(":")
        ratio = cls(finite(left), finite(right) if colon else 1.0)
        if not (1e-4 <= ratio.width <= 1e6 and 1e-4 <= ratio.height <= 1e6):
            raise ValueError("both sides of a ratio are above zero")
        return ratio

    def __str__(self) -> str:
        return f"{plain(self.width)}:{plain(self.height)}"


@dataclass(frozen=True, slots=True)
class Color:
    """sRGB, each of red, green, blue 0 to 255; alpha 0 (clear) to 1."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0

    @property
    def rgba(self) -> tuple[int, int, int, int]:
        """All four as 0 to 255."""
        return self.red, self.green, self.blue, round(self.alpha * 255)

    @classmethod
    def parse(cls, text: str) -> Color:
        """CSS order: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`; the hash may be left out."""
        digits = str(text).strip().lower().removeprefix("#")
        if not re.fullmatch(r"[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8}", digits):
            raise ValueError("not a colour")
        if len(digits) <= 4:
            digits = "".join(d * 2 for d in digits)
        red, green, blue, *alpha = bytes.fromhex(digits)
        return cls(red, green, blue, alpha[0] / 255 if alpha else 1.0)

    def __str__(self) -> str:
        opaque = f"#{self.red:02x}{self.green:02x}{self.blue:02x}"
        return opaque if self.alpha >= 1 else f"{opaque}{round(self.alpha * 255):02x}"


WHITE = Color(255, 255, 255)
BLACK = Color(0, 0, 0)
CLEAR = Color(255, 255, 255, 0.0)


def finite(text: str, exponent: int = 0) -> float:
    """A plain decimal number, times 10 to `exponent`; never nan, inf, 1e9 or 1_000."""
    if not re.fullmatch(r"[+-]?([0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12})", text.strip()):
        raise ValueError("not a number")
    return float(f"{text.strip()}e{exponent}")


def plain(number: float) -> str:
    """A number without a needless fraction or exponent."""
    rounded = round(number, 6)
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:.6f}".rstrip("0")


Value = TypeVar("Value")


def _read(kind: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"expected text for a {kind.__name__.lower()}")
        return kind.parse(value)

    return read


def _as_text(kind: Any, example: str) -> Any:
    schema = {"type": "string", "examples": [example]}
    return Annotated[kind, BeforeValidator(_read(kind)), PlainSerializer(str, str), WithJsonSchema(schema)]


def _length_as_json(length: Any) -> Any:
    if not isinstance(length, Length):
        raise PydanticSerializationUnexpectedValue("not a length")  # lets a union try its next member
    if length.share:
        return str(length)
    return int(length.value) if length.value == int(length.value) else length.value


JsonLength = Annotated[
    Length,
    BeforeValidator(_read(Length)),
    PlainSerializer(_length_as_json),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "%$"}], "examples": [400, "50%"]}),
]
JsonRatio = _as_text(Ratio, "16:9")
JsonColor = _as_text(Color, "#ff8800")
