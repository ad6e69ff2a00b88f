"""Folders: made when something is put into them, moved and deleted with all they hold."""

from __future__ import annotations

from datetime import datetime

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets import folder_repository as repository
from imagewell.assets import paths
from imagewell.assets.changes import Changes
from imagewell.assets.models import Folder
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.errors import Conflict, InvalidParameter, NotFound, Unavailable
from imagewell.pages import Page, PageRequest

TRIES = 5


class Folders:
    """The tree that assets lie in. A path is that of a folder: "/a/b", with "/" for the root, which always is there."""

    def __init__(self, db: Database, clock: Clock, changes: Changes) -> None:
        self._db = db
        self._clock = clock
        self._changes = changes

    async def list(
        self, subject: Subject, page: PageRequest, *, parent: str = paths.ROOT, total: bool = False
    ) -> Page[Folder]:
        """Folders that lie directly in `parent`, by created_at or name."""
        subject.require(Scope.folders_read)
        async with self._db.read() as session:
            return await repository.page(session, subject, page, paths.clean_folder("parent", parent), total)

    async def get(self, subject: Subject, path: str) -> Folder:
        """One folder. Raises: NotFound, also for the root, which has no row."""
        subject.require(Scope.folders_read)
        async with self._db.read() as session:
            found = await repository.get(session, subject, paths.clean_folder("path", path))
        return _found(found, path)

    async def create(self, subject: Subject, path: str, *, exist_ok: bool = False) -> Folder:
        """A new folder; those that it lies in are made too. Raises: Conflict when it is there already."""
        subject.require(Scope.folders_write)
        wanted = _not_root(paths.clean_folder("path", path))
        async with self._db.write() as session:
            await ensure_folder(session, subject, paths.parent(wanted), self._clock.now())
            made = await repository.add(session, subject, [wanted], self._clock.now())
            found = await repository.get(session, subject, wanted)
        if not made and not exist_ok:
            raise Conflict(f"There is already a folder at {wanted}.")
        return _found(found, wanted)

    async def delete(self, subject: Subject, path: str) -> None:
        """Delete a folder with all folders and assets below it, at once. Raises: NotFound."""
        subject.require(Scope.folders_write, Scope.assets_write)
        doomed = _not_root(paths.clean_folder("path", path))
        async with self._changes.writing(subject) as (session, changed):
            _found(await repository.get(session, subject, doomed, lock=True), path)
            changed.append(paths.below(doomed))
            await repository.delete(session, subject, doomed)

    async def move(self, subject: Subject, path: str, to: str) -> Folder:
        """Give a folder another path; everything below goes along, and no bytes are touched.

        Raises: NotFound, Conflict when there is a folder at `to`, InvalidParameter when `to` lies inside of it or
        something below would get too long a path.
        """
        subject.require(Scope.folders_write, Scope.assets_write)
        old = _not_root(paths.clean_folder("path", path))
        new = _not_root(paths.clean_folder("to", to))
        if new == old or new.startswith(paths.below(old)):
            raise InvalidParameter("to", to, "a path outside of the folder itself")
        now = self._clock.now()
        async with self._changes.writing(subject) as (session, changed):
            await ensure_folder(session, subject, paths.parent(new), now)
            folder = _found(await repository.get(session, subject, old, lock=True), path)
            await self._check_room(session, subject, old, new)
            changed += [paths.below(old), paths.below(new)]
            await repository.move(session, subject, old, new, now)
            await session.refresh(folder)
        return folder

    async def _check_room(self, session: WriteSession, subject: Subject, old: str, new: str) -> None:
        if await repository.get(session, subject, new) is not None:
            raise Conflict(f"There is already a folder at {new}.")
        longest, deepest = await repository.extent(session, subject, old)
        too_long = longest + len(new.encode()) - len(old.encode()) > paths.MAX_BYTES
        too_deep = deepest + new.count("/") - old.count("/") > paths.MAX_LEVELS + 1
        if too_long or too_deep:
            raise InvalidParameter("to", new, f"a path that leaves everything below with {paths.EXPECTED}")


async def ensure_folder(session: WriteSession, subject: Subject, folder: str, now: datetime) -> None:
    """Make a folder and those it lies in, where missing, and keep them from being deleted before this transaction ends.

    For the one who is about to put something there: otherwise a delete at the same moment could leave an asset in a
    folder that is gone.
    """
    wanted = set(paths.lineage(folder))
    for _ in range(TRIES):
        missing = wanted - await repository.hold(session, subject, wanted)
        if not missing:
            return
        await repository.add(session, subject, sorted(missing), now)
    raise Unavailable("database")


def _found(folder: Folder | None, path: str) -> Folder:
    if folder is None:
        raise NotFound("folder", path)
    return folder


def _not_root(path: str) -> str:
    if path == paths.ROOT:
        raise InvalidParameter("path", path, "a folder below the root")
    return path
