"""All SQL about folders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, cast, func, literal, or_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.orm import InstrumentedAttribute

from imagewell.accounts.subject import Subject, readable
from imagewell.assets import paths
from imagewell.assets.models import Asset, Folder
from imagewell.db.database import HIDDEN_TOO
from imagewell.db.paging import keyset
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_new
from imagewell.ids import new_id
from imagewell.pages import Page, PageRequest

SORTS = {"created_at": Folder.created_at, "name": Folder.name}
ALL = {HIDDEN_TOO: True, "synchronize_session": False}
"""For what happens to whole folders: assets that are gone for everybody (`lifetime.py`) lie in them too, and would else
be left where there is no folder, in the way of what is moved there later."""


async def page(session: ReadSession, subject: Subject, request: PageRequest, parent: str, total: bool) -> Page[Folder]:
    """Folders directly in `parent`."""
    query = select(Folder).where(readable(Folder, subject), Folder.parent == parent)
    return await keyset(session, query, request, Folder.id, SORTS, total=total)


async def get(session: ReadSession, subject: Subject, path: str, lock: bool = False) -> Folder | None:
    """One folder."""
    query = select(Folder).where(readable(Folder, subject), Folder.path == path)
    return await session.scalar(query.with_for_update() if lock else query)


async def hold(session: WriteSession, subject: Subject, wanted: Collection[str]) -> set[str]:
    """Which of these there are; none of them can be deleted or moved until the transaction ends."""
    query = select(Folder.path).where(readable(Folder, subject), Folder.path.in_(wanted))
    return set(await session.scalars(query.with_for_update(read=True, key_share=True))) if wanted else set()


async def add(session: WriteSession, subject: Subject, wanted: Sequence[str], now: datetime) -> bool:
    """Make folders, where missing; whether any was."""
    rows = [
        {
            "id": new_id(now.timestamp()),
            "account_id": subject.account_id,
            "stage": subject.stage,
            "path": path,
            "parent": paths.parent(path),
            "name": paths.last(path),
            "created_at": now,
            "updated_at": now,
        }
        for path in wanted
    ]
    return bool(await insert_new(session, Folder, rows))


async def delete(session: WriteSession, subject: Subject, path: str) -> None:
    """Delete a folder and everything below.

    Folders first: whoever is about to put something there holds them, so that this waits and then sees it.
    """
    here = readable(Folder, subject) & or_(Folder.path == path, paths.within(Folder.path, path))
    await session.execute(delete_from(Folder).where(here).execution_options(synchronize_session=False))
    inside = readable(Asset, subject) & paths.within(Asset.path, path)
    await session.execute(delete_from(Asset).where(inside).execution_options(**ALL))


async def move(session: WriteSession, subject: Subject, old: str, new: str, now: datetime) -> None:
    """Put `new` in the place of `old` at the beginning of all paths: one statement a table, however many rows."""
    top = readable(Folder, subject) & (Folder.path == old)
    placed = {"path": new, "parent": paths.parent(new), "name": paths.last(new), "updated_at": now}
    await _update(session, Folder, top, placed)
    below = readable(Folder, subject) & paths.within(Folder.path, old)
    await _update(
        session, Folder, below, {"path": _moved(Folder.path, old, new), "parent": _moved(Folder.parent, old, new)}
    )
    inside = readable(Asset, subject) & paths.within(Asset.path, old)
    values = {"path": _moved(Asset.path, old, new), "folder": _moved(Asset.folder, old, new), "updated_at": now}
    await _update(session, Asset, inside, values | {"revision": Asset.revision + 1})


async def extent(session: ReadSession, subject: Subject, folder: str) -> tuple[int, int]:
    """Bytes of the longest path below a folder, and slashes of the deepest; those of the folder if it is empty."""
    longest, deepest = len(folder.encode()), folder.count("/")
    for table in (Folder, Asset):
        slashes = func.length(table.path) - func.length(func.replace(table.path, "/", ""))
        inside = readable(table, subject) & paths.within(table.path, folder)
        query = select(func.max(_bytes(session, table.path)), func.max(slashes)).where(inside)
        length, depth = (await session.execute(query.execution_options(**ALL))).one()
        longest, deepest = max(longest, length or 0), max(deepest, depth or 0)
    return longest, deepest


def _bytes(session: ReadSession, column: InstrumentedAttribute[str]) -> ColumnElement[int]:
    """Length in UTF-8; SQLite learned octet_length only in 3.43."""
    if session.get_bind().dialect.name == "postgresql":
        return func.octet_length(column)
    return func.length(cast(column, LargeBinary))


def _moved(column: InstrumentedAttribute[str], old: str, new: str) -> ColumnElement[str]:
    return literal(new).op("||")(func.substr(column, len(old) + 1))


async def _update(session: WriteSession, table: Any, where: ColumnElement[bool], values: dict[str, Any]) -> None:
    await session.execute(update(table).where(where).values(values).execution_options(**ALL))
