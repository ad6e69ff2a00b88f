"""A dialect as a table: one row a parameter, saying how it is read, where its value goes, and what to tell people.

A row's `into` is "group.field". Reading a bag of texts gives the fields of each group; the face turns a group's
fields into an operation of the picture model, and an operation back into fields, which the table spells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from imagewell.errors import InvalidParameter
from imagewell.faces.kit.params import Impossible, Reader

Fields = dict[str, Any]
Values = dict[str, Fields]
"""The fields of each group that came, by group."""


class Tier(StrEnum):
    """How far a parameter is served: `core` and `ext` are; `ai` needs an engine; `video` is another product."""

    CORE = "core"
    EXT = "ext"
    AI = "ai"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter.

    into: "group.field" that its value goes to. value, default, needs, about: for the reference; `value` writes a range
    that is kept strictly as `a..b` and one that is only suggested as `a..b?`. strict: an unreadable value is refused
    rather than passed over.
    """

    name: str
    read: Reader[Any]
    into: str
    value: str
    about: str
    aliases: tuple[str, ...] = ()
    default: str = ""
    needs: str = ""
    tier: Tier = Tier.CORE
    strict: bool = False
    category: str = ""

    @property
    def group(self) -> str:
        """Where its value goes: the group."""
        return self.into.partition(".")[0]

    @property
    def field(self) -> str:
        """Where its value goes: the field of the group."""
        return self.into.partition(".")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return self.name, *self.aliases

    def is_neutral(self, value: Any) -> bool:
        """Whether `value` is the documented default, so that it asks for nothing."""
        return bool(self.default) and bool(value == self.read.read(self.default))


class Table:
    """All parameters of a dialect. A name may stand in it once, as a name or as an alias."""

    def __init__(self, params: Iterable[Param]) -> None:
        self.params = tuple(params)
        self.by_name: dict[str, Param] = {}
        self._rows: dict[str, tuple[Param, str, str]] = {}
        self._by_target: dict[str, Param] = {}
        for param in self.params:
            self._add(param)

    def _add(self, param: Param) -> None:
        for name in param.names:
            if name in self.by_name:
                raise ValueError(f"two parameters are called {name}")
            self.by_name[name] = param
        self._rows[param.name] = (param, param.group, param.field)
        self._by_target.setdefault(param.into, param)

    def read(self, bag: Mapping[str, str]) -> Values:
        """The fields of every group that has one.

        Args:
            bag: text by canonical name; names that are not in the table are passed over.
        Raises: InvalidParameter for an impossible value, and for an unreadable one of a strict parameter.
        """
        values: Values = {}
        for name, text in bag.items():
            row = self._rows.get(name)
            if row is None:
                continue
            param, group, field = row
            try:
                value = param.read.read(text)
            except ValueError as error:
                if param.strict or isinstance(error, Impossible):
                    raise InvalidParameter(name, text, param.read.expected) from error
                continue
            values.setdefault(group, {})[field] = value
        return values

    def spell(self, group: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Name and text of every field that is not None.

        Raises: KeyError or ValueError for what the dialect has no words for.
        """
        for field, value in fields.items():
            if value is not None:
                param = self._by_target[f"{group}.{field}"]
                yield param.name, param.read.spell(value)


def section(category: str, params: Iterable[Param]) -> tuple[Param, ...]:
    """The same rows, filed under a category."""
    return tuple(replace(param, category=category) for param in params)
