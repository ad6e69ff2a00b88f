"""Freeing what nobody needs: blobs without a use, bytes without a blob, temporary files left behind.

See `blobs.py` for why nothing that is just being stored can be lost here, even without any grace period.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, select, true, update

from imagewell.assets.models import Blob
from imagewell.assets.settings import SweepSettings
from imagewell.clock import Clock
from imagewell.db.base import Base
from imagewell.db.database import Database
from imagewell.db.upsert import insert_new
from imagewell.storage import keys
from imagewell.storage.store import Store

BATCH = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """What one round did.

    found: bytes in the store that had no row, such as those of an upload that was cut off. unused: blobs seen without
    a use for the first time. freed: blobs deleted. temps: temporary files deleted.
    """

    found: int
    unused: int
    freed: int
    temps: int


class Sweep:
    """One round at a time, whenever `run` is called."""

    def __init__(
        self, db: Database, store: Store, clock: Clock | None = None, settings: SweepSettings | None = None
    ) -> None:
        self._db = db
        self._store = store
        self._clock = clock or Clock()
        self._settings = settings or SweepSettings()
        self._listed_at_s = float("-inf")

    async def run(self) -> Swept:
        """All of it. Raises: Unavailable; what was done so far is done."""
        found = 0
        if self._clock.seconds() - self._listed_at_s >= self._settings.list_every_s:
            found = await self._enter_strays()
            self._listed_at_s = self._clock.seconds()
        unused = await self._mark_unused()
        freed = await self._free_unused()
        return Swept(found, unused, freed, await self._store.sweep_temps(self._settings.temp_grace_s))

    async def _enter_strays(self) -> int:
        """Give a row to bytes that have none; from then on they are a blob like any other.

        Deleting them here and now could hit bytes that were put a moment ago and whose row is about to be committed.
        """
        entered = 0
        async for batch in self._stored():
            digests = [row["sha256"] for row in batch]
            async with self._db.read() as session:
                known = set(await session.scalars(select(Blob.sha256).where(Blob.sha256.in_(digests))))
            strays = [row for row in batch if row["sha256"] not in known]
            if strays:
                async with self._db.write() as session:
                    entered += len(await insert_new(session, Blob, strays))
        return entered

    async def _stored(self) -> AsyncIterator[list[dict[str, object]]]:
        batch: list[dict[str, object]] = []
        async for key, size, modified in self._store.list(keys.BLOBS):
            batch.append({"sha256": key.rpartition("/")[2], "size": size, "created_at": modified})
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _mark_unused(self) -> int:
        """Note since when blobs are unused. The grace period runs from here, not from when they were stored."""
        marked = 0
        fresh = Blob.unused_since.is_(None) & _unused()
        async for batch in self._batches(fresh):
            async with self._db.write() as session:
                mark = update(Blob).where(Blob.sha256.in_(batch), fresh).values(unused_since=self._clock.now())
                await session.execute(mark.execution_options(synchronize_session=False))
            marked += len(batch)
        return marked

    async def _free_unused(self) -> int:
        freed = 0
        due = (Blob.unused_since <= self._clock.now() - timedelta(seconds=self._settings.blob_grace_s)) & _unused()
        async for batch in self._batches(due):
            freed += await self._free(batch, due)
        return freed

    async def _free(self, batch: list[str], due: ColumnElement[bool]) -> int:
        """Rows, then bytes, then the commit: as long as it is open, nobody can use these blobs anew."""
        async with self._db.write() as session:
            gone = delete(Blob).where(Blob.sha256.in_(batch), due).returning(Blob.sha256)
            freed = list(await session.scalars(gone))
            await self._store.delete([keys.blob(sha256) for sha256 in freed])
        return len(freed)

    async def _batches(self, where: ColumnElement[bool]) -> AsyncIterator[list[str]]:
        """Digests of the blobs that match, some at a time, read outside of any transaction that writes."""
        last = ""
        while True:
            query = select(Blob.sha256).where(Blob.sha256 > last, where).order_by(Blob.sha256).limit(BATCH)
            async with self._db.read() as session:
                batch = list(await session.scalars(query))
            if not batch:
                return
            yield batch
            last = batch[-1]


def _unused() -> ColumnElement[bool]:
    """Blobs that no row of any table refers to; a table that comes later is found by its foreign key."""
    unused: ColumnElement[bool] = true()
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column is Blob.__table__.c.sha256:
                unused &= ~exists(select(1).where(key.parent == Blob.sha256))
    return unused
