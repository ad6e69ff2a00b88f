"""What one may do with assets. Bytes are durable before a row is committed, and a row before anyone is answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Unpack

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets import paths, repository, search
from imagewell.assets.blobs import Blobs
from imagewell.assets.changes import Changes
from imagewell.assets.details import checked
from imagewell.assets.folders import Folders, ensure_folder
from imagewell.assets.models import Asset, AssetVersion
from imagewell.assets.original import Original
from imagewell.assets.settings import AssetsSettings
from imagewell.assets.values import AssetFilter, Changed, Details, Upload
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.errors import Conflict, NotFound, PreconditionFailed, Refusal
from imagewell.ids import is_id, new_id
from imagewell.imaging.work import Facts
from imagewell.pages import Page, PageRequest
from imagewell.storage.store import Store


class Prober(Protocol):
    """The part of the render pool that looks at an upload."""

    async def probe(self, path: str, decode: bool = False) -> Facts:
        """Facts from the header; with `decode`, only if every pixel can be read."""
        ...


class Assets:
    """The managed library. All methods ask for the subject's scope and see only what is `readable` to it."""

    def __init__(
        self,
        db: Database,
        store: Store,
        pool: Prober,
        clock: Clock | None = None,
        changed: Iterable[Changed] = (),
        settings: AssetsSettings | None = None,
    ) -> None:
        self._db = db
        self._pool = pool
        self._clock = clock or Clock()
        self._settings = settings or AssetsSettings()
        self._blobs = Blobs(db, store, self._clock)
        self._changes = Changes(db, changed)
        self.folders = Folders(db, self._clock, self._changes)

    def watch(self, changed: Changed) -> None:
        """Have `changed` called after every commit that changes what lies at a path."""
        self._changes.watch(changed)

    async def create(
        self,
        subject: Subject,
        upload: Upload,
        *,
        path: str | None = None,
        folder: str = "/",
        name: str | None = None,
        overwrite: bool = False,
        unique: bool = False,
        decode: bool = False,
        **details: Unpack[Details],
    ) -> Asset:
        """Keep an uploaded picture at `path`, or as `name` in `folder`; missing folders are made.

        Args:
            overwrite: a picture that is there already gets a new version.
            unique: else a short random suffix is put before the extension when the path is taken.
            decode: read every pixel first, so that a file that is cut short is refused.
            details: for a new version, only those given are changed.
        Raises: Conflict when the path is taken and neither was asked for; what `probe` raises.
        """
        try:
            subject.require(Scope.assets_write)
            wanted = paths.join(path, folder, name)
            said = checked(details, self._settings)
            facts = await self._pool.probe(str(upload.temp), decode)
            return await self._create(subject, upload, facts, wanted, overwrite, unique, said)
        finally:
            _discard(upload.temp)

    async def replace(
        self, subject: Subject, asset_id: str, upload: Upload, *, decode: bool = False, if_match: int | None = None
    ) -> Asset:
        """New bytes for an asset, as its next version. Raises: NotFound, PreconditionFailed, what `probe` raises."""
        try:
            subject.require(Scope.assets_write)
            await self.get(subject, asset_id)
            facts = await self._pool.probe(str(upload.temp), decode)

            async def record(session: WriteSession) -> Asset:
                asset = await self._locked(session, subject, asset_id, if_match)
                return await self._add_version(session, subject, asset, upload, facts, {})

            asset = await self._blobs.keep(upload, record)
            self._changes.tell(subject, asset.path)
            return asset
        finally:
            _discard(upload.temp)

    async def get(self, subject: Subject, asset_id: str) -> Asset:
        """One asset, with its tags. Raises: NotFound."""
        subject.require(Scope.assets_read)
        async with self._db.read() as session:
            found = await repository.get(session, subject, asset_id) if is_id(asset_id) else None
        return _found(found, asset_id)

    async def find(self, subject: Subject, path: str) -> Asset:
        """The asset at a path. Raises: NotFound."""
        subject.require(Scope.assets_read)
        async with self._db.read() as session:
            found = await repository.at_path(session, subject, paths.clean_path("path", path))
        return _found(found, path)

    async def list(
        self, subject: Subject, page: PageRequest, *, total: bool = False, **where: Unpack[AssetFilter]
    ) -> Page[Asset]:
        """One page, by `created_at` unless sorted by updated_at, name, size, width or height (a leading "-" turns it).

        `total` counts all that match, which takes time in proportion to their number.
        """
        subject.require(Scope.assets_read)
        async with self._db.read() as session:
            return await search.page(session, subject, page, where, total)

    async def identify(self, account_id: str, stage: str, path: str) -> Original | None:
        """What delivery hands out for a path of an account; None for what is not there or not published."""
        try:
            exact = paths.clean_path("path", path)
        except Refusal:
            return None
        async with self._db.read() as session:
            asset = await repository.delivered(session, account_id, stage, exact)
        return asset.original() if asset else None

    async def shown(self, asset_id: str) -> Original | None:
        """What anyone may fetch by its id alone: a published asset, of any account, that needs no signature."""
        if not is_id(asset_id):
            return None
        async with self._db.read() as session:
            asset = await repository.shown(session, asset_id)
        return asset.original() if asset else None

    async def published(self, asset_id: str) -> Asset | None:
        """What whoever knows an asset's id may fetch without a key: of any account, published and not private."""
        async with self._db.read() as session:
            found = await session.get(Asset, asset_id) if is_id(asset_id) else None
        return found if found is not None and found.published and not found.private else None

    async def update(
        self,
        subject: Subject,
        asset_id: str,
        *,
        path: str | None = None,
        folder: str | None = None,
        name: str | None = None,
        if_match: int | None = None,
        **details: Unpack[Details],
    ) -> Asset:
        """Rename, move, or change details; the revision goes up by one.

        Raises: NotFound, PreconditionFailed when the revision is not `if_match`, Conflict when the new path is taken.
        """
        subject.require(Scope.assets_write)
        said = checked(details, self._settings)
        before = await self.get(subject, asset_id)
        moved = path is not None or folder is not None or name is not None
        wanted = paths.join(path, folder or before.folder, name or before.name) if moved else None
        now = self._clock.now()
        async with self._changes.writing(subject) as (session, changed):
            if wanted:
                await ensure_folder(session, subject, paths.parent(wanted), now)
            asset = await self._locked(session, subject, asset_id, if_match)
            changed.append(asset.path)
            if wanted and wanted != asset.path:
                await self._move(session, subject, asset, wanted)
                changed.append(asset.path)
            _describe(asset, said)
            _touch(asset, now)
        return asset

    async def copy(
        self,
        subject: Subject,
        asset_id: str,
        *,
        path: str | None = None,
        folder: str = "/",
        name: str | None = None,
        overwrite: bool = False,
        unique: bool = False,
    ) -> Asset:
        """A new asset with the same bytes and details; none of its older versions. Raises: NotFound, Conflict."""
        subject.require(Scope.assets_write)
        asset = await self.get(subject, asset_id)
        wanted = paths.join(path, folder, name or asset.name)
        if wanted == asset.path:
            raise Conflict("An asset cannot be copied onto itself.")
        same = Upload(Path(), asset.sha256, asset.size)
        async with self._changes.writing(subject) as (session, changed):
            said = repository.details_of(asset)
            made = await self._put_row(session, subject, same, asset.facts, wanted, overwrite, unique, said)
            changed.append(made.path)
        return made

    async def versions(self, subject: Subject, asset_id: str) -> Sequence[AssetVersion]:
        """All versions, newest first; the current one is the asset's `version_id`. Raises: NotFound."""
        asset = await self.get(subject, asset_id)
        async with self._db.read() as session:
            return await repository.versions(session, asset.id)

    async def restore(self, subject: Subject, asset_id: str, version_id: str) -> Asset:
        """Make a version the current one; nothing is copied. Raises: NotFound."""
        subject.require(Scope.assets_write)
        async with self._changes.writing(subject) as (session, changed):
            asset = await self._locked(session, subject, asset_id, None)
            version = _found_version(await repository.version(session, asset_id, version_id), version_id)
            if version.id != asset.version_id:
                repository.make_current(asset, version, self._clock.now())
                changed.append(asset.path)
        return asset

    async def delete_version(self, subject: Subject, asset_id: str, version_id: str) -> None:
        """Forget one version. Raises: NotFound, Conflict for the current one."""
        subject.require(Scope.assets_write)
        async with self._db.write() as session:
            asset = await self._locked(session, subject, asset_id, None)
            version = _found_version(await repository.version(session, asset_id, version_id), version_id)
            if version.id == asset.version_id:
                raise Conflict("The current version cannot be deleted; restore another one first.")
            await session.delete(version)

    async def delete(self, subject: Subject, asset_id: str, *, if_match: int | None = None) -> None:
        """Gone at once, with all versions; the sweep frees the bytes. Raises: NotFound, PreconditionFailed."""
        subject.require(Scope.assets_write)
        async with self._changes.writing(subject) as (session, changed):
            asset = await self._locked(session, subject, asset_id, if_match)
            changed.append(asset.path)
            await repository.delete_assets(session, Asset.id == asset.id)

    async def _create(
        self,
        subject: Subject,
        upload: Upload,
        facts: Facts,
        wanted: str,
        overwrite: bool,
        unique: bool,
        said: Details,
    ) -> Asset:
        async def record(session: WriteSession) -> Asset:
            return await self._put_row(session, subject, upload, facts, wanted, overwrite, unique, said)

        asset = await self._blobs.keep(upload, record)
        self._changes.tell(subject, asset.path)
        return asset

    async def _put_row(
        self,
        session: WriteSession,
        subject: Subject,
        upload: Upload,
        facts: Facts,
        wanted: str,
        overwrite: bool,
        unique: bool,
        said: Details,
    ) -> Asset:
        """The row for bytes that are in the store: a new asset, or a new version of the one that has the path."""
        now = self._clock.now()
        await ensure_folder(session, subject, paths.parent(wanted), now)
        for path in paths.candidates(wanted, unique and not overwrite):
            made = await repository.add(session, subject, path, upload, facts, said, now)
            if made:
                return made
        if not overwrite:
            raise taken(wanted)
        there = await repository.at_path(session, subject, wanted, lock=True)
        if there is None:  # deleted between the two statements
            raise Conflict("The path was changed by someone else at the same moment; try again.")
        return await self._add_version(session, subject, there, upload, facts, said)

    async def _add_version(
        self, session: WriteSession, subject: Subject, asset: Asset, upload: Upload, facts: Facts, said: Details
    ) -> Asset:
        count, highest = await repository.version_numbers(session, asset.id)
        if count >= self._settings.max_versions:
            raise Conflict(f"An asset can have {self._settings.max_versions} versions; delete some first.")
        now = self._clock.now()
        version = repository.new_version(subject, asset.id, new_id(now.timestamp()), highest + 1, upload, facts, now)
        session.add(version)
        repository.make_current(asset, version, now)
        _describe(asset, said)
        await session.flush()
        return asset

    async def _locked(self, session: WriteSession, subject: Subject, asset_id: str, if_match: int | None) -> Asset:
        found = await repository.get(session, subject, asset_id, lock=True) if is_id(asset_id) else None
        asset = _found(found, asset_id)
        if if_match is not None and asset.revision != if_match:
            raise PreconditionFailed
        return asset

    async def _move(self, session: WriteSession, subject: Subject, asset: Asset, wanted: str) -> None:
        if not await repository.move(session, subject, asset, wanted):
            raise taken(wanted)


def taken(path: str) -> Conflict:
    """The refusal for a path that another asset has."""
    return Conflict(f"There is already an asset at {path}.")


def _found(asset: Asset | None, id: str) -> Asset:
    if asset is None:
        raise NotFound("asset", id)
    return asset


def _found_version(version: AssetVersion | None, id: str) -> AssetVersion:
    if version is None:
        raise NotFound("asset version", id)
    return version


def _touch(asset: Asset, now: datetime) -> None:
    asset.updated_at = now
    asset.revision += 1


def _describe(asset: Asset, said: Details) -> None:
    fields: dict[str, Any] = dict(said)
    tags = fields.pop("tags", None)
    if "focus" in fields:
        asset.focal_x, asset.focal_y = fields.pop("focus") or (None, None)
    for name, value in fields.items():
        setattr(asset, name, value)
    if tags is not None:
        repository.set_tags(asset, tags)


def _discard(temp: Path) -> None:
    temp.unlink(missing_ok=True)
