"""All SQL about assets, their versions and tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import make_transient_to_detached, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from imagewell.accounts.subject import Stage, Subject, readable
from imagewell.assets import paths
from imagewell.assets.models import Asset, AssetTag, AssetVersion
from imagewell.assets.values import Content, Details
from imagewell.db.database import HIDDEN_TOO
from imagewell.db.session import ReadSession, WriteSession
from imagewell.db.upsert import insert_new
from imagewell.ids import new_id

MAX_FOLDED = 255  # characters; folding can make a name many times as long, and an index has no room for that
FACTS = ("size", "format", "width", "height", "frames", "has_alpha", "orientation")


def visible(subject: Subject) -> Select[Asset]:
    """Assets that the subject may know of, with their tags."""
    return select(Asset).where(readable(Asset, subject)).options(selectinload(Asset.tag_rows))


async def get(session: ReadSession, subject: Subject, asset_id: str, lock: bool = False) -> Asset | None:
    """One asset; `lock` keeps others from changing it until the transaction ends."""
    query = visible(subject).where(Asset.id == asset_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def at_path(session: ReadSession, subject: Subject, path: str, lock: bool = False) -> Asset | None:
    """The asset at a path."""
    query = visible(subject).where(Asset.path == path)
    return await session.scalar(query.with_for_update() if lock else query)


async def delivered(session: ReadSession, account_id: str, stage: str, path: str) -> Asset | None:
    """The asset that is handed out for a path. Not for a subject: delivery shows what is published to anyone."""
    here = (Asset.account_id == account_id) & (Asset.stage == stage) & (Asset.path == path)
    return await session.scalar(select(Asset).where(here, Asset.published.is_(True)))


async def shown(session: ReadSession, asset_id: str) -> Asset | None:
    """A published asset that needs no signature, by id, whoever it belongs to."""
    open_to_all = Asset.published.is_(True) & Asset.private.is_(False)
    return await session.scalar(select(Asset).where(Asset.id == asset_id, open_to_all))


async def add(
    session: WriteSession,
    subject: Subject,
    path: str,
    content: Content,
    said: Details,
    now: datetime,
    id: str | None = None,
) -> Asset | None:
    """A new asset with its first version, unless the path (or the id) is taken: then None.

    The first version has the asset's id.
    """
    id = id or new_id(now.timestamp())
    columns = _columns(subject, id, path, content, said, now)
    if not await insert_new(session, Asset, [columns]):
        return None
    asset = _inserted(session, columns)
    set_tags(asset, said.get("tags", ()))
    session.add(new_version(subject, id, id, 1, content, now))
    await session.flush()
    return asset


def _inserted(session: WriteSession, columns: dict[str, Any]) -> Asset:
    """The object for a row that was just inserted: as if it had been read, without reading it."""
    asset = Asset(**columns)
    make_transient_to_detached(asset)
    session.add(asset)
    set_committed_value(asset, "tag_rows", [])
    return asset


def _columns(subject: Subject, id: str, path: str, content: Content, said: Details, now: datetime) -> dict[str, Any]:
    focal_x, focal_y = said.get("focus") or (None, None)
    return {
        "id": id,
        "account_id": subject.account_id,
        "stage": subject.stage,
        **_path_columns(path),
        "version_id": id,
        "version_number": 1,
        "sha256": content.sha256,
        **_fact_columns(content),
        "title": said.get("title"),
        "description": said.get("description", ""),
        "custom": said.get("custom", {}),
        "focal_x": focal_x,
        "focal_y": focal_y,
        "focus_box": said.get("focus_box"),
        "published": said.get("published", True),
        "private": said.get("private", False),
        "shared_at": said.get("shared_at"),
        "revision": 1,
        "created_by": subject.key_id,
        "created_at": now,
        "updated_at": now,
        "content_at": now,
    }


def _path_columns(path: str) -> dict[str, str]:
    name = paths.last(path)
    return {"path": path, "folder": paths.parent(path), "name": name, "name_folded": paths.fold(name)[:MAX_FOLDED]}


def _fact_columns(content: Content) -> dict[str, Any]:
    return {"size": content.size} | {name: getattr(content.facts, name) for name in FACTS if name != "size"}


def new_version(subject: Subject, asset_id: str, id: str, number: int, content: Content, now: datetime) -> AssetVersion:
    """A version's row, not yet in any session."""
    return AssetVersion(
        id=id,
        asset_id=asset_id,
        number=number,
        sha256=content.sha256,
        created_by=subject.key_id,
        created_at=now,
        **_fact_columns(content),
    )


