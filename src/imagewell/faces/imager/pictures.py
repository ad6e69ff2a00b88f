"""`GET /image/<id>`: the stored bytes, for whoever has the address; no key. Plain ASGI."""

from __future__ import annotations

from imagewell.accounts.subject import Stage
from imagewell.assets.models import Asset
from imagewell.delivery.headers import cache_control
from imagewell.delivery.order import DeliveryOrder
from imagewell.errors import NotFound
from imagewell.faces.imager.wire import stored_id
from imagewell.faces.kit.asgi import Handler, Receive, Scope, Send
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.gate import route_path
from imagewell.faces.kit.images import Prepared, prepare, respond
from imagewell.faces.kit.library import library_of
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.stored import stored
from imagewell.transform.model import IDENTITY

PREFIX = "/image/"
MAX_AGE_S = 86_400


class Pictures:
    """Answers below `/image/` and passes everything else on."""

    def __init__(self, app: Handler, services: Services) -> None:
        self.app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = route_path(scope) if scope["type"] == "http" else ""
        if not path.startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(scope["method"], ("GET", "HEAD"))
        asset = await self._asset(path.removeprefix(PREFIX))
        prepared = await self._prepared(asset, request_id_of(scope))
        await respond(scope, send, prepared, self._services.store)

    async def _asset(self, image_id: str) -> Asset:
        """Raises: NotFound for unknown, deleted and private ones alike."""
        asset = await self._services.assets.published(stored_id(image_id))
        if asset is None:
            raise NotFound("image", image_id)
        return asset

    async def _prepared(self, asset: Asset, request_id: str) -> Prepared:
        """The stored bytes; SVG only when it is inert. What a test key uploaded goes out as delivery hands it out: with
        a mark on it, and no longer than it is there."""
        if asset.stage == Stage.live and asset.format != "svg":
            return prepare(stored(asset), cache_control=cache_control(MAX_AGE_S))
        source = library_of(asset.account_id, asset.stage)
        order = DeliveryOrder(source, asset.path, IDENTITY, request_id=request_id)
        delivered = await self._services.delivery.deliver(order)
        return prepare(delivered, cache_control=cache_control(min(MAX_AGE_S, delivered.max_age_s)))
