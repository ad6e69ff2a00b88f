"""Readers: text of a URL or form into a value, and back.

A reader knows its unit, brings numbers into their range, and says what it expected. `read` raises ValueError for text
that it cannot make sense of, and its subclass Impossible for a value that makes sense and can never be meant (a
picture no pixel wide). What follows from either is the dialect's decision, not the reader's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from imagewell.transform.values import Color, Length, Ratio, finite, plain

T = TypeVar("T")
S = TypeVar("S")


class Impossible(ValueError):
    """A value that is well written and that nobody can want; an error even where unreadable values are ignored."""


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """How one kind of value is read and spelled.

    expected: the end of the sentence "expected …". read: raises ValueError. spell: `read(spell(v)) == v`.
    """

    expected: str
    read: Callable[[str], T]
    spell: Callable[[T], str]


def number(low: float, high: float) -> Reader[float]:
    """A decimal number; beyond an end of the range it is that end."""

    def read(text: str) -> float:
        return min(max(finite(text), low), high)

    return Reader(f"a number from {plain(low)} to {plain(high)}", read, plain)


def above_zero(high: float) -> Reader[float]:
    """A number above 0; more than `high` is `high`."""

    def read(text: str) -> float:
        found = finite(text)
        if found <= 0:
            raise ValueError("not above zero")
        return min(found, high)

    return Reader(f"a number above 0, at most {plain(high)}", read, plain)


def whole(low: int, high: int) -> Reader[int]:
    """A whole number; decimals are rounded half up, and beyond an end of the range it is that end."""

    def read(text: str) -> int:
        return min(max(half_up(finite(text)), low), high)

    return Reader(f"a whole number from {low} to {high}", read, str)


def half_up(value: float) -> int:
    """The nearest whole number; halves go up."""
    return math.floor(value + 0.5)


def side(low_px: int, high_px: int, *, zero: type[ValueError] = ValueError) -> Reader[Length]:
    """Px, or for a number above 0 and up to 1 a share of the picture's own side: `1` is all of it, not one pixel.

    Args:
        zero: raised for 0 and below.
    """

    def read(text: str) -> Length:
        found = finite(text)
        if found <= 0:
            raise zero("a side is above zero")
        if found <= 1:
            return Length(found, share=True)
        return Length(min(max(half_up(found), low_px), high_px))

    expected = f"px from {low_px} to {high_px}, or a share of the side above 0 and up to 1"
    return Reader(expected, read, lambda length: plain(length.value))


def pixels(low: float, high: float) -> Reader[Length]:
    """An offset or side in px."""
    plain_number = number(low, high)
    return Reader(f"px from {plain(low)} to {plain(high)}", lambda text: Length(plain_number.read(text)), spell_px)


def spell_px(length: Length) -> str:
    """A Length in px as a plain number."""
    if length.share:
        raise ValueError("a share cannot be said here")
    return plain(length.value)


def _ratio(text: str) -> Ratio:
    if ":" not in text:
        raise ValueError("no colon")
    return Ratio.parse(text)


ratio: Reader[Ratio] = Reader("a ratio such as 16:9", _ratio, str)
"""Width to height."""


FLAGS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


def choice(words: Mapping[str, T]) -> Reader[T]:
    """One of some words, in any case; the first word for a value is the one spelled."""
    spelled: dict[T, str] = {}
    for word, meant in words.items():
        spelled.setdefault(meant, word)

    def read(text: str) -> T:
        try:
            return words[text.lower()]
        except KeyError:
            raise ValueError("not one of the words") from None

    return Reader(f"one of {', '.join(words)}", read, lambda meant: spelled[meant])


def word(*words: str) -> Reader[str]:
    """One of some words, as itself."""
    return choice({one: one for one in words})


flag: Reader[bool] = choice({"true": True, "false": False, "1": True, "0": False})


def several(one: Reader[T], *, separator: str = ",") -> Reader[tuple[T, ...]]:
    """A list. Items that cannot be read are passed over; a list of nothing else cannot be read."""

    def read(text: str) -> tuple[T, ...]:
        found: list[T] = []
        for item in text.split(separator)[:100]:
            try:
                found.append(one.read(item.strip()))
            except ValueError:
                continue
        if not found:
            raise ValueError("nothing readable in the list")
        return tuple(found)

    return Reader(f"a list, each {one.expected}", read, lambda items: separator.join(one.spell(item) for item in items))


def pair(first: Reader[T], second: Reader[S]) -> Reader[tuple[T, S]]:
    """Two values with a comma between them."""

    def read(text: str) -> tuple[T, S]:
        left, comma, right = text.partition(",")
        if not comma:
            raise ValueError("one value where two are needed")
        return first.read(left.strip()), second.read(right.strip())

    expected = f"{first.expected}, a comma, {second.expected}"
    return Reader(expected, read, lambda both: f"{first.spell(both[0])},{second.spell(both[1])}")


def four(one: Reader[T]) -> Reader[tuple[T, T, T, T]]:
    """One value for all four corners, or four: top left, top right, bottom right, bottom left."""

    def read(text: str) -> tuple[T, T, T, T]:
        values = [one.read(item.strip()) for item in text.split(",")]
        if len(values) not in (1, 4):
            raise ValueError("neither one value nor four")
        first, *others = values
        return (first, *others) if len(others) == 3 else (first, first, first, first)  # type: ignore[return-value]

    def spell(values: tuple[T, T, T, T]) -> str:
        return one.spell(values[0]) if len(set(values)) == 1 else ",".join(one.spell(value) for value in values)

    return Reader(f"one value or four, each {one.expected}", read, spell)


def text(longest: int, *, lines: bool = False) -> Reader[str]:
    """Free text without control characters, cut at `longest`; with `lines` it may have line ends."""

    def read(written: str) -> str:
        kept = written.replace("\r\n", "\n") if lines else " ".join(written.splitlines())
        clean = "".join(c for c in kept if c == "\n" or not (c < " " or "\x7f" <= c <= "\x9f"))[:longest]
        if not clean.strip():
            raise ValueError("empty")
        return clean

    return Reader(f"text of at most {longest} characters", read, str)


def alpha_first_color(names: Mapping[str, Color]) -> Reader[Color]:
    """A name, or hexadecimal digits: RGB, ARGB, RRGGBB, AARRGGBB. Alpha comes first, unlike CSS (imgix).

    Args:
        names: colours by name in lower case; a name is tried before digits.
    """

    def read(written: str) -> Color:
        lower = written.strip().lower()
        named = names.get(lower)
        if named is not None:
            return named
        digits = lower.removeprefix("#")
        share = len(digits) // 4  # digits of one channel, where there is an alpha
        if len(digits) in (4, 8):
            digits = digits[share:] + digits[:share]
        return Color.parse(digits)

    return Reader("a colour name, or RGB, ARGB, RRGGBB or AARRGGBB in hexadecimal", read, _spell_alpha_first)


def _spell_alpha_first(color: Color) -> str:
    opaque = f"{color.red:02x}{color.green:02x}{color.blue:02x}"
    return opaque if color.alpha >= 1 else f"{round(color.alpha * 255):02x}{opaque}"
