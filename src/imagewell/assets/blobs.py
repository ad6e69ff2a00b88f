"""Keeping bytes: durable first, then a row, and never swept in between.

The sweep deletes the row of an unused blob, then its bytes, then commits. So whoever adds a use (1) puts the bytes,
(2) in the transaction of the new row marks the blob's row as used, so that the sweep passes it by or waits for us,
and (3) in that transaction looks whether the bytes are still there. If a sweep was faster, (3) finds them gone, and
all three are done again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from imagewell.assets.models import Blob
from imagewell.assets.values import Upload
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.db.upsert import insert_or_update
from imagewell.errors import Unavailable
from imagewell.storage import keys
from imagewell.storage.store import Store

Result = TypeVar("Result")
TRIES = 3


class BlobGone(Exception):
    """The bytes were swept between being put and being used."""


class Blobs:
    """The road by which bytes get in, for uploads and for fetched originals alike."""

    def __init__(self, db: Database, store: Store, clock: Clock) -> None:
        self._db = db
        self._store = store
        self._clock = clock

    async def keep(self, upload: Upload, record: Callable[[WriteSession], Awaitable[Result]]) -> Result:
        """Store the bytes, then commit what `record` writes. The temporary file stays; its owner removes it.

        Returns: what `record` returned. Raises: StorageFull, Unavailable, what `record` raises; then at most bytes
        without a row are left, which the sweep frees.
        """

        async def claimed(session: WriteSession) -> Result:
            await self.claim(session, upload.sha256, upload.size)
            return await record(session)

        key = keys.blob(upload.sha256)
        for _ in range(TRIES):
            await self._store.put_once(key, upload.temp, upload.size)
            try:
                return await self._db.write_together(claimed)
            except BlobGone:
                continue
        raise Unavailable("object store")

    async def claim(self, session: WriteSession, sha256: str, size: int) -> None:
        """Claim a blob for a row that this transaction adds. Raises: BlobGone when its bytes are not there."""
        row = {"sha256": sha256, "size": size, "created_at": self._clock.now(), "unused_since": None}
        await insert_or_update(session, Blob, [row], update=["unused_since"])
        if await self._store.size(keys.blob(sha256)) != size:
            raise BlobGone
