"""Which meters of an account are limited, remembered for a few seconds, so that most holds ask nobody."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.usage import repository
from imagewell.usage.settings import UsageSettings
from imagewell.usage.values import Counter

MAX_REMEMBERED = 10_000
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """A limit as read at `read_at` (monotonic seconds); where there is one, the counter of `month` is open."""

    limit: int | None
    month: datetime
    read_at: float


class Limits:
    """Belongs to one event loop. Equal questions at the same time ask the database once."""

    def __init__(self, db: Database, settings: UsageSettings) -> None:
        self._db = db
        self._settings = settings
        self._known: OrderedDict[Place, Known] = OrderedDict()
        self._asking: dict[Place, asyncio.Task[int | None]] = {}

    async def of(self, at: Counter) -> int | None:
        """The limit; None is no limit. Where there is one, the month's counter is there and right.

        Raises: KeyError for a meter that is none, Unavailable.
        """
        place = (at.account_id, at.meter)
        known = self._known.get(place)
        if known is not None and self._good(known, at):
            return known.limit
        task = self._asking.get(place)
        if task is None:
            task = self._asking[place] = asyncio.create_task(self._ask(at))
            task.add_done_callback(lambda done: self._asked(place, done))
        return await asyncio.shield(task)  # who leaves does not take the answer from the others

    def limited(self, at: Counter) -> bool:
        """Whether this process knows of a limit, without asking anybody."""
        known = self._known.get((at.account_id, at.meter))
        return known is not None and known.limit is not None

    def forget(self, account_id: str, meter: str) -> None:
        """Ask again: it was changed. What is being asked now may be what it was before."""
        self._known.pop((account_id, meter), None)
        self._asking.pop((account_id, meter), None)

    def _good(self, known: Known, at: Counter) -> bool:
        fresh = time.monotonic() - known.read_at < self._settings.limit_cache_s
        return fresh and (known.limit is None or known.month == at.month)

    async def _ask(self, at: Counter) -> int | None:
        place, read_at = (at.account_id, at.meter), time.monotonic()
        async with self._db.read() as session:
            limit = await repository.own_limit(session, *place, self._settings.limits[at.meter])
        before = self._known.get(place)
        if limit is not None and (before is None or before.limit is None or before.month != at.month):
            await self._open(at)
        if self._asking.get(place) is asyncio.current_task():
            self._remember(place, Known(limit, at.month, read_at))
        return limit

    async def _open(self, at: Counter) -> None:
        async def work(session: WriteSession) -> None:
            await repository.open_counter(session, at)

        await self._db.write_together(work)

    def _remember(self, place: Place, known: Known) -> None:
        self._known[place] = known
        self._known.move_to_end(place)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def _asked(self, place: Place, task: asyncio.Task[int | None]) -> None:
        if self._asking.get(place) is task:
            del self._asking[place]
        if not task.cancelled():
            task.exception()  # those who waited have it; where nobody did, it is no news
