"""A stage's pictures as one list, newest first, and which of them anyone may fetch by id alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal, select, tuple_

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject, readable
from imagewell.assets import rows
from imagewell.assets.models import Asset
from imagewell.assets.service import Also
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import ReadSession
from imagewell.errors import InvalidParameter
from imagewell.ids import is_id

_PLACE = tuple_(Asset.created_at, Asset.id)
"""The order of the list: unique, and answered by the index on account, stage, created_at and id."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list; `next` and `previous` are the ids that those pages begin with, None at the ends."""

    items: Sequence[Asset]
    next: str | None
    previous: str | None


class Gallery:
    """The list of those formats alone that its reader knows."""

    def __init__(self, db: Database, clock: Clock, formats: Collection[str]) -> None:
        self._db = db
        self._clock = clock
        self._formats = tuple(sorted(formats))

    async def page(self, subject: Subject, limit: int, start: str | None = None) -> Listed:
        """`limit` pictures from `start` on, that one included.

        Raises: InvalidParameter "start" when the subject has no such picture.
        """
        subject.require(Scope.assets_read)
        async with self._db.read() as session:
            here = await self._where(session, subject, start)
            query = self._visible(subject)
            onwards = query if here is None else query.where(_not_after(here))
            found = list(await session.scalars(onwards.order_by(*_newest_first()).limit(limit + 1)))
            before = None if here is None else await self._before(session, subject, here, limit)
        following = found[limit].id if len(found) > limit else None
        return Listed(found[:limit], following, before)

    async def get(self, subject: Subject, asset_id: str) -> Asset | None:
        """One picture of the list."""
        subject.require(Scope.assets_read)
        found = await self.several(subject, [asset_id])
        return found[0] if found else None

    async def several(self, subject: Subject, asset_ids: Sequence[str]) -> Sequence[Asset]:
        """Those that there are, in no order."""
        subject.require(Scope.assets_read)
        async with self._db.read() as session:
            return list(await session.scalars(self._visible(subject).where(Asset.id.in_(asset_ids))))

    async def share(self, subject: Subject, asset_id: str, shared: bool, also: Also | None = None) -> Asset:
        """Let anyone fetch it by its id, or nobody any more; done twice it is done.

        Args:
            also: written in the same transaction.
        Raises: NotFound.
        """
        subject.require(Scope.assets_write)
        async with self._db.write() as session:
            asset = await rows.locked(session, subject, asset_id)
            if shared != (asset.shared_at is not None):
                asset.shared_at = self._clock.now() if shared else None
            if also is not None:
                await also(session)
        return asset

    async def shared(self, asset_id: str) -> Asset | None:
        """What anyone may fetch, of any account."""
        if not is_id(asset_id):
            return None
        async with self._db.read() as session:
            return await session.scalar(
                select(Asset).where(Asset.id == asset_id, Asset.shared_at.is_not(None), Asset.format.in_(self._formats))
            )

    def _visible(self, subject: Subject) -> Select[Asset]:
        return select(Asset).where(readable(Asset, subject), Asset.format.in_(self._formats))

    async def _where(self, session: ReadSession, subject: Subject, start: str | None) -> tuple[datetime, str] | None:
        """The place of a picture in the list."""
        if start is None:
            return None
        found = await session.scalar(self._visible(subject).where(Asset.id == start))
        if found is None:
            raise InvalidParameter("start", start, "the id of a picture in the list")
        return found.created_at, found.id

    async def _before(
        self, session: ReadSession, subject: Subject, here: tuple[datetime, str], limit: int
    ) -> str | None:
        """The id that the page before begins with; near the front it is the first of all."""
        newer = self._visible(subject).where(_literal(here) < _PLACE).with_only_columns(Asset.id)
        ids = list(await session.scalars(newer.order_by(Asset.created_at, Asset.id).limit(limit)))
        return ids[-1] if ids else None


def _not_after(here: tuple[datetime, str]) -> ColumnElement[bool]:
    return _literal(here) >= _PLACE


def _literal(here: tuple[datetime, str]) -> ColumnElement[tuple[datetime, str]]:
    return tuple_(literal(here[0], Asset.created_at.type), literal(here[1], Asset.id.type))


def _newest_first() -> tuple[ColumnElement[datetime], ColumnElement[str]]:
    return Asset.created_at.desc(), Asset.id.desc()
