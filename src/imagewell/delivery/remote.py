"""Originals that lie on other servers: fetched once, kept as blobs, fresh by the source's rule.

Past its freshness an original is still served for a while, and asked for again behind; when its origin fails, for a
longer while. What the origin last said is a row, so that a restart asks nobody again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from imagewell.assets.original import Original
from imagewell.clock import Clock
from imagewell.delivery import headers
from imagewell.delivery.changes import Changes, covers
from imagewell.delivery.flight import Flight
from imagewell.delivery.memory import Recent
from imagewell.delivery.order import Place
from imagewell.delivery.settings import DeliverySettings
from imagewell.errors import (
    AddressRefused,
    NotFound,
    OriginFailed,
    Refusal,
    TooLarge,
    UnreadableImage,
    UnsupportedFormat,
    copied,
)
from imagewell.imaging.work import SOURCE_CONTENT_TYPES, Facts
from imagewell.sources.fetch import Credentials, Fetched, Fetcher, Known
from imagewell.sources.view import SourceView
from imagewell.storage import keys

MAX_REFRESHES = 32
"""Stale originals asked for again at the same time; the others stay stale a little longer."""


@dataclass(frozen=True, slots=True)
class Held:
    """An original as it was last fetched.

    checked_at_s: when its origin last confirmed it (Unix seconds); max_age_s: what the origin allowed then, if it said.
    hold_until_s: not to be asked for before, because the origin failed.
    """

    original: Original
    checked_at_s: float
    max_age_s: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    hold_until_s: float = 0.0

    def fresh_until_s(self, source: SourceView) -> float:
        """By the source's rule as it is now."""
        return max(self.checked_at_s + headers.lifetime_s(source, self.max_age_s), self.hold_until_s)

    def counts_until_s(self, source: SourceView) -> float:
        """As `fresh_until_s`, for those who are answered: `ASKED_EACH_TIME` where the origin wants that."""
        return self.fresh_until_s(source) if self.may_be_stale(source) else self.hold_until_s

    def may_be_stale(self, source: SourceView) -> bool:
        """Not when the origin wants to be asked each time."""
        return headers.lifetime_s(source, self.max_age_s) > 0


class Shelf(Protocol):
    """Where fetched originals are kept: `shelf.py`, and a twin in tests."""

    def temp(self) -> Path:
        """A file to fetch into."""

    async def get(self, place: Place) -> Held | None:
        """What was last kept for a place."""

    async def keep(self, place: Place, held: Held, file: Path) -> None:
        """The file becomes a blob, then the row is written; takes the file."""

    async def renew(self, place: Place, held: Held) -> None:
        """Only the row."""

    async def forget(self, owner: str, path: str) -> None:
        """Delete the row, or with "" all of an owner."""


class Prober(Protocol):
    """The part of the render pool that looks at a file."""

    async def probe(self, path: str, decode: bool = False) -> Facts:
        """Facts from the header."""
        ...


@dataclass(frozen=True, slots=True)
class _Wish:
    """What to fetch, for whom."""

    source: SourceView
    place: Place
    url: str
    credentials: Credentials | None


