"""All SQL about fetched originals and derivatives.

A path is a decoded path, or a whole URL for a picture fetched on a source's behalf. One that ends in "/" (or is "")
stands for everything below, in the functions that say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_or_update
from imagewell.delivery.models import Derivative, FetchedOriginal

BATCH = 500
MAX_INDEXED_BYTES = 1024
LAST_CHARACTER = "\U0010ffff"
ORIGINAL_COLUMNS = (
    "sha256", "size", "content_type", "facts", "etag", "last_modified",
    "fetched_at", "fresh_until_s", "origin_max_age_s", "missing",
)  # fmt: skip


def indexed(path: str) -> str:
    """A path as it is stored: a very long one by its beginning and digest, since an index has no room for it."""
    raw = path.encode(errors="surrogatepass")
    if len(raw) <= MAX_INDEXED_BYTES:
        return path
    return raw[: MAX_INDEXED_BYTES - 65].decode(errors="ignore") + "#" + hashlib.sha256(raw).hexdigest()


async def get_original(session: ReadSession, source_id: str, path: str) -> FetchedOriginal | None:
    """What is known of a path of a source."""
    return await session.get(FetchedOriginal, (source_id, indexed(path)))


async def put_original(session: WriteSession, source_id: str, path: str, **columns: Any) -> None:
    """Write all columns of `FetchedOriginal` for a path, over what was there.

    With a sha256, the blob must have been claimed in this transaction: use `Blobs.keep`, or `Blobs.claim`.
    """
    row = {name: columns.get(name) for name in ORIGINAL_COLUMNS} | {"missing": columns.get("missing", False)}
    row |= {"source_id": source_id, "path": indexed(path)}
    await insert_or_update(session, FetchedOriginal, [row], update=ORIGINAL_COLUMNS)


async def forget_original(session: WriteSession, source_id: str, path: str) -> None:
    """Forget a path, or all below it; the bytes are freed by the sweep."""
    here = (FetchedOriginal.source_id == source_id) & _covered(FetchedOriginal.path, path)
    await session.execute(delete(FetchedOriginal).where(here).execution_options(synchronize_session=False))


async def forget_originals_before(session: WriteSession, before: datetime) -> None:
    """Forget what was fetched before a time."""
    old = FetchedOriginal.fetched_at < before
    await session.execute(delete(FetchedOriginal).where(old).execution_options(synchronize_session=False))


async def add_derivatives(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of `Derivative` (key, source_id, path, size, created_at, last_used_at); known keys are used again."""
    for start in range(0, len(rows), BATCH):
        batch = [row | {"path": indexed(row["path"])} for row in rows[start : start + BATCH]]
        await insert_or_update(session, Derivative, batch, update=("size", "last_used_at"))


async def touch_derivatives(session: WriteSession, keys: Sequence[str], at: datetime) -> None:
    """Say that derivatives were used."""
    for start in range(0, len(keys), BATCH):
        used = Derivative.key.in_(keys[start : start + BATCH])
        await session.execute(update(Derivative).where(used).values(last_used_at=at))


async def derivative_keys(session: ReadSession, source_id: str, path: str) -> list[str]:
    """Keys of the derivatives of a path, or of all below it."""
    here = (Derivative.source_id == source_id) & _covered(Derivative.path, path)
    return list(await session.scalars(select(Derivative.key).where(here)))


async def take_derivatives(session: WriteSession, source_id: str, path: str) -> list[str]:
    """Forget the derivatives of a path, or of all below it; returns their keys."""
    here = (Derivative.source_id == source_id) & _covered(Derivative.path, path)
    return list(await session.scalars(delete(Derivative).where(here).returning(Derivative.key)))


async def forget_derivatives(session: WriteSession, keys: Sequence[str]) -> None:
    """Forget derivatives by key."""
    for start in range(0, len(keys), BATCH):
        await session.execute(delete(Derivative).where(Derivative.key.in_(keys[start : start + BATCH])))


async def derivative_bytes(session: ReadSession) -> int:
    """Size of all derivatives."""
    return int(await session.scalar(select(func.coalesce(func.sum(Derivative.size), 0))) or 0)


async def oldest_derivatives(session: ReadSession, limit: int) -> list[tuple[str, int]]:
    """Key and size of those not used for longest."""
    query = select(Derivative.key, Derivative.size).order_by(Derivative.last_used_at, Derivative.key).limit(limit)
    return [(key, size) for key, size in await session.execute(query)]


def _covered(column: InstrumentedAttribute[str], path: str) -> ColumnElement[bool]:
    if path and not path.endswith("/"):
        return column == indexed(path)
    return and_(column >= path, column <= path + LAST_CHARACTER)
