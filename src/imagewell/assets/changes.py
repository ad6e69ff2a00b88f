"""Telling others, after the commit, which paths changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from imagewell.accounts.subject import Subject
from imagewell.assets.values import Changed
from imagewell.db.database import Database
from imagewell.db.session import WriteSession


class Changes:
    """The callbacks of everyone who keeps something about a path, such as delivery's memory."""

    def __init__(self, db: Database, changed: Iterable[Changed]) -> None:
        self._db = db
        self._changed = list(changed)

    def watch(self, changed: Changed) -> None:
        """Also call this one."""
        self._changed.append(changed)

    def tell(self, subject: Subject, path: str) -> None:
        """A path changed; one that ends in "/" stands for everything below."""
        for changed in self._changed:
            changed(subject.account_id, subject.stage, path)

    @asynccontextmanager
    async def writing(self, subject: Subject) -> AsyncIterator[tuple[WriteSession, list[str]]]:
        """A transaction, and the list to put changed paths on.

        They are told whatever happens: a task that is cancelled during the commit cannot know whether it went
        through, and forgetting too much does no harm.
        """
        paths: list[str] = []
        try:
            async with self._db.write() as session:
                yield session, paths
        finally:
            for path in paths:
                self.tell(subject, path)
