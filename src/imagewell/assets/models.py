"""Rows: assets, their versions and tags, folders, and the blobs that versions point at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from imagewell.accounts.models import Account
from imagewell.assets.original import Original
from imagewell.db.base import DOCUMENT, EXACT, Base, Exact, Key, Time, UtcTime
from imagewell.imaging.work import SOURCE_CONTENT_TYPES, Facts
from imagewell.storage import keys


class Blob(Base):
    """Bytes in the store, by their sha256. Every foreign key to this table is a use; the sweep frees the unused.

    unused_since: when the sweep first saw that nothing uses it; None again as soon as someone stores the same bytes.
    """

    __tablename__ = "blobs"

    sha256: Mapped[Key]
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Time]
    unused_since: Mapped[datetime | None] = mapped_column(UtcTime(), index=True)


class Picture:
    """Columns of a row that describes one blob: its digest and the facts in its header."""

    size: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[Exact]
    width: Mapped[int]
    height: Mapped[int]
    frames: Mapped[int]
    has_alpha: Mapped[bool]
    orientation: Mapped[int]

    @property
    def facts(self) -> Facts:
        """As the engine states them."""
        return Facts(self.format, self.width, self.height, self.frames, self.has_alpha, self.orientation)

    @property
    def content_type(self) -> str:
        """Media type of the bytes."""
        return SOURCE_CONTENT_TYPES[self.format]


class Asset(Picture, Base):
    """One managed picture at a path. Its facts are those of its current version, kept here to sort and filter by.

    folder: path of the folder it lies in, "/" for the root. name_folded: for search without regard to case.
    title: what a person calls it, if that is not the path's last part; need not be the only one. shared_at: since when
    anyone may fetch it by its id alone, or None; `published` is about delivery by path.
    focal_x, focal_y: shares of width and height; focus_box: left, top, width, height in px.
    revision counts every change, for ETag and If-Match; content_at is when the current bytes became current.
    """

    __tablename__ = "assets"
    __table_args__ = (
        UniqueConstraint("account_id", "stage", "path"),
        Index(None, "account_id", "stage", "created_at", "id"),
        Index(None, "account_id", "stage", "updated_at", "id"),
        Index(None, "account_id", "stage", "name", "id"),
        Index(None, "account_id", "stage", "name_folded", "id"),
        Index(None, "account_id", "stage", "size", "id"),
        Index(None, "account_id", "stage", "width", "id"),
        Index(None, "account_id", "stage", "height", "id"),
        Index(None, "account_id", "stage", "folder", "created_at", "id"),
        Index(None, "account_id", "stage", "folder", "name", "id"),
    )

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id))
    stage: Mapped[Exact]
    path: Mapped[Exact]
    folder: Mapped[Exact]
    name: Mapped[Exact]
    name_folded: Mapped[Exact]
    version_id: Mapped[Exact]
    version_number: Mapped[int]
    sha256: Mapped[Exact]
    title: Mapped[str | None]
    description: Mapped[str] = mapped_column(default="")
    custom: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    focal_x: Mapped[float | None]
    focal_y: Mapped[float | None]
    focus_box: Mapped[list[float] | None] = mapped_column(DOCUMENT)
    published: Mapped[bool] = mapped_column(default=True)
    private: Mapped[bool] = mapped_column(default=False)
    shared_at: Mapped[datetime | None] = mapped_column(UtcTime())
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str | None]
    created_at: Mapped[Time]
    updated_at: Mapped[Time]
    content_at: Mapped[datetime] = mapped_column(UtcTime())

    tag_rows: Mapped[list[AssetTag]] = relationship(
        order_by="AssetTag.position", lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def tags(self) -> list[str]:
        """In the order they were given."""
        return [row.tag for row in self.tag_rows]

    @property
    def focus(self) -> tuple[float, float] | None:
        """Focal point as shares, or None."""
        return None if self.focal_x is None or self.focal_y is None else (self.focal_x, self.focal_y)

    def original(self) -> Original:
        """What delivery needs to know of the current version."""
        return Original(
            identity=self.sha256,
            key=keys.blob(self.sha256),
            size=self.size,
            facts=self.facts,
            content_type=self.content_type,
            modified_at=self.content_at,
            path=self.path,
            asset_id=self.id,
            focus=self.focus,
            private=self.private,
        )


class AssetVersion(Picture, Base):
    """One state of an asset's bytes. Numbers count up from 1 and are never used again."""

    __tablename__ = "asset_versions"
    __table_args__ = (UniqueConstraint("asset_id", "number"), Index(None, "sha256"))

    id: Mapped[Key]
    asset_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Asset.id, ondelete="CASCADE"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(EXACT, ForeignKey(Blob.sha256))
    created_by: Mapped[str | None]
    created_at: Mapped[Time]


class AssetTag(Base):
    """One tag of one asset.

    Account, stage and the asset's creation, which never change, are repeated here: so the index alone gives the assets
    with a tag in their natural order, and a page of them costs the same whether few have it or a million.
    """

    __tablename__ = "asset_tags"
    __table_args__ = (Index(None, "account_id", "stage", "tag", "created_at", "asset_id"),)

    asset_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Asset.id, ondelete="CASCADE"), primary_key=True)
    tag: Mapped[Key]
    account_id: Mapped[Exact]
    stage: Mapped[Exact]
    created_at: Mapped[Time]
    position: Mapped[int]


class Folder(Base):
    """A folder below the root; the root itself has no row. `parent` is the path of the folder it lies in."""

    __tablename__ = "folders"
    __table_args__ = (
        UniqueConstraint("account_id", "stage", "path"),
        Index(None, "account_id", "stage", "parent", "name", "id"),
    )

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id))
    stage: Mapped[Exact]
    path: Mapped[Exact]
    parent: Mapped[Exact]
    name: Mapped[Exact]
    created_at: Mapped[Time]
    updated_at: Mapped[Time]
