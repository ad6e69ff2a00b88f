"""Web pages of other origins, where the operator lets them call this API (Fetch standard, CORS protocol)."""

from __future__ import annotations

from imagewell.faces.kit.asgi import Handler, Headers, Receive, Scope, Send, header, send_body, with_headers
from imagewell.faces.kit.gate import route_path

EXPOSED = (
    b"X-Image-Processing-Usage, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-Id"
)
METHODS = b"GET, POST, DELETE"
MAX_AGE_S = b"600"


class Cors:
    """Adds what browsers ask for to answers below `/v1`, and answers their preflights.

    Args:
        origins: those that may call; `*` is all. None of these headers is sent to others.
    """

    def __init__(self, app: Handler, origins: tuple[str, ...]) -> None:
        self.app = app
        self._origins = frozenset(origin.encode("latin-1", "replace") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        origin = header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None or not route_path(scope).startswith("/v1/") or not self._allowed(origin):
            await self.app(scope, receive, send)
            return
        own: Headers = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
        wanted = header(scope, b"access-control-request-method")
        if scope["method"] == "OPTIONS" and wanted is not None:
            asked = header(scope, b"access-control-request-headers") or b"x-api-key, content-type"
            more: Headers = [
                (b"access-control-allow-methods", METHODS),
                (b"access-control-allow-headers", asked),
                (b"access-control-max-age", MAX_AGE_S),
            ]
            await send_body(send, 204, [*own, *more], b"")
            return
        exposed: Headers = [*own, (b"access-control-expose-headers", EXPOSED)]
        await self.app(scope, receive, with_headers(send, lambda _: exposed))

    def _allowed(self, origin: bytes) -> bool:
        return b"*" in self._origins or origin in self._origins
