"""Rows: originals fetched from elsewhere, and derivatives kept under their keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from imagewell.assets.models import Blob
from imagewell.db.base import DOCUMENT, EXACT, Base, Exact, Key, Time, UtcTime
from imagewell.sources.models import Source


class FetchedOriginal(Base):
    """What an origin last answered for a path: bytes we hold as a blob, or that there is nothing there.

    sha256, size, content_type, facts: None when `missing`. facts: the fields of `imaging.work.Facts`.
    etag, last_modified: as the origin wrote them, for asking again. fresh_until_s: Unix seconds.
    origin_max_age_s: what the origin asked for, if it did.
    """

    __tablename__ = "originals"
    __table_args__ = (Index(None, "sha256"), Index(None, "fetched_at"))

    source_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Source.id, ondelete="CASCADE"), primary_key=True)
    path: Mapped[Key]
    sha256: Mapped[str | None] = mapped_column(EXACT, ForeignKey(Blob.sha256))
    size: Mapped[int | None] = mapped_column(BigInteger)
    content_type: Mapped[str | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    fetched_at: Mapped[datetime] = mapped_column(UtcTime())
    fresh_until_s: Mapped[float]
    origin_max_age_s: Mapped[int | None] = mapped_column(BigInteger)
    missing: Mapped[bool] = mapped_column(default=False)


class Derivative(Base):
    """A rendition kept in the store under its digest; the first source and path that it was made for."""

    __tablename__ = "derivatives"
    __table_args__ = (Index(None, "source_id", "path"), Index(None, "last_used_at", "key"))

    key: Mapped[Key]
    source_id: Mapped[Exact]
    path: Mapped[Exact]
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Time]
    last_used_at: Mapped[Time]
