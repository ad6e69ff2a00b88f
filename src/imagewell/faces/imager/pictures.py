"""`GET /image/<id>`: the stored bytes, for whoever has the address; no key. Plain ASGI."""

from __future__ import annotations

from imagewell.delivery.order import StoreRef
from imagewell.errors import NotFound
from imagewell.faces.imager.wire import stored_id
from imagewell.faces.kit.asgi import Handler, Receive, Scope, Send
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.gate import route_path
from imagewell.faces.kit.images import prepare, respond
from imagewell.faces.kit.pictures import StoredPicture
from imagewell.faces.kit.services import Services

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
        picture = await self._picture(path.removeprefix(PREFIX))
        await respond(scope, send, prepare(picture), self._services.store)

    async def _picture(self, image_id: str) -> StoredPicture:
        """Raises: NotFound for unknown, deleted and private ones alike."""
        asset = await self._services.assets.published(stored_id(image_id))
        if asset is None:
            raise NotFound("image", image_id)
        original = asset.original()
        body = StoreRef(original.key, original.size)
        return StoredPicture(body, original.content_type, original.identity, original.modified_at, MAX_AGE_S)
