"""Keeping derivatives within their room, and fetched originals for their time."""

from __future__ import annotations

from datetime import timedelta

from imagewell.assets.settings import SweepSettings
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.delivery import repository
from imagewell.storage import keys
from imagewell.storage.store import Store

BATCH = 500


class DerivativeSweep:
    """Deletes the least recently used derivatives when all together are over their room."""

    def __init__(
        self, db: Database, store: Store, clock: Clock | None = None, settings: SweepSettings | None = None
    ) -> None:
        self._db = db
        self._store = store
        self._clock = clock or Clock()
        self._settings = settings or SweepSettings()

    async def run(self) -> int:
        """One round; returns how many derivatives were deleted."""
        await self._forget_fetched()
        async with self._db.read() as session:
            excess = await repository.derivative_bytes(session) - self._settings.derivative_bytes
        deleted = 0
        while excess > 0:
            async with self._db.read() as session:
                oldest = await repository.oldest_derivatives(session, BATCH)
            doomed = _until(oldest, excess)
            if not doomed:
                break
            await self._delete([key for key, _ in doomed])
            deleted += len(doomed)
            excess -= sum(size for _, size in doomed)
        return deleted

    async def _delete(self, doomed: list[str]) -> None:
        """Files first: a row without a file is found again by the next round, a file without a row never."""
        await self._store.delete([keys.derivative(key) for key in doomed])
        async with self._db.write() as session:
            await repository.forget_derivatives(session, doomed)

    async def _forget_fetched(self) -> None:
        before = self._clock.now() - timedelta(seconds=self._settings.fetched_keep_s)
        async with self._db.write() as session:
            await repository.forget_originals_before(session, before)


def _until(oldest: list[tuple[str, int]], excess: int) -> list[tuple[str, int]]:
    """As many, from the oldest on, as make up the excess."""
    taken = []
    for key, size in oldest:
        if excess <= 0:
            break
        taken.append((key, size))
        excess -= size
    return taken
