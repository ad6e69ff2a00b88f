"""What is left of a refused body is read before the answer goes out, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from imagewell.faces.kit import bodies
from imagewell.faces.kit.asgi import Message, Receive, Scope, Send
from imagewell.faces.kit.bodies import Drained

ANSWER: tuple[Message, ...] = (
    {"type": "http.response.start", "status": 401, "headers": []},
    {"type": "http.response.body", "body": b"no"},
)


class Exchange:
    """One request whose body comes in chunks; `log` says what happened, in order."""

    def __init__(self, chunks: list[bytes], **headers: str) -> None:
        self.scope: Scope = {
            "type": "http",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        self.log: list[str] = []
        self._messages: Iterator[Message] = self._all(chunks)

    def _all(self, chunks: list[bytes]) -> Iterator[Message]:
        for number, chunk in enumerate(chunks, start=1):
            yield {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        while True:
            yield {"type": "http.disconnect"}

    async def receive(self) -> Message:
        message = next(self._messages)
        self.log.append(message["type"].removeprefix("http."))
        return message

    async def send(self, message: Message) -> None:
        self.log.append(message["type"].removeprefix("http.response."))

    async def run(self, reads: int) -> list[str]:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            for _ in range(reads):
                await receive()
            for message in ANSWER:
                await send(message)

        await Drained(app)(self.scope, self.receive, self.send)
        return self.log


@pytest.mark.parametrize("reads", [0, 1, 3])
@pytest.mark.parametrize("headers", [{"content_length": "3"}, {"transfer_encoding": "chunked"}])
async def test_a_body_is_read_to_its_end_first(reads: int, headers: dict[str, Any]) -> None:
    """However much of it was read already, and not a message further."""
    log = await Exchange([b"a", b"b", b"c"], **headers).run(reads)
    assert log == ["request", "request", "request", "start", "body"]


@pytest.mark.parametrize("headers", [{}, {"content_length": "0"}, {"content_length": "3", "expect": "100-continue"}])
async def test_nothing_is_asked_of_who_has_nothing_to_send(headers: dict[str, Any]) -> None:
    """Without a body, and where the client waits to be asked for it."""
    assert await Exchange([b"abc"], **headers).run(0) == ["start", "body"]


async def test_bounds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not end is not read for ever; one that breaks off is over."""
    monkeypatch.setattr(bodies, "DRAINED_BYTES", 5)
    assert (await Exchange([b"abc"] * 9, content_length="27").run(0)).count("request") == 2
    assert await Exchange([], content_length="27").run(0) == ["disconnect", "start", "body"]
