"""Rows: sources, and the names by which a request finds one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from imagewell.accounts.models import Account
from imagewell.db.base import DOCUMENT, EXACT, Base, Exact, Key, Time, Words


class Source(Base):
    """A configured place with names of its own, behind which originals lie.

    type: "local" for the managed library, "webfolder" for another server's files. config: a `SourceConfig` as JSON.
    tokens: signing tokens, newest first, each encrypted by the vault; all of them verify, so that one can be rotated.
    secrets: other encrypted values by name, such as an origin's password.
    """

    __tablename__ = "sources"
    __table_args__ = (Index(None, "account_id", "stage", "id"),)

    id: Mapped[Key]
    account_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Account.id))
    stage: Mapped[Exact]
    name: Mapped[Exact] = mapped_column(EXACT, unique=True)
    type: Mapped[Exact]
    enabled: Mapped[bool] = mapped_column(default=True)
    config: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    tokens: Mapped[Words]
    secrets: Mapped[dict[str, str]] = mapped_column(DOCUMENT)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Time]
    updated_at: Mapped[Time]

    host_rows: Mapped[list[SourceHost]] = relationship(
        order_by="SourceHost.position", lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )

    def __repr__(self) -> str:
        return f"<Source {self.name}>"


class SourceHost(Base):
    """A name in DNS that leads to a source: a whole custom domain, or a label below a delivery domain.

    Every source has its own name as its first label. The primary key is what keeps names unique on the server.
    """

    __tablename__ = "source_hosts"
    __table_args__ = (Index(None, "source_id"),)

    kind: Mapped[Key]
    value: Mapped[Key]
    source_id: Mapped[str] = mapped_column(EXACT, ForeignKey(Source.id, ondelete="CASCADE"))
    position: Mapped[int]
