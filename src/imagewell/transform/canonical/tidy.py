"""One spelling for every number: whole numbers of a float field are floats, there is no minus zero, and lengths,
ratios and alphas have the precision that their text has. So values that are equal are also written alike, and a value
that went through JSON is the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import copysign
from operator import is_
from typing import Any, TypeVar

from imagewell.transform.fields import FIELDS
from imagewell.transform.geometry import exact
from imagewell.transform.values import Color, Length, Ratio

Value = TypeVar("Value")

DECIMALS = 6
"""Of px, of a share in percent, of a ratio's sides: what `values.plain` writes."""
LARGEST_TERM = 1_000_000
"""Of a ratio: what `Ratio.parse` reads."""


def tidy(operation: Value) -> Value:
    """The operation, and all that it holds, with its numbers in their one spelling; itself where they are already."""
    changes: dict[str, Any] = {}
    for name, kind in _NAMES[type(operation)]:
        found = getattr(operation, name)
        if found is None:
            continue
        kept = _KINDS.get(type(found), _same)(found) if kind is None else _number(found, kind)
        if kept is not found:
            changes[name] = kept
    return replace(operation, **changes) if changes else operation  # type: ignore[type-var]


def _length(length: Length) -> Length:
    # A share is written in percent, two places further left.
    value = _number(round(length.value, DECIMALS + 2 * length.share))
    return length if value == length.value and type(length.value) is float else Length(value, length.share)


def _ratio(ratio: Ratio) -> Ratio:
    """In whole numbers without a common divisor, where these are small enough to be read back."""
    rounded = Ratio(round(ratio.width, DECIMALS), round(ratio.height, DECIMALS))
    lowest: Fraction = exact(rounded.width) / exact(rounded.height)
    if max(lowest.numerator, lowest.denominator) > LARGEST_TERM:
        return rounded
    return Ratio(float(lowest.numerator), float(lowest.denominator))


def _color(color: Color) -> Color:
    alpha = min(1.0, round(color.alpha * 255) / 255)
    return color if alpha == color.alpha else replace(color, alpha=alpha)


def _several(several: tuple[Any, ...]) -> tuple[Any, ...]:
    """Each of a tuple; bare numbers in the model's tuples are floats."""
    kept = tuple(_KINDS.get(type(one), _same)(one) for one in several)
    return several if all(map(is_, several, kept)) else kept


def _number(number: float, kind: type = float) -> float:
    """The number as `kind`, without a minus zero; itself where it is that already."""
    if type(number) is kind and (number or copysign(1.0, number) > 0):
        return number
    tidied: float = kind(number) + 0
    return tidied


def _same(found: Any) -> Any:
    return found


_NAMES: Mapping[type, tuple[tuple[str, type | None], ...]] = {
    kind: tuple((held.name, held.kind) for held in all_held) for kind, all_held in FIELDS.items()
}
_KINDS: Mapping[type, Callable[[Any], Any]] = {
    **dict.fromkeys(FIELDS, tidy),
    Length: _length,
    Ratio: _ratio,
    Color: _color,
    tuple: _several,
    float: _number,
    int: _number,
}
