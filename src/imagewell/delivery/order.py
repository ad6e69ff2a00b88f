"""What goes into delivery and what comes out: plain values, nothing of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from imagewell.errors import Refusal
from imagewell.sources.view import SourceView
from imagewell.transform.model import ServeOptions, Transformation

Place = tuple[str, str]
"""Where an original lies: who owns it (a web folder's source id, or account and stage of a library) and its path."""

CacheWord = Literal["hit", "miss", "joined", "original"]


@dataclass(frozen=True, slots=True)
class DeliveryOrder:
    """One picture wanted.

    path: decoded, with a leading slash; ignored for a typeset transformation.
    accept: the request's Accept header, for what `auto` leaves open.
    signed: the request's signature was verified; private pictures need it.
    clean: for the library itself and not to be handed out: without the mark of the test stage.
    """

    source: SourceView
    path: str
    transformation: Transformation
    serve: ServeOptions = field(default_factory=ServeOptions)
    accept: str = ""
    request_id: str = ""
    signed: bool = False
    clean: bool = False


@dataclass(frozen=True, slots=True)
class StoreRef:
    """Bytes that lie in the store, and how many."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A picture ready to be sent.

    etag: strong, quoted. max_age_s: for Cache-Control, expiry already counted in; stale_s: how long after it a shared
    cache may go on while it asks again. varies: Accept had a say. places: the originals in it; when one of them
    changes the answer is void. valid_until_s: Unix seconds up to which it may be repeated without asking. width,
    height: px, where they are known without opening the file. instead_of: the refusal that a source's substitute
    picture stands in for. timings_ms: what took long.
    """

    body: bytes | StoreRef
    content_type: str
    etag: str
    last_modified: datetime | None
    max_age_s: int
    varies: bool
    cache: CacheWord
    places: tuple[Place, ...]
    valid_until_s: float
    stale_s: int = 0
    width: int | None = None
    height: int | None = None
    instead_of: Refusal | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.size


class UrlReader(Protocol):
    """Reads delivery URLs of this server, for pictures that name other pictures; a face gives it to delivery."""

    async def read(self, url: str, base: DeliveryOrder) -> DeliveryOrder | None:
        """The order behind `url`, or None when its host is none of ours.

        Args:
            url: absolute, or `/~text?…` which belongs to the source of `base`.
        Raises: any Refusal that a request for that URL would meet.
        """
        ...
