"""A prepared picture as a response of the framework, for routes that hand out bytes."""

from __future__ import annotations

from fastapi.responses import Response

from imagewell.faces.kit.asgi import Receive, Scope, Send
from imagewell.faces.kit.images import Prepared, respond
from imagewell.faces.kit.pictures import ByteStore


class PictureResponse(Response):
    """Sent by `images.respond`, with everything that does: ranges, preconditions, HEAD."""

    def __init__(self, prepared: Prepared, store: ByteStore) -> None:
        super().__init__()
        self._prepared = prepared
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await respond(scope, send, self._prepared, self._store)
