"""A request to a plain ASGI handler, and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sent:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    messages: int = 0

    async def __call__(self, message: Any) -> None:
        self.messages += 1
        if message["type"] == "http.response.start":
            assert self.status == 0, "one status an answer"
            self.status = message["status"]
            for name, value in message["headers"]:
                assert name == name.lower()
                assert name.decode() not in self.headers, f"{name!r} twice"
                self.headers[name.decode()] = value.decode("latin-1")
        else:
            self.body += message.get("body", b"")


def scope(method: str = "GET", path: str = "/", headers: Sequence[tuple[str, str]] = (), **more: Any) -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": raw,
        "client": ("127.0.0.1", 1),
        **more,
    }


class Body:
    """An ASGI `receive` that gives chunks, then says nothing more, or that the client went."""

    def __init__(self, *chunks: bytes, gone: bool = False) -> None:
        self._left = list(chunks)
        self._gone = gone

    async def __call__(self) -> dict[str, Any]:
        if self._left:
            chunk = self._left.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(self._left) or self._gone}
        if self._gone:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}
