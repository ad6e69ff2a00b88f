"""A picture's bytes: to whoever has the key, and, once it is published, to anyone who has its address.

Pictures of the test stage are handed out with a mark, which delivery draws; in the store they are clean.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from imagewell.assets.gallery import Gallery
from imagewell.assets.models import Asset
from imagewell.errors import NotFound
from imagewell.faces.imgprocessing.links import FILES, public_id, stored_id
from imagewell.faces.imgprocessing.wire import FORMATS
from imagewell.faces.kit.asgi import Handler, Receive, Scope, Send
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.gate import route_path
from imagewell.faces.kit.images import Prepared, prepare, respond
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.pictures import Picture
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.stored import original_of

PUBLIC = "public, max-age=60"
"""Not longer: an address must stop soon after its picture is unpublished, also in the caches between."""
PRIVATE = "private, no-cache"
EXTENSIONS = {"jpeg": "jpg"}
OPEN_TO_ALL = b"access-control-allow-origin"


def gallery(services: Services) -> Gallery:
    """The list that this API works on."""
    return Gallery(services.db, services.clock, FORMATS)


def download(asset: Asset, picture: Picture) -> Prepared:
    """For the one with the key: shown in place, under a name of its own, and not to pages from elsewhere."""
    name = f"{public_id(asset.id)}.{EXTENSIONS.get(asset.format, asset.format)}"
    made = prepare(picture, cache_control=PRIVATE, inline=name)
    return replace(
        made,
        headers=[header for header in made.headers if header[0] != OPEN_TO_ALL],
        full=[header for header in made.full if header[0] != OPEN_TO_ALL],
    )


class PublicFiles:
    """Answers `/images/<id>` and passes everything else on. Plain ASGI; no key.

    Each request asks the database, so that an address stops the moment its picture is unpublished or deleted.
    """

    def __init__(self, app: Handler, services: Services) -> None:
        self.app = app
        self._services = services
        self._prefixes = prefixes(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = route_path(scope) if scope["type"] == "http" else ""
        image_id = self._named(path)
        if image_id is None:
            await self.app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(scope["method"], ("GET", "HEAD"))
        asset = await self._asset(image_id)
        picture = await original_of(self._services, asset, request_id_of(scope))
        await respond(scope, send, prepare(picture, cache_control=PUBLIC), self._services.store)

    def _named(self, path: str) -> str | None:
        """What a path of public files names."""
        return next((path.removeprefix(prefix) for prefix in self._prefixes if path.startswith(prefix)), None)

    async def _asset(self, image_id: str) -> Asset:
        """Raises: NotFound for unknown, deleted and unpublished ones alike."""
        id = stored_id(image_id)
        asset = None if id is None else await gallery(self._services).shared(id)
        if asset is None:
            raise NotFound("image", image_id)
        return asset


def prefixes(services: Services) -> tuple[str, ...]:
    """What the paths of public files begin with: `/images/`, and where a setting puts them."""
    placed = urlsplit(services.settings.imgprocessing.files_url or "").path.rstrip("/")
    return tuple(dict.fromkeys(f"{prefix}/" for prefix in (FILES, placed) if prefix))
