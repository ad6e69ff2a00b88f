"""One page of a list, for every face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is wanted.

    `position` is an offset (int) or an id to come after (str); `sort` is a field name, with a leading "-" for
    descending order; None is the list's natural order.
    """

    limit: int = 50
    position: int | str | None = None
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page: its items, where the next and previous begin (None at the ends), the total where it was asked for."""

    items: Sequence[Item]
    next: int | str | None = None
    previous: int | str | None = None
    total: int | None = None

    def map(self, change: Callable[[Item], Other]) -> Page[Other]:
        """The same page of other items."""
        return Page([change(item) for item in self.items], self.next, self.previous, self.total)
