"""Pages of a list by keyset: a page begins after a row, so the thousandth page costs what the first does."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import MAXYEAR, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from imagewell.db.session import ReadSession
from imagewell.db.text import is_clean
from imagewell.errors import InvalidParameter
from imagewell.ids import is_id
from imagewell.pages import Page, PageRequest


class Identified(Protocol):
    """A row with an id, and attributes of the same names as its sorts."""

    @property
    def id(self) -> Any:
        """Its primary key."""


Row = TypeVar("Row", bound=Identified)
Sorts = Mapping[str, InstrumentedAttribute[Any]]

NATURAL = "created_at"


async def keyset(
    session: ReadSession,
    query: Select[Row],
    request: PageRequest,
    id_column: InstrumentedAttribute[str],
    sorts: Sorts,
    *,
    total: bool = False,
) -> Page[Row]:
    """One page of `query`, sorted by one of `sorts` (columns that are never NULL) and then by id.

    The position is an offset, the id of the row before, or the `next` of an earlier page, which holds the row's place
    even when the row is gone. Raises: InvalidParameter "sort" or "after".
    """
    name, descending = _sort(request.sort, sorts)
    column = sorts[name]
    placed = query
    if isinstance(request.position, int):
        placed = query.offset(request.position)
    elif request.position is not None:
        place = await _place(session, query, request.position, name, column, id_column)
        placed = query.where(_after(column, id_column, place, descending))
    order = (column.desc(), id_column.desc()) if descending else (column.asc(), id_column.asc())
    rows = list(await session.scalars(placed.order_by(*order).limit(request.limit + 1)))
    count = await _count(session, query) if total else None
    items, more = rows[: request.limit], len(rows) > request.limit
    following = _next(request, items[-1], name) if more and items else None
    return Page(items, following, _previous(request), count)


def _sort(written: str | None, sorts: Sorts) -> tuple[str, bool]:
    name = (written or NATURAL).removeprefix("-")
    if name not in sorts:
        raise InvalidParameter("sort", written, "one of " + ", ".join(sorts) + ', with "-" in front to turn it round')
    return name, (written or "").startswith("-")


def _after(
    column: InstrumentedAttribute[Any], id_column: InstrumentedAttribute[str], place: tuple[Any, str], descending: bool
) -> ColumnElement[bool]:
    """A comparison of pairs, which both databases answer from the index on (column, id)."""
    here = tuple_(column, id_column)
    there = tuple_(literal(place[0], column.type), literal(place[1], id_column.type))
    return here < there if descending else here > there


async def _place(
    session: ReadSession,
    query: Select[Row],
    position: str,
    name: str,
    column: InstrumentedAttribute[Any],
    id_column: InstrumentedAttribute[str],
) -> tuple[Any, str]:
    if not is_id(position):
        return read_cursor(position, name, column.type.python_type)
    found = await session.scalar(query.with_only_columns(column).where(id_column == position))
    if found is None:
        raise _bad(position)
    return found, position


async def _count(session: ReadSession, query: Select[Row]) -> int:
    return await session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def _next(request: PageRequest, last: Row, name: str) -> int | str:
    if isinstance(request.position, int):
        return request.position + request.limit
    return write_cursor(name, getattr(last, name), last.id)


def _previous(request: PageRequest) -> int | None:
    if not isinstance(request.position, int) or request.position == 0:
        return None
    return max(0, request.position - request.limit)


def write_cursor(sort: str, value: Any, id: str) -> str:
    """The place after a row, as text that survives a URL."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([sort, plain, id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, sort: str, kind: type) -> tuple[Any, str]:
    """The value and id in a cursor. Raises: InvalidParameter for one of another list, or of nobody's making."""
    try:
        written, plain, id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = datetime.fromisoformat(plain) if kind is datetime else plain
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _bad(cursor) from None
    if written != sort or not isinstance(id, str) or not is_id(id) or not _usable(value, kind):
        raise _bad(cursor)
    return value, id


def _usable(value: object, kind: type) -> bool:
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    if isinstance(value, datetime):
        return value.tzinfo is not None and 1 < value.year < MAXYEAR  # so that UTC is inside the calendar too
    return isinstance(value, str) and is_clean(value)


def _bad(position: str) -> InvalidParameter:
    return InvalidParameter("after", position, "the place that an earlier page of this list gave, in the same order")
