"""What one may do with assets. Bytes are durable before a row is committed, and a row before anyone is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol, Unpack

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets import paths, repository, rows, search
from imagewell.assets.blobs import Blobs
from imagewell.assets.changes import Changes
from imagewell.assets.details import checked
from imagewell.assets.folders import Folders, ensure_folder
from imagewell.assets.lifetime import Lifetime
from imagewell.assets.models import Asset, AssetVersion
from imagewell.assets.original import Original
from imagewell.assets.retention import Retention
from imagewell.assets.settings import AssetsSettings
from imagewell.assets.values import AssetFilter, Changed, Content, Details, Upload, Wish
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.errors import Conflict, Refusal
from imagewell.ids import is_id
from imagewell.imaging.work import Facts
from imagewell.pages import Page, PageRequest
from imagewell.storage.store import Store

Record = Callable[[WriteSession, Content], Awaitable[Asset]]
Also = Callable[[WriteSession], Awaitable[None]]


class Prober(Protocol):
    """The part of the render pool that looks at an upload."""

    async def probe(self, path: str, decode: bool = False) -> Facts:
        """Facts from the header; with `decode`, only if every pixel can be read."""
        ...


class Assets:
    """The managed library. All methods ask for the subject's scope and see only what is `readable` to it.

    retention: deletes what has come to its end, whenever it is run.
    """

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
        self._lifetime = Lifetime(self._clock, self._settings.test_retention_days)
        db.hide(self._lifetime.hidden)
        self.folders = Folders(db, self._clock, self._changes)
        self.retention = Retention(db, self._changes, self._lifetime)

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
        facts: Facts | None = None,
        id: str | None = None,
        also: Also | None = None,
        **details: Unpack[Details],
    ) -> Asset:
        """Keep an uploaded picture at `path`, or as `name` in `folder`; missing folders are made.

        Args:
            overwrite: a picture that is there already gets a new version.
            unique: else a short random suffix is put before the extension when the path is taken.
            decode: read every pixel first, so that a file that is cut short is refused.
            facts: what the file is, from who made it; it is then not looked at again.
            id: of the new asset, where it was settled before; a Conflict when there is such an asset.
            also: written in the same transaction; what it raises is raised, and nothing is kept.
            details: for a new version, only those given are changed.
        Raises: Conflict when the path is taken and neither was asked for; what `probe` raises.
        """
        try:
            subject.require(Scope.assets_write)
            said = checked(details, self._settings)
            wish = Wish(paths.join(path, folder, name), overwrite, unique, said, id)

            async def record(session: WriteSession, content: Content) -> Asset:
                made = await self._put(session, subject, content, wish)
                if also is not None:
                    await also(session)
                return made

            facts = facts or await self._pool.probe(str(upload.temp), decode)
            return await self._keep(subject, upload, facts, record)
        finally:
            upload.temp.unlink(missing_ok=True)

    async def replace(
        self, subject: Subject, asset_id: str, upload: Upload, *, decode: bool = False, if_match: int | None = None
    ) -> Asset:
        """New bytes for an asset, as its next version. Raises: NotFound, PreconditionFailed, what `probe` raises."""
        try:
            subject.require(Scope.assets_write)
            await self._read(subject, asset_id)

            async def record(session: WriteSession, content: Content) -> Asset:
                asset = await rows.locked(session, subject, asset_id, if_match)
                most = self._settings.max_versions
                await rows.add_version(session, subject, asset, content, self._clock.now(), most)
                return asset

            facts = await self._pool.probe(str(upload.temp), decode)
            return await self._keep(subject, upload, facts, record)
        finally:
            upload.temp.unlink(missing_ok=True)

    async def get(self, subject: Subject, asset_id: str) -> Asset:
        """One asset, with its tags. Raises: NotFound."""
        subject.require(Scope.assets_read)
        return await self._read(subject, asset_id)

    async def find(self, subject: Subject, path: str) -> Asset:
        """The asset at a path. Raises: NotFound."""
        subject.require(Scope.assets_read)
        async with self._db.read() as session:
            found = await repository.at_path(session, subject, paths.clean_path("path", path))
        return rows.found(found, path)

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
        return self.original(asset) if asset else None

    async def shown(self, asset_id: str) -> Original | None:
        """What anyone may fetch by its id alone: a published asset, of any account, that needs no signature."""
        if not is_id(asset_id):
            return None
        async with self._db.read() as session:
            asset = await repository.shown(session, asset_id)
        return self.original(asset) if asset else None

    def original(self, asset: Asset) -> Original:
        """What delivery needs to know of an asset that was found, its end included."""
        return replace(asset.original(), gone_at=self._lifetime.gone_at(asset))

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
        before = await self._read(subject, asset_id)
        moved = path is not None or folder is not None or name is not None
        wanted = paths.join(path, folder or before.folder, name or before.name) if moved else None
        now = self._clock.now()
        async with self._changes.writing(subject) as (session, changed):
            if wanted:
                await ensure_folder(session, subject, paths.parent(wanted), now)
            asset = await rows.locked(session, subject, asset_id, if_match)
            changed.append(asset.path)
            if wanted:
                await rows.move(session, subject, asset, wanted)
                changed.append(wanted)
            rows.describe(asset, said)
            asset.updated_at, asset.revision = now, asset.revision + 1
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
        asset = await self._read(subject, asset_id)
        wanted = paths.join(path, folder, name or asset.name)
        if wanted == asset.path:
            raise Conflict("An asset cannot be copied onto itself.")
        wish = Wish(wanted, overwrite, unique, repository.details_of(asset))
        async with self._changes.writing(subject) as (session, changed):
            made = await self._put(session, subject, Content(asset.sha256, asset.size, asset.facts), wish)
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
            asset = await rows.locked(session, subject, asset_id)
            version = await rows.version(session, asset, version_id)
            if version.id != asset.version_id:
                repository.make_current(asset, version, self._clock.now())
                changed.append(asset.path)
        return asset

    async def delete_version(self, subject: Subject, asset_id: str, version_id: str) -> None:
        """Forget one version. Raises: NotFound, Conflict for the current one."""
        subject.require(Scope.assets_write)
        async with self._db.write() as session:
            asset = await rows.locked(session, subject, asset_id)
            version = await rows.version(session, asset, version_id)
            if version.id == asset.version_id:
                raise Conflict("The current version cannot be deleted; restore another one first.")
            await session.delete(version)

    async def delete(self, subject: Subject, asset_id: str, *, if_match: int | None = None) -> None:
        """Gone at once, with all versions; the sweep frees the bytes. Raises: NotFound, PreconditionFailed."""
        subject.require(Scope.assets_write)
        async with self._changes.writing(subject) as (session, changed):
            asset = await rows.locked(session, subject, asset_id, if_match)
            changed.append(asset.path)
            await repository.delete_assets(session, Asset.id == asset.id)

    async def _read(self, subject: Subject, asset_id: str) -> Asset:
        async with self._db.read() as session:
            found = await repository.get(session, subject, asset_id) if is_id(asset_id) else None
        return rows.found(found, asset_id)

    async def _keep(self, subject: Subject, upload: Upload, facts: Facts, record: Record) -> Asset:
        """Store the bytes, write rows, tell; in this order."""
        content = Content(upload.sha256, upload.size, facts)

        changed: set[str] = set()

        async def write(session: WriteSession) -> Asset:
            asset = await record(session, content)
            changed.add(asset.path)
            return asset

        try:
            return await self._blobs.keep(upload, write)
        finally:  # also when we are cancelled during the commit, and so cannot know whether it went through
            for path in changed:
                self._changes.tell(subject, path)

    async def _put(self, session: WriteSession, subject: Subject, content: Content, wish: Wish) -> Asset:
        return await rows.put(session, subject, content, wish, self._clock.now(), self._settings.max_versions)