class Remote:
    """Fetches, keeps and renews originals from other servers."""

    def __init__(
        self,
        fetcher: Fetcher,
        shelf: Shelf,
        pool: Prober,
        changes: Changes,
        settings: DeliverySettings,
        clock: Clock,
    ) -> None:
        self._fetcher = fetcher
        self._shelf = shelf
        self._pool = pool
        self._changes = changes
        self._settings = settings
        self._clock = clock
        self._known: Recent[Place, Held | Refusal] = Recent(settings.identities)
        self._fetches: Flight[Held] = Flight()
        self._refreshes: set[asyncio.Task[None]] = set()

    async def original(
        self, source: SourceView, path: str, url: str, credentials: Credentials | None
    ) -> tuple[Original, Place, float]:
        """The original, its place, and until when it is fresh.

        Raises: NotFound, OriginFailed, AddressRefused, TooLarge, UnreadableImage, UnsupportedFormat, Busy, …
        """
        place = (source.id, path)
        held = await self._last(place)
        now_s = self._clock.seconds()
        if held is None or not self._usable(held, source, now_s):
            held = await self._wait(_Wish(source, place, url, credentials), held)
        elif held.fresh_until_s(source) <= now_s:
            self._refresh(_Wish(source, place, url, credentials), held)
        return held.original, place, held.counts_until_s(source)

    def forget(self, owner: str, path: str) -> None:
        """Forget what is known in memory; a fetch on its way is not joined any more."""
        self._fetches.leave_where(lambda place: place[0] == owner and covers(path, place[1]))
        self._known.forget_place(owner, path)

    async def lost(self, place: Place) -> None:
        """Forget the row too: what it points at is gone, or must be fetched again. A library's place has none."""
        await self._shelf.forget(*place)

    async def close(self) -> None:
        """Cancel what goes on behind."""
        await self._fetches.close()
        await asyncio.gather(*self._refreshes, return_exceptions=True)

    def _usable(self, held: Held, source: SourceView, now_s: float) -> bool:
        """Fresh, or stale by so little that it may still be served."""
        fresh_until_s = held.fresh_until_s(source)
        window_s = self._settings.stale_s if held.may_be_stale(source) else 0.0
        return now_s < fresh_until_s + window_s

    async def _last(self, place: Place) -> Held | None:
        """What memory or the shelf has. Raises a failure that is remembered."""
        known = self._known.get(place, self._clock.seconds())
        if isinstance(known, Refusal):
            raise copied(known)
        if known is not None:
            return known
        since = self._changes.mark()
        held = await self._shelf.get(place)
        if held is not None:
            self._remember(place, held, since, self._settings.identity_lifetime_s)
        return held

    async def _wait(self, wish: _Wish, held: Held | None) -> Held:
        """The result of a fetch; it goes on when the wait is over, for whoever asks next."""
        try:
            async with asyncio.timeout(self._settings.origin_wait_s):
                return (await self._join(wish, held))[0]
        except TimeoutError:
            raise OriginFailed("it did not finish in time") from None

    async def _join(self, wish: _Wish, held: Held | None) -> tuple[Held, bool]:
        return await self._fetches.once(wish.place, lambda: self._fetch(wish, held), to_the_end=True)

    def _refresh(self, wish: _Wish, held: Held) -> None:
        """Ask again behind; once for each place, since fetches are joined."""
        if wish.place in self._fetches or len(self._refreshes) >= MAX_REFRESHES:
            return
        task = asyncio.get_running_loop().create_task(self._refreshed(wish, held))
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)

    def _ceiling(self, place: Place) -> int | None:
        """None, the fetcher's own, for a source's own files; a lower one for URLs that whoever asks can name."""
        return None if place[1].startswith("/") else self._settings.reference_mb * 1024 * 1024

    async def _refreshed(self, wish: _Wish, held: Held) -> None:
        with suppress(Refusal, asyncio.CancelledError):  # the next who asks is told
            await self._join(wish, held)

    async def _fetch(self, wish: _Wish, held: Held | None) -> Held:
        since = self._changes.mark()
        file = self._shelf.temp()
        try:
            known = Known(held.etag, held.last_modified) if held else None
            fetched = await self._fetcher.fetch(
                wish.url, to=file, credentials=wish.credentials, known=known, max_bytes=self._ceiling(wish.place)
            )
            if held is not None and not fetched.modified:
                now = self._renewed(held, fetched)
                await self._shelf.renew(wish.place, now)
            else:
                now = await self._new(wish.place, fetched, file)
                await self._shelf.keep(wish.place, now, file)
        except _REMEMBERED as error:
            return await self._after_failure(wish, held, error, since)
        finally:
            await asyncio.to_thread(file.unlink, missing_ok=True)
        if not self._remember(wish.place, now, since, self._settings.identity_lifetime_s):
            await self._shelf.forget(*wish.place)  # it was purged while it was on its way
        return now

    async def _new(self, place: Place, fetched: Fetched, file: Path) -> Held:
        facts = await self._pool.probe(str(file))
        now = self._clock.now()
        original = Original(
            identity=fetched.sha256,
            key=keys.blob(fetched.sha256),
            size=fetched.size,
            facts=facts,
            content_type=SOURCE_CONTENT_TYPES[facts.format],
            modified_at=fetched.last_modified_at or now,
            path=place[1],
            max_age_s=fetched.max_age_s,
        )
        return Held(original, now.timestamp(), fetched.max_age_s, fetched.etag, fetched.last_modified)

    def _renewed(self, held: Held, fetched: Fetched) -> Held:
        return replace(
            held,
            checked_at_s=self._clock.seconds(),
            max_age_s=held.max_age_s if fetched.max_age_s is None else fetched.max_age_s,
            etag=fetched.etag or held.etag,
            last_modified=fetched.last_modified or held.last_modified,
            hold_until_s=0.0,
        )

    async def _after_failure(self, wish: _Wish, held: Held | None, error: Refusal, since: int) -> Held:
        """The old original for a while longer, or the failure, remembered."""
        now_s = self._clock.seconds()
        hold_s = headers.error_lifetime_s(wish.source, self._settings.error_s)
        if held is not None and _passing(error):
            if now_s < held.checked_at_s + self._settings.stale_if_error_s + headers.lifetime_s(
                wish.source, held.max_age_s
            ):
                held = replace(held, hold_until_s=now_s + hold_s)
                self._remember(wish.place, held, since, hold_s)
                return held
        elif held is not None:
            await self._shelf.forget(*wish.place)
        self._remember(wish.place, copied(error), since, hold_s)
        raise error

    def _remember(self, place: Place, what: Held | Refusal, since: int, lifetime_s: float) -> bool:
        """Keep in memory, unless the place was forgotten since the mark."""
        if not self._changes.unchanged(place, since):
            return False
        self._known.put(place, what, self._clock.seconds() + lifetime_s)
        return True


_REMEMBERED = (NotFound, OriginFailed, TooLarge, UnreadableImage, UnsupportedFormat)


def _passing(error: Refusal) -> bool:
    """A failure that says nothing about the picture: the origin is in trouble. A missing picture or a refused address
    is an answer."""
    return isinstance(error, OriginFailed) and not isinstance(error, AddressRefused)
