"""The delivery road as a plain ASGI callable: a hot answer at once, else source, signature, expiry, picture, bytes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from imagewell.clock import Clock
from imagewell.delivery import headers as figures
from imagewell.delivery.order import Delivered, DeliveryOrder
from imagewell.delivery.service import Delivery
from imagewell.errors import LinkExpired, UrlTooLong
from imagewell.faces.imgix import request as requests
from imagewell.faces.imgix import signing
from imagewell.faces.imgix.dialect import Asked, defaults_of, parse_cached
from imagewell.faces.imgix.errors import ERRORS
from imagewell.faces.imgix.plainfiles import ALLOW, plain_file, send_file, send_preflight
from imagewell.faces.imgix.request import Request
from imagewell.faces.imgix.roads import PREFIX, Road, Roads, SourceBook
from imagewell.faces.imgix.typeset import PATH
from imagewell.faces.kit.asgi import FACTS, Message, Receive, Scope, Send
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.images import Prepared, prepare, respond
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.pictures import ByteStore
from imagewell.faces.kit.refusals import Refusals
from imagewell.transform import negotiate

__all__ = ["FACTS", "ImgixDelivery", "read_order"]

MAX_URL = 8000
"""Characters of a URL, host included."""
REQUEST = "imagewell.imgix.request"
"""Key of the scope under which what was read of the request stays, so that it is read once."""
HOT_FACTS = {"face": "imgix", "cache": "hot"}
CONDITIONAL = frozenset({b"if-none-match", b"if-modified-since", b"range", b"if-range"})


class ImgixDelivery:
    """Serves pictures by host and below `/i/<source>/`.

    Args:
        domains: delivery domains; every label below one is a source's, known or not.
        store: where large bodies are streamed from.
    """

    def __init__(
        self,
        sources: SourceBook,
        delivery: Delivery,
        store: ByteStore,
        *,
        domains: tuple[str, ...] = ("imgix.net",),
        clock: Clock | None = None,
    ) -> None:
        self.roads = Roads(sources, domains)
        self._delivery = delivery
        self._store = store
        self._seconds = (clock or Clock()).seconds
        self.answer = Refusals(self._answer, ERRORS)
        """One request that has no hot answer; a refusal is answered too."""

    async def claims(self, scope: Scope) -> bool:
        """Whether a request is this road's to answer."""
        if scope["raw_path"].startswith(PREFIX):
            return True
        found: Request = scope.get(REQUEST) or requests.read(scope)
        return await self.roads.claims(found.host, found.path)

    def hot(self, scope: Scope) -> Prepared | None:
        """The finished answer to exactly this request, where it was given before and still holds.

        Asked before anything else is decided: what lies here was once this road's to answer, and still is.
        """
        if scope["method"] not in ("GET", "HEAD"):
            return None
        request = scope[REQUEST] = requests.read(scope)
        hot: Prepared | None = self._delivery.hot.get(_key(request))
        return hot

    async def send_hot(self, scope: Scope, send: Send, hot: Prepared) -> int:
        """Answer with what `hot` found; returns the status."""
        scope[FACTS] = HOT_FACTS
        return await self._send(scope, send, hot, b"hot")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; a refusal is answered here."""
        hot = self.hot(scope)
        if hot is not None:
            await self.send_hot(scope, send, hot)
        else:
            await self.answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request = scope.get(REQUEST) or requests.read(scope)
        if request.method in ("GET", "HEAD"):
            await self._make(scope, send, request)
        else:
            await _other_method(request, send)

    async def _make(self, scope: Scope, send: Send, request: Request) -> None:
        if request.length > MAX_URL:
            raise UrlTooLong(MAX_URL, "characters", request.length)
        since = self._delivery.hot.mark()
        road = await self.roads.find(request.host, request.path)
        file = plain_file(road.source, road.path)
        if file is not None:
            await send_file(send, request.method, file)
            return
        order, asked = read_order(road, request, request_id_of(scope), self._seconds())
        delivered = await self._delivery.deliver(order)
        prepared = _prepared(delivered, asked)
        if delivered.instead_of is None and order.serve.expires_s is None:
            self._delivery.hot.put(_key(request), prepared, delivered, order.source.id, since)
        scope[FACTS] = {"face": "imgix", "source": order.source.name, "cache": delivered.cache, **delivered.timings_ms}
        if delivered.instead_of is not None:
            scope, send = _as_error(scope, send, ERRORS.status(delivered.instead_of))
        await self._send(scope, send, prepared, delivered.cache.encode())

    async def _send(self, scope: Scope, send: Send, prepared: Prepared, cache: bytes) -> int:
        extra = [(b"x-imgix-id", request_id_of(scope).encode()), (b"x-cache", cache)]
        return await respond(scope, send, prepared, self._store, extra)


def _key(request: Request) -> Hashable:
    """What two requests have in common that get the same answer."""
    return request.host, request.path, request.query, negotiate.accepts(request.accept), request.client


def read_order(road: Road, request: Request, request_id: str, now_s: float) -> tuple[DeliveryOrder, Asked]:
    """The order of a request whose source is known: its signature, its picture, its expiry.

    Raises: BadSignature, LinkExpired, InvalidParameter, EngineMissing, UnsupportedFormat.
    """
    source = road.source
    signed = source.secure_url_enabled
    if signed:
        signing.verify(road.signable, request.query, source.tokens)
    else:
        signed = signing.is_signed(road.signable, request.query, source.tokens)
    defaults = defaults_of(source.default_params)
    asked = parse_cached(request.query, defaults, request.client, road.path == PATH)
    if asked.serve.expires_s is not None and asked.serve.expires_s <= now_s:
        raise LinkExpired
    order = DeliveryOrder(source, road.path, asked.transformation, asked.serve, request.accept, request_id, signed)
    return order, asked


def _prepared(delivered: Delivered, asked: Asked) -> Prepared:
    return prepare(
        delivered,
        cache_control=figures.cache_control(delivered.max_age_s, delivered.stale_s),
        download=asked.serve.download,
        extra=[("vary", f"Accept, {asked.vary}" if delivered.varies else asked.vary)] if asked.vary else (),
    )


async def _other_method(request: Request, send: Send) -> None:
    if request.method != "OPTIONS":
        raise MethodNotAllowed(request.method, ALLOW)
    await send_preflight(send)


def _as_error(scope: Scope, send: Send, status: int) -> tuple[Scope, Send]:
    """A substitute picture goes out whole, under the status of what it stands in for."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "status": status}
        await send(message)

    headers: list[Any] = [pair for pair in scope["headers"] if pair[0] not in CONDITIONAL]
    return {**scope, "headers": headers}, sending
