"""What wraps every request, as plain ASGI: a request id, ceilings on headers and bodies, headers for safety."""

from __future__ import annotations

import re
from random import getrandbits

from imagewell.faces.kit.asgi import Handler, Headers, Receive, Scope, Send, header, with_headers

REQUEST_ID = "imagewell.request_id"
GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")


def request_id_of(scope: Scope) -> str:
    """The request's id: the client's own X-Request-ID when it is well formed, else a fresh one; the same all along."""
    known: str | None = scope.get(REQUEST_ID)
    if known is None:
        given = header(scope, b"x-request-id")
        known = given.decode("ascii") if given and GIVEN.fullmatch(given) else f"{getrandbits(64):016x}"
        scope[REQUEST_ID] = known
    return known


class RequestIds:
    """Writes X-Request-ID on every answer that does not carry it yet."""

    def __init__(self, app: Handler) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        id = request_id_of(scope).encode("ascii")

        def extra(present: Headers) -> Headers:
            return [] if any(name.lower() == b"x-request-id" for name, _ in present) else [(b"x-request-id", id)]

        await self.app(scope, receive, with_headers(send, extra))
