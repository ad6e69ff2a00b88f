"""What can be handed out: the shape `images.prepare` asks for, and originals as they are kept.

`delivery.order.Delivered` has this shape too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from imagewell.delivery.order import StoreRef


class Picture(Protocol):
    """A picture and what is said about it."""

    @property
    def body(self) -> bytes | StoreRef:
        """The bytes, or where they lie."""

    @property
    def content_type(self) -> str:
        """As found in the bytes, never as a client claimed."""

    @property
    def etag(self) -> str:
        """Strong, with or without its quotes."""

    @property
    def last_modified(self) -> datetime | None:
        """With its zone."""

    @property
    def max_age_s(self) -> int:
        """How long anyone may keep it."""

    @property
    def stale_s(self) -> int:
        """How long after that a shared cache may go on while it asks again."""

    @property
    def varies(self) -> bool:
        """Whether the Accept header chose among several."""


class ByteStore(Protocol):
    """The part of the store that answers are read from."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """An original as it is kept, for roads that hand it out untouched."""

    body: StoreRef
    content_type: str
    etag: str
    last_modified: datetime | None = None
    max_age_s: int = 86_400
    stale_s: int = 0
    varies: bool = False
