"""A process among the workers: its name, its sign of life, and who else lives."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.errors import Refusal
from imagewell.jobs import repository
from imagewell.jobs.identity import Identity
from imagewell.jobs.repository import Me
from imagewell.jobs.settings import JobsSettings
from imagewell.jobs.watch import Watch

LEAVE_TIMEOUT_S = 2.0


class Presence:
    """`beat` from time to time, `leave` at the end; `me` is this worker as the last sign of life left it."""

    def __init__(self, db: Database, clock: Clock, settings: JobsSettings, data_dir: Path) -> None:
        self.me = Me("")
        self._db = db
        self._clock = clock
        self._settings = settings
        self._data_dir = data_dir
        self._identity: Identity | None = None
        self._seen: dict[str, datetime] = {}
        self._watch = Watch(settings.dead_after_s)
        self._beat_at = float("-inf")

    @property
    def name(self) -> str | None:
        """Its name, from the first sign of life on."""
        return self._identity.name if self._identity else None

    @property
    def is_due(self) -> bool:
        """Whether it is time for a sign of life."""
        return time.monotonic() - self._beat_at >= self._settings.heartbeat_s

    def others(self) -> frozenset[str]:
        """The other workers that live."""
        return frozenset(self._seen) - self.me.stalled - {self.me.id}

    async def beat(self) -> None:
        """Say that this worker lives, and see who else does. Raises: Unavailable, StorageFull, OSError."""
        if self._identity is None:
            self._identity = Identity.take(self._data_dir, self._settings.worker_id)
            self.me = Me(self._identity.name)
        async with self._db.write() as session:
            await repository.beat(session, self.me.id, self._clock.now())
            self._seen = await repository.workers(session)
        self._beat_at = time.monotonic()
        self.me = replace(self.me, stalled=self._watch.look(self._seen, self._beat_at) - {self.me.id})

    async def leave(self) -> None:
        """Say that it is gone, if that can be said, and let another have the name."""
        if self._identity is None:
            return
        with suppress(Refusal, TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT_S), self._db.write() as session:
                await repository.leave(session, self.me.id)
        self._identity.close()
        self._identity = None
