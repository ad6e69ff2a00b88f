"""The ledger: what an operation counts is held while it is done, and taken in the transaction that makes the result.

A hold is decided by one conditional UPDATE of the month's counter: so of any number of requests at once, in any number
of processes, exactly as many get through as there is room for. Where there is no limit, holding asks nobody and taking
writes one row, the usage event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from imagewell.accounts.subject import Stage, Subject
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.errors import QuotaExceeded, Refusal
from imagewell.ids import new_id
from imagewell.logs import Log
from imagewell.usage import repository
from imagewell.usage.limits import Limits
from imagewell.usage.settings import OPERATIONS, UsageSettings
from imagewell.usage.values import Counter, Grouping, Hold, end_of

SWEPT_AT_ONCE = 1000

log = Log(__name__)


class Metered:
    """One operation under `Ledger.metered`. `amount` is what it counts: 0 for a test subject."""

    def __init__(self, ledger: Ledger, hold: Hold) -> None:
        self._ledger = ledger
        self._hold = hold
        self.taken = False

    @property
    def amount(self) -> int:
        """What it counts."""
        return self._hold.amount

    async def take(self, session: WriteSession) -> None:
        """It is done, if `session` commits. May be said again in another transaction when one was rolled back."""
        await self._ledger.take(session, self._hold)
        self.taken = True


class Ledger:
    """Holds and takes; one a process. See `Usage` for what is read and set."""

    def __init__(self, db: Database, clock: Clock | None = None, settings: UsageSettings | None = None) -> None:
        self._db = db
        self._clock = clock or Clock()
        self._settings = settings or UsageSettings()
        self._tasks: set[asyncio.Task[None]] = set()
        self.limits = Limits(db, self._settings)

    @asynccontextmanager
    async def metered(
        self, subject: Subject, operation: str, amount: int, meter: str = OPERATIONS
    ) -> AsyncIterator[Metered]:
        """Hold for the time of the block; leaving it without a take, or with an error, releases.

        Raises: QuotaExceeded, Unavailable.
        """
        hold = await self.hold(subject, operation, amount, meter)
        metered = Metered(self, hold)
        try:
            yield metered
        except BaseException:
            await self._end(hold)  # taken or not: a take whose transaction was rolled back is none
            raise
        if not metered.taken:
            await self._end(hold)

    async def hold(self, subject: Subject, operation: str, amount: int, meter: str = OPERATIONS) -> Hold:
        """The right to do `operation`, which counts `amount` on `meter`. End it with `take` or `release`.

        Raises: QuotaExceeded when used, held and amount are more than the limit; Unavailable.
        """
        if amount < 0:
            raise ValueError("an operation counts 0 or more")
        hold = self._new(subject, operation, amount, meter)
        limit = await self.limits.of(hold.counter) if hold.amount else None
        if limit is None:
            return hold
        hold = replace(hold, held=True)

        async def reserve(session: WriteSession) -> bool:
            if not await self._reserve(session, hold, limit):
                return False  # not raised here: what was freed stays free
            await repository.add_hold(session, hold, self._clock.now() + timedelta(seconds=self._settings.hold_s))
            return True

        try:
            held = await self._db.write_together(reserve)
        except BaseException:
            await self._end(hold)  # whether it was committed, nobody knows
            raise
        if not held:
            raise _exceeded(hold.counter)
        return hold

    async def take(self, session: WriteSession, hold: Hold) -> None:
        """Count a hold in the transaction that makes what it was for. Twice is once.

        Best the last statement: under a quota the account's other takes wait from here to the commit.
        Raises: QuotaExceeded when the hold had expired and others have its room; do not commit then.
        """
        if not await repository.add_event(session, hold):
            return
        if hold.held:
            if not await repository.settle(session, hold):
                await self._regain(session, hold)
        elif hold.amount and self.limits.limited(hold.counter):  # there was no limit when it began
            await repository.count(session, hold.counter, hold.amount)

    async def release(self, hold: Hold) -> None:
        """Nothing was done: the room is free again. Harmless after a take, or twice."""
        if not hold.held:
            return

        async def free(session: WriteSession) -> None:
            await repository.free(session, hold)

        await self._db.write_together(free)

    async def sweep(self) -> None:
        """Free what was held too long: by processes that were killed."""
        now = self._clock.now()
        async with self._db.read() as session:
            counters = await repository.expired(session, now, SWEPT_AT_ONCE)
        for at in counters:
            async with self._db.write() as session:
                await repository.free_expired(session, at, now)

    async def close(self) -> None:
        """Wait for what is still being released."""
        await asyncio.gather(*self._tasks)

    def _new(self, subject: Subject, operation: str, amount: int, meter: str) -> Hold:
        now = self._clock.now()
        return Hold(
            id=new_id(now.timestamp()),
            account_id=subject.account_id,
            stage=subject.stage,
            key_id=subject.key_id or "",
            operation=operation,
            meter=meter,
            amount=0 if subject.stage is Stage.test else amount,
            at=now,
        )

    async def _reserve(self, session: WriteSession, hold: Hold, limit: int | None) -> bool:
        """Hold the room, if need be that of holds that have expired."""
        at = hold.counter
        if await repository.reserve(session, at, hold.amount, limit):
            return True
        if not await repository.free_expired(session, at, self._clock.now()):
            return False
        return await repository.reserve(session, at, hold.amount, limit)

    async def _regain(self, session: WriteSession, hold: Hold) -> None:
        """The hold expired and was swept before it was taken: its room must be had once more."""
        default = self._settings.limits[hold.meter]
        limit = await repository.own_limit(session, hold.account_id, hold.meter, default)
        if not await self._reserve(session, hold, limit):
            raise _exceeded(hold.counter)

    async def _end(self, hold: Hold) -> None:
        """Release, even when whoever held is being cancelled. Failing is only logged: the hold expires."""
        if hold.held:
            task = asyncio.create_task(self._release_or_log(hold))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.shield(task)

    async def _release_or_log(self, hold: Hold) -> None:
        try:
            await self.release(hold)
        except Refusal as error:
            log.warning("hold not released", reason=error.code, hold=hold.id)


def _exceeded(at: Counter) -> QuotaExceeded:
    return QuotaExceeded(at.meter, end_of(Grouping.month, at.month).isoformat().replace("+00:00", "Z"))
