"""The one road from an order to bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from imagewell.assets.original import Original
from imagewell.clock import Clock
from imagewell.db.text import is_clean
from imagewell.delivery import headers
from imagewell.delivery.cache import Derivative, DerivativeCache
from imagewell.delivery.changes import Changes
from imagewell.delivery.hot import HotLayer
from imagewell.delivery.index import Index, IndexRows
from imagewell.delivery.mark import Marks
from imagewell.delivery.order import CacheWord, Delivered, DeliveryOrder, StoreRef, UrlReader
from imagewell.delivery.originals import (
    Found,
    Identify,
    Originals,
    found_now,
    library_owner,
    library_place,
    place_of,
)
from imagewell.delivery.references import References
from imagewell.delivery.remote import Remote, Shelf
from imagewell.delivery.render import Engine, Renderer
from imagewell.delivery.settings import DeliverySettings
from imagewell.delivery.settle import FOREVER, Settled, Settler
from imagewell.delivery.untouched import Untouched
from imagewell.errors import (
    LinkExpired,
    NotFound,
    OriginFailed,
    Refusal,
    SourceDisabled,
    UnreadableImage,
    UnsupportedFormat,
)
from imagewell.sources import urls
from imagewell.sources.fetch import Fetcher
from imagewell.sources.view import SourceView
from imagewell.storage.store import Store
from imagewell.transform import negotiate
from imagewell.transform.limits import Limits
from imagewell.transform.model import IDENTITY

ENGINE_VERSION = "3"
"""Part of every digest: to be raised when the engine makes other pixels of the same order."""

Used = Callable[[DeliveryOrder, Delivered], None]
"""Called for each picture handed out; counts, and does nothing slow."""


class Delivery:
    """Finds, makes and keeps pictures. Belongs to one event loop.

    hot: finished answers, for the face to ask before it parses anything.
    """

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        fetcher: Fetcher,
        identify: Identify,
        shelf: Shelf,
        index: IndexRows,
        settings: DeliverySettings | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
        used: Used | None = None,
        engine_version: str = ENGINE_VERSION,
    ) -> None:
        self._settings = settings or DeliverySettings()
        self._clock = clock or Clock()
        self._used = used
        self._changes = Changes()
        self.hot = HotLayer(self._settings, self._changes, self._clock)
        self._index = Index(index, self._settings.index_every_s, self._clock)
        self._cache = DerivativeCache(store, self._index, self._settings, lambda: _is_idle(engine))
        self._remote = Remote(fetcher, shelf, engine, self._changes, self._settings, self._clock)
        self._originals = Originals(identify, self._remote, self._changes, self._settings, self._clock)
        self._references = References(self._originals)
        self._marks = Marks()
        self._settler = Settler(
            self._originals, self._references, self._marks, limits or Limits(), engine_version, lambda: engine.engines
        )
        self._renderer = Renderer(store, engine, self._cache, self._originals, limits or Limits())
        self._untouched = Untouched(store, self._originals, self._settings)

    def read_urls_with(self, reader: UrlReader) -> None:
        """Let pictures name others by URLs of this server."""
        self._references.read_with(reader)

    async def deliver(self, order: DeliveryOrder) -> Delivered:
        """The picture of an order, or its source's substitute for one that is missing or broken.

        What a source of the test stage has is handed out with a mark on it.
        Raises: SourceDisabled, LinkExpired, NotFound, BadSignature, InvalidParameter, TooLarge, Busy, OriginFailed and
            what decoding and encoding refuse.
        """
        if not order.source.enabled:
            raise SourceDisabled(order.source.name)
        if order.serve.expires_s is not None and order.serve.expires_s <= self._clock.seconds():
            raise LinkExpired
        try:
            delivered = await self._deliver(order)
        except Refusal as refusal:
            delivered = await self._substitute(order, refusal)
        if self._used is not None:
            self._used(order, delivered)
        return delivered

    async def hand_out(self, order: DeliveryOrder, original: Original) -> Delivered:
        """The picture of an order whose caller may have this very asset, published or not.

        Raises: as `deliver`, but for what finding the original can raise.
        """
        place = library_place(order.source, original.path)
        found = found_now(original, place, order.source, self._clock.seconds())
        delivered = await self._deliver(order, found)
        if self._used is not None:
            self._used(order, delivered)
        return delivered

    async def purge(self, source: SourceView, path: str) -> None:
        """Forget what a path was and every picture made of it, at once.

        A web folder's original is fetched anew at the next request. Raises: NotFound for what cannot be a path.
        """
        if not is_clean(path):
            raise NotFound("picture", path)
        owner, exact = place_of(source, path)
        self._forget(owner, exact)
        await self._remote.lost((owner, exact))
        await self._cache.forget((owner, exact), source.id)
        self._forget(owner, exact)  # what was read again before the rows were gone

    def changed(self, account_id: str, stage: str, path: str) -> None:
        """Something at a path of a library, or below it, was created, replaced, moved or deleted and committed."""
        self._forget(library_owner(account_id, stage), path)

    def source_changed(self, source_id: str) -> None:
        """A source's settings changed: no answer made under the old ones is given any more."""
        self._forget(source_id, "")

    async def close(self) -> None:
        """Cancel what is in flight, and write what has been waiting to be written."""
        await self._renderer.close()
        await self._remote.close()
        await self._cache.close()
        await self._index.close()

    async def _deliver(self, order: DeliveryOrder, base: Found | None = None) -> Delivered:
        order = self._marks.on(order)
        if order.transformation.is_identity:
            found = base or await self._originals.identify(order)
            return self._as_it_came(order, found, await self._untouched.body(found))
        ends_s = asyncio.get_running_loop().time() + self._settings.deadline_s
        settled = await self._settler.settle(order, base)
        derivative, cache = await self._renderer.derivative(settled, ends_s)
        return self._made(order, settled, derivative, cache)

    def _as_it_came(self, order: DeliveryOrder, found: Found, body: bytes | StoreRef) -> Delivered:
        until = self._until(order, found.fresh_until_s, order.serve.expires_s, found.gone_s)
        original = found.original
        return Delivered(
            body=body,
            content_type=original.content_type,
            etag=headers.etag(original.identity),
            last_modified=original.modified_at,
            max_age_s=until.max_age_s,
            varies=False,
            cache="original",
            places=(found.place,),
            valid_until_s=until.valid_until_s,
            stale_s=until.stale_s,
            width=original.facts.width,
            height=original.facts.height,
        )

    def _made(self, order: DeliveryOrder, settled: Settled, derivative: Derivative, cache: CacheWord) -> Delivered:
        until = self._until(order, settled.fresh_until_s, settled.expires_s, settled.gone_s)
        return Delivered(
            body=derivative.body,
            content_type=derivative.content_type,
            etag=headers.etag(settled.digest),
            last_modified=settled.modified_at,
            max_age_s=until.max_age_s,
            varies=negotiate.varies(order.transformation.output),
            cache=cache,
            places=settled.places,
            valid_until_s=until.valid_until_s,
            stale_s=until.stale_s,
            width=derivative.width,
            height=derivative.height,
            timings_ms={} if cache == "hit" else derivative.timings_ms,
        )

    def _until(self, order: DeliveryOrder, fresh_until_s: float, expires_s: int | None, gone_s: float) -> headers.Until:
        if fresh_until_s == FOREVER:
            fresh_until_s = self._clock.seconds() + headers.lifetime_s(order.source, None)
        window_s = self._settings.stale_s if order.source.type == "webfolder" else 0
        return headers.until(self._clock.seconds(), fresh_until_s, expires_s, window_s, gone_s)

    async def _substitute(self, order: DeliveryOrder, refusal: Refusal) -> Delivered:
        """The picture that the source names for this case. Raises the refusal when there is none, or it fails too."""
        wanted = _substitute_for(order, refusal)
        if wanted is None:
            raise refusal
        url, with_parameters = wanted
        try:
            delivered = await self._at(url, order if with_parameters else replace(order, transformation=IDENTITY))
        except Refusal:
            raise refusal from None
        lifetime_s = headers.error_lifetime_s(order.source, self._settings.error_s)
        return replace(
            delivered,
            instead_of=refusal,
            max_age_s=min(delivered.max_age_s, lifetime_s),
            stale_s=0,
            places=(*delivered.places, place_of(order.source, order.path)),
            valid_until_s=min(delivered.valid_until_s, self._clock.seconds() + lifetime_s),
        )

    async def _at(self, url: str, order: DeliveryOrder) -> Delivered:
        """The order's transformation of the picture at a URL, ours or another's."""
        target = str(urls.parse(url))
        inner = await self._references.read(target, order)
        if inner is None:
            return await self._deliver(order, await self._originals.elsewhere(order.source, target))
        ends = [end for end in (order.serve.expires_s, inner.serve.expires_s) if end is not None]
        serve = replace(order.serve, expires_s=min(ends, default=None))
        if order.transformation.is_identity:
            return await self._deliver(replace(inner, serve=serve))
        # Only the picture is the substitute's: what the request itself names is looked for in its own source, with no
        # more rights than it came with.
        found = await self._originals.identify(inner)
        wanted = self._marks.on(replace(inner, transformation=order.transformation)).transformation
        return await self._deliver(replace(order, serve=serve, transformation=wanted), found)

    def _forget(self, owner: str, path: str) -> None:
        """First what is being begun, then what is known."""
        self._changes.add(owner, path)
        self._originals.forget(owner, path)
        self.hot.forget(owner, path)


def _is_idle(engine: Engine) -> bool:
    stats = engine.stats()
    return not stats.busy and not stats.waiting


def _substitute_for(order: DeliveryOrder, refusal: Refusal) -> tuple[str, bool] | None:
    """The URL that the source has for such a refusal, and whether the order's transformation applies to it."""
    source = order.source
    if isinstance(refusal, NotFound):
        url, with_parameters = source.image_missing, source.image_missing_append_qs
    elif isinstance(refusal, OriginFailed | UnreadableImage | UnsupportedFormat):
        url, with_parameters = source.image_error, source.image_error_append_qs
    else:
        return None
    return (url, with_parameters) if url else None
