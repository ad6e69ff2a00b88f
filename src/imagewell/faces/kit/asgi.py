"""The ASGI types, and the two or three things that every plain handler does with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SUBJECT = "imagewell.subject"
"""Key of the scope under which the gate leaves who is calling."""
FACTS = "imagewell.facts"
"""Key of the scope under which a face leaves what the request's log line and the metrics say of it, a dict."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a request header, by its lower-case name."""
    for found, value in scope["headers"]:
        if found == name:
            return bytes(value)
    return None


def header_text(scope: Scope, name: bytes) -> str:
    """The same as text; empty when the header did not come."""
    return (header(scope, name) or b"").decode("latin-1")


def with_headers(send: Send, extra: Callable[[Headers], Headers]) -> Send:
    """A `send` that passes the response's headers through `extra`, which is given those already there."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present: Headers = list(message.get("headers", ()))
            message = {**message, "headers": present + extra(present)}
        await send(message)

    return sending


async def send_body(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """One whole answer, Content-Length included."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
