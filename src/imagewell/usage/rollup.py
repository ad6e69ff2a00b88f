"""Rolling up: the events of hours that are over become one row for each kind, so that reports stay short."""

from __future__ import annotations

from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.usage import report_repository
from imagewell.usage.values import Grouping, start_of

BATCH = 1000


class RollUp:
    """May run in any number of processes at once, and be killed: every event is moved in one transaction, once."""

    def __init__(self, db: Database, clock: Clock | None = None, batch: int = BATCH) -> None:
        self._db = db
        self._clock = clock or Clock()
        self._batch = batch

    async def run(self) -> int:
        """Move all events of complete hours; returns how many this process moved. Raises: Unavailable, StorageFull."""
        hour = start_of(Grouping.hour, self._clock.now())
        async with self._db.read() as session:  # on SQLite nobody else writes while we look
            if not await report_repository.any_before(session, hour):
                return 0
        moved = 0
        while True:
            async with self._db.write() as session:
                rolled = await report_repository.roll_up(session, hour, self._batch)
            if rolled == 0:
                return moved
            moved += rolled
