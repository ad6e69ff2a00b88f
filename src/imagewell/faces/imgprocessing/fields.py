"""The fields of one body: each is read by its rule, and all that break theirs are told together.

null counts as absent. A number is a JSON number, never text and never true; an integer may be written 300.0, as the
hosted product, which is JavaScript, cannot tell it from 300.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from imagewell.db.text import is_clean
from imagewell.faces.imgprocessing.errors import InvalidFields
from imagewell.faces.kit.colors import CSS
from imagewell.transform.values import Color

MAX_NAME = 30
TRANSPARENT = Color(0, 0, 0, 0.0)

Value = TypeVar("Value")


class Fields:
    """Reads fields of one object and gathers what is wrong with them.

    A reader returns None for what is absent or wrong; `settle` raises when anything was wrong.

    Args:
        path: what the names of this object's fields begin with in errors, such as `watermarks[0].`.
    """

    def __init__(self, document: Mapping[str, Any], path: str = "", errors: dict[str, list[str]] | None = None) -> None:
        self._document = document
        self._path = path
        self._errors: dict[str, list[str]] = {} if errors is None else errors

    def settle(self) -> None:
        """Raises: InvalidFields with everything that was wrong so far."""
        if self._errors:
            raise InvalidFields(self._errors)

    def wrong(self, name: str, rule: str) -> None:
        """Note that a field breaks a rule: the end of the sentence that its name begins."""
        full = self._path + name
        self._errors.setdefault(full, []).append(f"{full} {rule}.")

    def name(self, *, required: bool = False) -> str | None:
        """A picture's name."""
        return self.text("name", MAX_NAME, required=required)

    def text(self, name: str, longest: int, *, required: bool = False, lines: bool = False) -> str | None:
        """Text of 1 to `longest` characters without control characters; `lines`: it may have line ends and tabs."""
        return self._read(name, required, lambda value: _text(value, longest, lines))

    def identifier(self, name: str) -> str | None:
        """A required piece of text of which only what it names can say whether it is right."""
        return self._read(name, True, _string)

    def integer(self, name: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number."""
        return self._read(name, required, lambda value: _integer(value, low, high))

    def number(
        self, name: str, low: float = -math.inf, high: float = math.inf, *, required: bool = False
    ) -> float | None:
        """A finite number."""
        return self._read(name, required, lambda value: _number(value, low, high))

    def word(self, name: str, words: Sequence[str], *, required: bool = False) -> str | None:
        """One of some words, spelled exactly so."""
        return self._read(name, required, lambda value: _word(value, words))

    def color(self, name: str) -> Color | None:
        """A CSS colour name, hexadecimal digits (3, 4, 6 or 8, the hash may be left out), or `transparent`."""
        return self._read(name, False, _color)

    def objects(self, name: str, most: int) -> Iterator[Fields]:
        """The objects of a required list of 1 to `most`, each with its fields."""
        for index, item in enumerate(self._read(name, True, lambda value: _items(value, most)) or ()):
            if isinstance(item, dict):
                yield Fields(item, f"{self._path}{name}[{index}].", self._errors)
            else:
                self.wrong(f"{name}[{index}]", "must be an object")

    def has(self, name: str) -> bool:
        """Whether a field came, and is not null."""
        return self._document.get(name) is not None

    def _read(self, name: str, required: bool, read: Callable[[Any], Value]) -> Value | None:
        """`read` raises ValueError with the rule that was broken."""
        value = self._document.get(name)
        if value is None:
            if required:
                self.wrong(name, "is required")
            return None
        try:
            return read(value)
        except ValueError as error:
            self.wrong(name, str(error))
            return None


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _text(value: Any, longest: int, lines: bool) -> str:
    text = _string(value)
    if not 1 <= len(text) <= longest:
        raise ValueError(f"must be between 1 and {longest} characters")
    if not is_clean("".join(text.split()) if lines else text):
        raise ValueError("must not contain control characters")
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _integer(value: Any, low: int, high: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be an integer")
    if not low <= value <= high:
        raise ValueError(f"must be between {low} and {high}")
    return value


def _number(value: Any, low: float, high: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not _is_finite(value):
        raise ValueError("must be a number")
    if not low <= value <= high:
        raise ValueError(f"must be between {low:g} and {high:g}")
    return float(value)


def _is_finite(value: float) -> bool:
    """Whether it fits a float at all: JSON's 1e999 is infinite, an integer of 400 digits no float."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _word(value: Any, words: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"must be one of {', '.join(words)}")
    return value


def _color(value: Any) -> Color:
    written = value.strip().lower() if isinstance(value, str) and len(value) <= MAX_NAME else ""
    if written == "transparent":
        return TRANSPARENT
    try:
        return CSS.get(written) or Color.parse(written)
    except ValueError:
        raise ValueError("must be a colour name, a hexadecimal colour such as #ff8800, or transparent") from None


def _items(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("must be an array")
    if not 1 <= len(value) <= most:
        raise ValueError(f"must have between 1 and {most} items")
    return value