def make_current(asset: Asset, version: AssetVersion, now: datetime) -> None:
    """Show a version as the asset."""
    asset.version_id, asset.version_number, asset.sha256 = version.id, version.number, version.sha256
    for name in FACTS:
        setattr(asset, name, getattr(version, name))
    asset.content_at = asset.updated_at = now
    asset.revision += 1


def set_tags(asset: Asset, tags: Sequence[str]) -> None:
    """Replace all tags; rows that stay are kept and get their new position."""
    there = {row.tag: row for row in asset.tag_rows}
    rows = [there.get(tag) or _tag_row(asset, tag) for tag in tags]
    for position, row in enumerate(rows):
        row.position = position
    asset.tag_rows[:] = rows


def _tag_row(asset: Asset, tag: str) -> AssetTag:
    return AssetTag(
        asset_id=asset.id, tag=tag, account_id=asset.account_id, stage=asset.stage, created_at=asset.created_at
    )


def details_of(asset: Asset) -> Details:
    """What was said about an asset, for its copy."""
    box = asset.focus_box
    return Details(
        title=asset.title,
        tags=asset.tags,
        description=asset.description,
        custom=asset.custom,
        focus=asset.focus,
        focus_box=None if box is None else (box[0], box[1], box[2], box[3]),
        published=asset.published,
        private=asset.private,
    )


async def clear(session: WriteSession, subject: Subject, path: str) -> bool:
    """Delete what has a path but is gone for everybody (`lifetime.py`); whether there was such an asset."""
    if subject.stage != Stage.test:
        return False
    here = select(Asset.id).where(readable(Asset, subject), Asset.path == path).with_for_update()
    id = await session.scalar(here.execution_options(**{HIDDEN_TOO: True}))
    if id is None or await session.scalar(select(Asset.id).where(Asset.id == id)) is not None:
        return False
    options = {HIDDEN_TOO: True, "synchronize_session": False}
    await session.execute(delete(Asset).where(Asset.id == id).execution_options(**options))
    return True


async def move(session: WriteSession, subject: Subject, asset: Asset, path: str) -> bool:
    """Give an asset another path; False when that is taken."""
    await clear(session, subject, path)
    if await session.scalar(select(Asset.id).where(readable(Asset, subject), Asset.path == path)) is not None:
        return False
    for name, value in _path_columns(path).items():
        setattr(asset, name, value)
    await session.flush()
    return True


async def delete_assets(session: WriteSession, *where: ColumnElement[bool]) -> None:
    """Delete assets; the database deletes their versions and tags with them."""
    await session.execute(delete(Asset).where(*where).execution_options(synchronize_session=False))


async def versions(session: ReadSession, asset_id: str) -> Sequence[AssetVersion]:
    """All versions of an asset that was found before, newest first."""
    query = select(AssetVersion).where(AssetVersion.asset_id == asset_id).order_by(AssetVersion.number.desc())
    return list(await session.scalars(query))


async def version(session: ReadSession, asset_id: str, version_id: str) -> AssetVersion | None:
    """One version of an asset that was found before."""
    here = (AssetVersion.asset_id == asset_id) & (AssetVersion.id == version_id)
    return await session.scalar(select(AssetVersion).where(here))


async def version_numbers(session: ReadSession, asset_id: str) -> tuple[int, int]:
    """How many versions there are, and the highest number."""
    query = select(func.count(), func.max(AssetVersion.number)).where(AssetVersion.asset_id == asset_id)
    count, highest = (await session.execute(query)).one()
    return count, highest or 0
