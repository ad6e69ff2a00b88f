"""Writing an asset's rows inside a transaction: its path, its versions, what is said about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from imagewell.accounts.subject import Subject
from imagewell.assets import paths, repository
from imagewell.assets.folders import ensure_folder
from imagewell.assets.models import Asset, AssetVersion
from imagewell.assets.values import Content, Details, Wish
from imagewell.db.session import WriteSession
from imagewell.errors import Conflict, NotFound, PreconditionFailed
from imagewell.ids import is_id, new_id


async def put(
    session: WriteSession, subject: Subject, content: Content, wish: Wish, now: datetime, max_versions: int
) -> Asset:
    """The rows for bytes that are in the store: a new asset, or a new version of the one that has the path.

    Raises: Conflict when the path is taken and the wish has no answer to that.
    """
    await ensure_folder(session, subject, paths.parent(wish.path), now)
    for path in paths.candidates(wish.path, wish.unique and not wish.overwrite):
        made = await repository.add(session, subject, path, content, wish.details, now, wish.id)
        if made is None and await repository.clear(session, subject, path):
            made = await repository.add(session, subject, path, content, wish.details, now, wish.id)
        if made:
            return made
    if not wish.overwrite:
        raise taken(wish.path)
    there = await repository.at_path(session, subject, wish.path, lock=True)
    if there is None:  # deleted between the two statements
        raise Conflict("The path was changed by someone else at the same moment; try again.")
    await add_version(session, subject, there, content, now, max_versions)
    describe(there, wish.details)
    await session.flush()
    return there


async def add_version(
    session: WriteSession, subject: Subject, asset: Asset, content: Content, now: datetime, max_versions: int
) -> None:
    """A new version, which becomes the current one. Raises: Conflict when there are too many."""
    count, highest = await repository.version_numbers(session, asset.id)
    if count >= max_versions:
        raise Conflict(f"An asset can have {max_versions} versions; delete some first.")
    version = repository.new_version(subject, asset.id, new_id(now.timestamp()), highest + 1, content, now)
    session.add(version)
    repository.make_current(asset, version, now)
    await session.flush()


async def locked(session: WriteSession, subject: Subject, asset_id: str, if_match: int | None = None) -> Asset:
    """An asset that nobody else changes meanwhile. Raises: NotFound, PreconditionFailed for another revision."""
    asset = found(await repository.get(session, subject, asset_id, lock=True) if is_id(asset_id) else None, asset_id)
    if if_match is not None and asset.revision != if_match:
        raise PreconditionFailed
    return asset


async def move(session: WriteSession, subject: Subject, asset: Asset, path: str) -> None:
    """Give an asset another path. Raises: Conflict."""
    if path != asset.path and not await repository.move(session, subject, asset, path):
        raise taken(path)


def describe(asset: Asset, said: Details) -> None:
    """Write what is said; what is left out stays."""
    fields: dict[str, Any] = dict(said)
    tags = fields.pop("tags", None)
    if "focus" in fields:
        asset.focal_x, asset.focal_y = fields.pop("focus") or (None, None)
    for name, value in fields.items():
        setattr(asset, name, value)
    if tags is not None:
        repository.set_tags(asset, tags)


def taken(path: str) -> Conflict:
    """The refusal for a path that another asset has."""
    return Conflict(f"There is already an asset at {path}.")


def found(asset: Asset | None, id: str) -> Asset:
    """Raises: NotFound."""
    if asset is None:
        raise NotFound("asset", id)
    return asset


async def version(session: WriteSession, asset: Asset, version_id: str) -> AssetVersion:
    """One version of an asset. Raises: NotFound."""
    there = await repository.version(session, asset.id, version_id) if is_id(version_id) else None
    if there is None:
        raise NotFound("asset version", version_id)
    return there
