"""Request bodies as they arrive: chunk by chunk, with a ceiling on bytes and on how slowly they may come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

from imagewell.errors import MalformedRequest, SlowRequest, TooLarge
from imagewell.faces.kit.asgi import Handler, Message, Receive, Scope, Send, header
from imagewell.faces.kit.settings import UploadSettings


class ClientGone(MalformedRequest):
    """The connection was closed before the body was complete; nobody is left to read the answer."""

    def __init__(self) -> None:
        super().__init__("The connection was closed before the request was complete.")


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come: nothing for `stall_s`, less than `min_bytes_per_s` on average, `total_s` in all."""

    stall_s: float = 20.0
    min_bytes_per_s: int = 1024
    total_s: float = 3_600.0

    @classmethod
    def of(cls, settings: UploadSettings) -> Pace:
        """As the settings say."""
        return cls(settings.stall_timeout_s, settings.min_bytes_per_s, settings.max_seconds)

    def allowance_s(self, received: int) -> float:
        """Seconds since the start by which the next chunk must be here, after `received` bytes."""
        return min(self.stall_s + received / self.min_bytes_per_s, self.total_s)


def declared_length(scope: Scope) -> int | None:
    """Content-Length, when it came and is a number."""
    value = header(scope, b"content-length")
    return int(value) if value is not None and value.isdigit() and len(value) < 19 else None


async def chunks(scope: Scope, receive: Receive, max_bytes: int, pace: Pace) -> AsyncIterator[bytes]:
    """The body's bytes as they come.

    Raises: TooLarge at once for a declared length over `max_bytes`, else as soon as more has come; SlowRequest;
    ClientGone.
    """
    declared = declared_length(scope)
    if declared is not None and declared > max_bytes:
        raise TooLarge(max_bytes, "bytes", declared)
    watch = Watch(max_bytes, pace)
    while True:
        message = await watch.next(receive)
        chunk = bytes(message.get("body", b""))
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


class Watch:
    """Counts one body's bytes and holds it to its pace."""

    def __init__(self, max_bytes: int, pace: Pace) -> None:
        self._max_bytes = max_bytes
        self._pace = pace
        self._received = 0
        self._started = time.monotonic()

    async def next(self, receive: Receive) -> Message:
        """The next `http.request` message."""
        left_s = self._pace.allowance_s(self._received) - (time.monotonic() - self._started)
        try:
            async with asyncio.timeout(max(0.001, min(left_s, self._pace.stall_s))):
                message = await receive()
        except TimeoutError as error:
            raise SlowRequest from error
        if message["type"] == "http.disconnect":
            raise ClientGone
        self._received += len(message.get("body", b""))
        if self._received > self._max_bytes:
            raise TooLarge(self._max_bytes, "bytes")
        return message


class BodyCeiling:
    """Holds every body that the framework reads by itself (JSON, forms) to `max_bytes` and to a pace.

    Routes that take whole pictures read past it with `unwatched`.
    """

    def __init__(self, app: Handler, max_bytes: int, pace: Pace) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["imagewell.receive"] = receive
        watch = Watch(self.max_bytes, self.pace)
        done = False

        async def watched() -> Message:
            nonlocal done
            if done:
                return await receive()
            declared = declared_length(scope)
            if declared is not None and declared > self.max_bytes:
                raise TooLarge(self.max_bytes, "bytes", declared)
            message = await watch.next(receive)
            done = not message.get("more_body", False)
            return message

        await self.app(scope, watched, send)


DRAINED_BYTES = 64 * 1024 * 1024
DRAIN = Pace(stall_s=5.0, min_bytes_per_s=64 * 1024, total_s=20.0)
"""What is still read, and thrown away, of a body that was refused before its end."""


class Drained:
    """Reads what is left of a body before an answer is sent.

    A client that is still sending when its connection is closed never reads why; most then report a broken connection
    instead of the refusal. Within bounds: past them the connection is closed all the same.
    """

    def __init__(self, app: Handler) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        begun = ended = False

        async def receiving() -> Message:
            nonlocal begun, ended
            begun = True
            message = await receive()
            ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            # Who expects "100 Continue" has sent nothing yet, and need not begin.
            if message["type"] == "http.response.start" and not ended and (begun or not header(scope, b"expect")):
                await _drain(receiving, lambda: ended)
            await send(message)

        await self.app(scope, receiving, sending)


async def _drain(receive: Receive, is_over: Callable[[], bool]) -> None:
    watch = Watch(DRAINED_BYTES, DRAIN)
    with suppress(TooLarge, SlowRequest, ClientGone):
        while not is_over():
            await watch.next(receive)


def _has_body(scope: Scope) -> bool:
    return header(scope, b"content-length") not in (None, b"0") or header(scope, b"transfer-encoding") is not None


def unwatched(scope: Scope, receive: Receive) -> Receive:
    """The server's own `receive`, for a route that reads a large body with its own ceilings."""
    original: Receive = scope.get("imagewell.receive", receive)
    return original
