"""Cursor pages, as our own API speaks them: `limit` and `after` in, `{"data": […], "next": …}` out."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from imagewell.pages import PageRequest

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.", examples=[50])]
After = Annotated[
    str | None,
    Query(max_length=1024, description="`next` of the page before; left out for the first page.", examples=[None]),
]


class PageOf(BaseModel, Generic[Item]):
    """One page of a list."""

    data: list[Item]
    next: str | None = Field(None, description="Give it as `after` for the following page; null on the last one.")


def page_request(limit: int, after: str | None, sort: str | None = None) -> PageRequest:
    """What a service is asked for."""
    return PageRequest(limit=limit, position=after or None, sort=sort)


def next_of(position: int | str | None) -> str | None:
    """A page's `next` on the wire."""
    return None if position is None else str(position)
