"""Delivery's memory in the database: fetched originals with their blobs, and the index of derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagewell.assets.blobs import Blobs
from imagewell.assets.original import Original
from imagewell.assets.values import Upload
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.delivery import repository
from imagewell.delivery.index import Kept
from imagewell.delivery.models import FetchedOriginal
from imagewell.delivery.order import Place
from imagewell.delivery.remote import Held
from imagewell.ids import is_id
from imagewell.imaging.work import Facts
from imagewell.sources.fetch import moment
from imagewell.storage import keys
from imagewell.storage.store import Store


class DatabaseShelf:
    """Fetched originals: bytes durable in the store, then the row."""

    def __init__(self, db: Database, store: Store, clock: Clock) -> None:
        self._db = db
        self._store = store
        self._blobs = Blobs(db, store, clock)

    def temp(self) -> Path:
        """A file that the store can take over."""
        return self._store.temp()

    async def get(self, place: Place) -> Held | None:
        """What was last kept for a place."""
        async with self._db.read() as session:
            row = await repository.get_original(session, *place)
        return None if row is None else _held(row, place[1])

    async def keep(self, place: Place, held: Held, file: Path) -> None:
        """The file becomes a blob, and the row points at it.

        An owner that is no source (a whole library, asked by id) has no rows: its blob lasts until the sweep.
        """

        async def record(session: WriteSession) -> None:
            if is_id(place[0]):
                await repository.put_original(session, *place, **_columns(held))

        await self._blobs.keep(Upload(file, held.original.identity, held.original.size), record)

    async def renew(self, place: Place, held: Held) -> None:
        """The row alone: its origin says that the bytes still hold. A row purged meanwhile stays gone."""
        async with self._db.write() as session:
            if await repository.get_original(session, *place) is not None:
                await repository.put_original(session, *place, **_columns(held))

    async def forget(self, owner: str, path: str) -> None:
        """Delete the row; the sweep frees the bytes."""
        async with self._db.write() as session:
            await repository.forget_original(session, owner, path)


class DatabaseIndex:
    """The index of derivatives."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, kept: Sequence[Kept], used: Sequence[str], now_s: float) -> None:
        """New rows, and the last use of others, in one transaction."""
        rows = [
            {
                "key": each.digest,
                "source_id": each.source_id,
                "path": each.path,
                "size": each.size,
                "created_at": _time(each.at_s),
                "last_used_at": _time(each.at_s),
            }
            for each in kept
        ]
        async with self._db.write() as session:
            await repository.add_derivatives(session, rows)
            await repository.touch_derivatives(session, used, _time(now_s))

    async def take(self, source_id: str, path: str) -> list[str]:
        """Delete the rows of a path; their digests."""
        async with self._db.write() as session:
            return await repository.take_derivatives(session, source_id, path)


def _columns(held: Held) -> dict[str, Any]:
    original = held.original
    return {
        "sha256": original.identity,
        "size": original.size,
        "content_type": original.content_type,
        "facts": asdict(original.facts),
        "etag": held.etag,
        "last_modified": held.last_modified,
        "fetched_at": _time(held.checked_at_s),
        "fresh_until_s": held.checked_at_s + (held.max_age_s or 0),
        "origin_max_age_s": held.max_age_s,
    }


def _held(row: FetchedOriginal, path: str) -> Held | None:
    """None for a row that points at nothing."""
    if row.sha256 is None or row.facts is None:
        return None
    original = Original(
        identity=row.sha256,
        key=keys.blob(row.sha256),
        size=row.size or 0,
        facts=Facts(**row.facts),
        content_type=row.content_type or "",
        modified_at=moment(row.last_modified) or row.fetched_at,
        path=path,
        max_age_s=row.origin_max_age_s,
    )
    return Held(original, row.fetched_at.timestamp(), row.origin_max_age_s, row.etag, row.last_modified)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
