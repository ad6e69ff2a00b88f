"""The model read back from its own annotations: which fields are numbers, and between which bounds.

So a transformation that was built in code is held to the same ranges as one that came as JSON, and neither the
canonical form nor the limits repeat what `model.py` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from math import inf
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic.fields import FieldInfo

from imagewell.transform import model


@dataclass(frozen=True, slots=True)
class Held:
    """One field of an operation.

    kind: float or int for a number, else None. least, most: its bounds, both included unless `above`: then it is more
    than `least`. longest: characters of a text. Where a bound is None there is none.
    """

    name: str
    kind: type | None
    least: float | None = None
    most: float | None = None
    above: bool = False
    longest: int | None = None

    @property
    def expected(self) -> str:
        """What is allowed, as the end of a sentence."""
        if self.longest is not None:
            return f"at most {self.longest} characters"
        start = "" if self.least is None else f"more than {self.least:g}" if self.above else f"{self.least:g}"
        if self.most is None:
            return f"a number, {start}" if self.above else f"a number, {start} or more"
        return f"a number, {start} to {self.most:g}"


def _hints(annotation: Any) -> Iterator[Any]:
    """An annotation and everything inside it, but not what is inside a container."""
    yield annotation
    if getattr(annotation, "__origin__", None) not in (tuple, frozenset):
        for part in get_args(annotation):
            yield from _hints(part)


def _held(name: str, annotation: Any) -> Held:
    parts = list(_hints(annotation))
    kind = next((part for part in parts if part in (float, int)), None)
    bounds = [bound for part in parts if isinstance(part, FieldInfo) for bound in part.metadata]
    least: Any = next((bound.ge for bound in bounds if isinstance(bound, Ge)), None)
    above: Any = next((bound.gt for bound in bounds if isinstance(bound, Gt)), None)
    most: Any = next((bound.le for bound in bounds if isinstance(bound, Le)), None)
    longest = next((bound.max_length for bound in bounds if isinstance(bound, MaxLen)), None)
    return Held(name, kind, least if above is None else above, most, above is not None, longest)


def _of(kind: Any) -> tuple[Held, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_held(field.name, hints[field.name]) for field in fields(kind))


def _is_of_the_model(found: Any) -> bool:
    return isinstance(found, type) and is_dataclass(found) and found.__module__ == model.__name__


FIELDS: Mapping[type, tuple[Held, ...]] = MappingProxyType(
    {kind: _of(kind) for kind in vars(model).values() if _is_of_the_model(kind)}
)
"""Every class of the model and its fields, in their order."""

RANGES: Mapping[type, Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        kind: {
            held.name: (-inf if held.least is None else held.least, inf if held.most is None else held.most)
            for held in all_held
            if held.kind is not None
        }
        for kind, all_held in FIELDS.items()
    }
)
"""From where to where every number may go, by class and name."""
