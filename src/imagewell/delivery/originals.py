"""Which bytes an order begins with: the managed library, or a web folder through `remote.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf

from imagewell.assets import paths
from imagewell.assets.original import Original
from imagewell.clock import Clock
from imagewell.delivery import headers
from imagewell.delivery.changes import Changes
from imagewell.delivery.memory import Recent
from imagewell.delivery.order import DeliveryOrder, Place
from imagewell.delivery.remote import Remote
from imagewell.delivery.settings import DeliverySettings
from imagewell.errors import BadSignature, NotFound, Refusal, copied
from imagewell.sources.origins import WebFolder
from imagewell.sources.view import SourceView

Identify = Callable[[str, str, str], Awaitable[Original | None]]
"""Account, stage and path to what lies there now: `Assets.identify`."""


@dataclass(frozen=True, slots=True)
class Found:
    """An original, where it lies, and until when (Unix seconds) it counts as fresh; not past its end."""

    original: Original
    place: Place
    fresh_until_s: float

    @property
    def gone_s(self) -> float:
        """Unix seconds from which on it is not there any more."""
        return gone_s(self.original)

    @property
    def modified_at(self) -> datetime:
        """When these bytes became the current ones."""
        return self.original.modified_at


class Originals:
    """Finds originals; remembers for a moment what the library said, forgets it when `forget` is called."""

    def __init__(
        self, identify: Identify, remote: Remote, changes: Changes, settings: DeliverySettings, clock: Clock
    ) -> None:
        self._identify = identify
        self._remote = remote
        self._changes = changes
        self._settings = settings
        self._clock = clock
        self._known: Recent[Place, Original | NotFound] = Recent(settings.identities)

    async def identify(self, order: DeliveryOrder, path: str | None = None) -> Found:
        """The original of an order, or of another path in the same source.

        Raises: NotFound, BadSignature (a private picture, the request not signed), OriginFailed and what else a fetch
            and a look at the file can raise.
        """
        path = order.path if path is None else path
        found = await (self._library if order.source.type == "local" else self._folder)(order.source, path)
        if found.original.private and not order.signed:
            raise BadSignature
        return found

    async def elsewhere(self, source: SourceView, url: str) -> Found:
        """A picture at an absolute URL, fetched on behalf of `source` and kept like one of its own."""
        return Found(*await self._remote.original(source, url, url, None))

    async def lost(self, found: Found) -> None:
        """The store has no such bytes any more: look again next time."""
        self.forget(*found.place)
        await self._remote.lost(found.place)

    def forget(self, owner: str, path: str) -> None:
        """Forget what is known of a path, or of all below it when it ends in a slash."""
        self._known.forget_place(owner, path)
        self._remote.forget(owner, path)

    async def _folder(self, source: SourceView, path: str) -> Found:
        folder = WebFolder.of(
            source.base_url or "", source.secrets.get("username", ""), source.secrets.get("password", "")
        )
        return Found(*await self._remote.original(source, path, folder.url(path), folder.credentials))

    async def _library(self, source: SourceView, path: str) -> Found:
        place = library_place(source, path)
        now_s = self._clock.seconds()
        known = self._known.get(place, now_s)
        if known is None:
            known = await self._look(place, source)
        if isinstance(known, NotFound):
            raise copied(known)
        return found_now(known, place, source, now_s)

    async def _look(self, place: Place, source: SourceView) -> Original | NotFound:
        since = self._changes.mark()
        found = await self._identify(source.account_id, source.stage, place[1]) or NotFound("picture", place[1])
        if self._changes.unchanged(place, since):
            until_s = self._clock.seconds() + self._settings.identity_lifetime_s
            self._known.put(place, found, until_s if isinstance(found, NotFound) else min(until_s, gone_s(found)))
        return found


def found_now(original: Original, place: Place, source: SourceView, now_s: float) -> Found:
    """An original of a library, just looked up."""
    return Found(original, place, min(now_s + headers.lifetime_s(source, None), gone_s(original)))


def gone_s(original: Original) -> float:
    """Unix seconds from which on an original is not there any more; infinity where it stays."""
    return inf if original.gone_at is None else original.gone_at.timestamp()


def library_owner(account_id: str, stage: str) -> str:
    """Who owns the places of a library."""
    return f"{account_id}/{stage}"


def library_place(source: SourceView, path: str) -> Place:
    """Where a path of a local source lies. Raises: NotFound for what cannot be a path."""
    prefix = source.path_prefix.rstrip("/")
    try:
        clean = paths.clean_path("path", prefix + path)
    except Refusal:
        raise NotFound("picture", path) from None
    if prefix and not clean.startswith(prefix + "/"):
        raise NotFound("picture", path)
    return library_owner(source.account_id, source.stage), clean


def place_of(source: SourceView, path: str) -> Place:
    """Where a path of any source lies."""
    return library_place(source, path) if source.type == "local" else (source.id, path)
