"""What was used and what may be: reports of an account's operations, and its quotas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.errors import InvalidParameter, NotFound, PermissionDenied
from imagewell.usage import report_repository, repository
from imagewell.usage.limits import Limits
from imagewell.usage.settings import UsageSettings
from imagewell.usage.values import Counter, Figure, Grouping, Standing, end_of, start_of

SPANS = {Grouping.hour: timedelta(days=31), Grouping.day: timedelta(days=366), Grouping.month: timedelta(days=3660)}
"""The longest time that one report covers."""

USUAL_SPANS = {Grouping.hour: timedelta(days=1), Grouping.day: timedelta(days=30), Grouping.month: timedelta(days=365)}
MOST_FIGURES = 10_000
YEARS = range(2000, 9999)
MOST = 10**15


class Usage:
    """Reads and sets; `Ledger` decides. All methods ask for the subject's scope."""

    def __init__(
        self, db: Database, limits: Limits, clock: Clock | None = None, settings: UsageSettings | None = None
    ) -> None:
        self._db = db
        self._limits = limits
        self._clock = clock or Clock()
        self._settings = settings or UsageSettings()

    def span(self, grouping: Grouping, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
        """The whole periods that `start` to `end` touches; left out, `end` is now and `start` some time before.

        Raises: InvalidParameter "from" or "until" when there are none, or too many.
        """
        last = _utc("until", end) if end else self._clock.now()
        first = _utc("from", start) if start else last - USUAL_SPANS[grouping]
        if first >= last:
            raise InvalidParameter("from", first.isoformat(), "a time before `until`")
        if last - first > SPANS[grouping]:
            expected = f"at most {SPANS[grouping].days} days before `until`, by the {grouping}"
            raise InvalidParameter("from", first.isoformat(), expected)
        through = start_of(grouping, last)
        return start_of(grouping, first), last if end and last == through else end_of(grouping, through)

    async def figures(
        self,
        subject: Subject,
        grouping: Grouping,
        between: tuple[datetime, datetime],
        *,
        by_key: bool = False,
        **where: str,
    ) -> Sequence[Figure]:
        """What the subject's account did in its stage, right at any moment; `where` is of key_id and operation.

        Args:
            between: what `span` gave. by_key: a line for each key instead of one for all.
        Raises: InvalidParameter when there are more than `MOST_FIGURES` lines.
        """
        subject.require(Scope.usage_read)
        most = MOST_FIGURES + 1
        async with self._db.read() as session:
            lines = await report_repository.figures(
                session, subject, grouping, between, where, by_key=by_key, most=most
            )
        if len(lines) == most:
            raise InvalidParameter("from", between[0].isoformat(), f"a time with at most {MOST_FIGURES} figures after")
        return [
            Figure(datetime.fromisoformat(at).replace(tzinfo=UTC), operation, meter, key if by_key else None, n, amount)
            for at, operation, meter, key, n, amount in lines
        ]

    async def quotas(self, subject: Subject) -> Sequence[Standing]:
        """Where the account stands with every meter this month; test keys use nothing, and have no limits."""
        subject.require(Scope.usage_read)
        return [await self._standing(subject, meter) for meter in self._settings.limits]

    async def set_limit(self, subject: Subject, meter: str, limit: int | None) -> Standing:
        """Give the account a limit of its own; None is no limit, 0 allows nothing.

        In this process it holds at once, in others within `limit_cache_s`. Raises: NotFound for a meter that is none.
        """
        subject.require(Scope.accounts_manage)
        if subject.stage is Stage.test:
            raise PermissionDenied("stage:live")
        if meter not in self._settings.limits:
            raise NotFound("meter", meter)
        if limit is not None and not 0 <= limit <= MOST:
            raise InvalidParameter("limit", limit, f"0 to {MOST}, or null for no limit")
        now = self._clock.now()
        async with self._db.write() as session:
            await repository.set_limit(session, subject.account_id, meter, limit, now)
        self._limits.forget(subject.account_id, meter)
        await self._limits.of(Counter.of(subject.account_id, meter, now))  # so that the counter is right from now on
        return await self._standing(subject, meter)

    async def _standing(self, subject: Subject, meter: str) -> Standing:
        at = Counter.of(subject.account_id, meter, self._clock.now())
        limit, used, held = None, 0, 0
        if subject.stage is Stage.live:
            async with self._db.read() as session:
                limit = await repository.own_limit(session, at.account_id, meter, self._settings.limits[meter])
                decided = await repository.counter(session, at) if limit is not None else None
                used, held = decided or (await repository.used_since(session, at), 0)
        return Standing(meter, limit, used, held, at.month, end_of(Grouping.month, at.month))


def _utc(name: str, at: datetime) -> datetime:
    try:
        utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:  # at either end of the calendar, UTC may be past it
        utc = None
    if utc is None or utc.year not in YEARS:
        raise InvalidParameter(name, at.isoformat(), f"a time in the years {YEARS[0]} to {YEARS[-1]}")
    return utc
