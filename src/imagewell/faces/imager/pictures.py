"""`GET /image/<id>`: the stored bytes, for whoever has the address; no key. Plain ASGI."""

from __future__ import annotations

from imagewell.accounts.subject import Stage
from imagewell.assets.models import Asset
from imagewell.delivery.order import DeliveryOrder, StoreRef
from imagewell.errors import NotFound
from imagewell.faces.imager.wire import stored_id
from imagewell.faces.kit.asgi import Handler, Receive, Scope, Send
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.gate import route_path
from imagewell.faces.kit.images import Prepared, prepare, respond
from imagewell.faces.kit.library import library_of
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.pictures import StoredPicture
from imagewell.faces.kit.services import Services
from imagewell.transform import model
from imagewell.transform.values import BLACK, WHITE

PREFIX = "/image/"
CACHE_CONTROL = "public, max-age=86400"
MARK = "TEST"


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
        """The stored bytes; with a mark on them when they were uploaded with a test key; SVG only when it is inert."""
        if asset.stage == Stage.test:
            return await self._delivered(asset, mark_for(asset.width), request_id)
        if asset.format == "svg":
            return await self._delivered(asset, model.IDENTITY, request_id)
        return _stored(asset)

    async def _delivered(self, asset: Asset, wanted: model.Transformation, request_id: str) -> Prepared:
        source = library_of(asset.account_id, asset.stage)
        order = DeliveryOrder(source, asset.path, wanted, request_id=request_id)
        return prepare(await self._services.delivery.deliver(order), cache_control=CACHE_CONTROL)


def mark_for(width: int) -> model.Transformation:
    """The mark across the middle of a picture that is `width` px wide."""
    size_px = float(min(2000, max(8, width // 5)))
    text = model.Text(
        MARK, bold=True, size_px=size_px, color=WHITE, outline_px=max(1.0, size_px / 20), outline_color=BLACK
    )
    return model.Transformation((model.Stage(overlays=(model.TextOverlay(text),)),))


def _stored(asset: Asset) -> Prepared:
    original = asset.original()
    body = StoreRef(original.key, original.size)
    picture = StoredPicture(body, original.content_type, original.identity, original.modified_at)
    return prepare(picture, cache_control=CACHE_CONTROL)
