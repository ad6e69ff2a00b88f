"""Deleting what has come to its end. It was out of sight before; this frees rows, and so in time the bytes."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from imagewell.accounts.models import Account
from imagewell.accounts.subject import Stage, system
from imagewell.assets.changes import Changes
from imagewell.assets.lifetime import Lifetime
from imagewell.assets.models import Asset
from imagewell.db.database import HIDDEN_TOO, Database

BATCH = 200
"""Assets deleted in one transaction: on SQLite everybody else's writes wait for it."""


class Retention:
    """One round at a time, whenever `run` is called."""

    def __init__(self, db: Database, changes: Changes, lifetime: Lifetime) -> None:
        self._db = db
        self._changes = changes
        self._lifetime = lifetime

    async def run(self, batch: int = BATCH) -> int:
        """Delete the assets of the test stage whose time is over, with their versions; how many there were.

        Their folders stay. Raises: Unavailable; what was deleted so far is.
        """
        over = self._lifetime.over()
        if over is None:
            return 0
        async with self._db.read() as session:
            accounts = list(await session.scalars(select(Account.id).order_by(Account.id)))
        return sum([await self._of_account(account_id, over, batch) for account_id in accounts])

    async def _of_account(self, account_id: str, over: ColumnElement[bool], batch: int) -> int:
        """By account, because the index on age begins with it."""
        subject = system(account_id, Stage.test)
        deleted = 0
        while True:
            async with self._changes.writing(subject) as (session, changed):
                due = select(Asset.id).where(Asset.account_id == account_id, over).order_by(Asset.created_at)
                ids = list(await session.scalars(due.limit(batch).execution_options(**{HIDDEN_TOO: True})))
                doomed = delete(Asset).where(Asset.id.in_(ids)).returning(Asset.path)
                options = {HIDDEN_TOO: True, "synchronize_session": False}
                gone = await session.scalars(doomed.execution_options(**options)) if ids else ()
                changed.extend(gone)
            deleted += len(changed)
            if len(ids) < batch:
                return deleted
