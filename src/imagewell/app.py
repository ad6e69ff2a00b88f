"""The ASGI application of one process: opens the runtime, hands each request to whoever answers it, notes one line.

What it imports, it imports in an order: the render workers are started first, because they need as long to get ready as
this process needs to read the rest of the program.
"""

from __future__ import annotations

import gc
import sys
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from imagewell.errors import Refusal
from imagewell.faces.kit.asgi import FACTS, SUBJECT, Handler, Message, Receive, Scope, Send
from imagewell.faces.kit.middleware import request_id_of
from imagewell.imaging.pool import RenderPool
from imagewell.logs import RequestLog, configure
from imagewell.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from imagewell.roads import Roads
    from imagewell.runtime import Runtime

ALLOCATIONS_BEFORE_COLLECTION = 20_000
"""Python's own 700 would look for garbage several times in every request."""


def create() -> Handler:
    """The application, from the environment: what the HTTP server is told to load."""
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    configure(settings.log)
    return App(settings)


class App:
    """One process's application. `runtime` is there between lifespan startup and shutdown."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtime: Runtime | None = None
        self._roads: Roads | None = None
        self._stack = AsyncExitStack()
        self._requests = RequestLog(settings.log.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and self._roads is not None:
            await self._answer(self._roads, scope, receive, send)

    async def open(self) -> Runtime:
        """Open the runtime and the roads over it."""
        pool = RenderPool(self.settings.render)
        await pool.start()
        self._stack.push_async_callback(pool.close)
        from imagewell.roads import Roads
        from imagewell.runtime import open_runtime

        self.runtime = await self._stack.enter_async_context(open_runtime(self.settings, pool))
        self._roads = await self._stack.enter_async_context(Roads(self.runtime))
        # What was made so far stays for good: nobody need look through it again.
        gc.freeze()
        gc.enable()
        gc.set_threshold(ALLOCATIONS_BEFORE_COLLECTION)
        return self.runtime

    async def close(self) -> None:
        """Close all of it; requests in flight have ended by then."""
        await self._stack.aclose()
        self._requests.flush()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            runtime = await self.open()
            from imagewell.welcome import welcome

            await welcome(runtime)
        except (Refusal, SettingsError, ValueError, OSError) as error:
            # One sentence for the operator; the HTTP server only knows that the start failed.
            print(f"imagewell cannot start: {error}", file=sys.stderr, flush=True)
            await self._stack.aclose()
            await send({"type": "lifespan.startup.failed", "message": ""})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, roads: Roads, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        hot = roads.pictures.hot(scope)
        if hot is not None:
            # Most of what a server like this answers, so nothing is in the way: see `make bench`, row "hot".
            status = await roads.pictures.send_hot(scope, send, hot)
            self._note(roads, scope, status, hot.size if status == 200 else 0, began)
            return
        status = size = 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            handler = await roads.find(scope)
            await handler(scope, receive, sending)
        finally:
            self._note(roads, scope, status, size, began)

    def _note(self, roads: Roads, scope: Scope, status: int, size: int, began: float) -> None:
        took = time.perf_counter() - began
        roads.health.observe(scope, status, took)
        if self._requests.enabled:
            self._requests.record(request_line(scope, status, size, took))


def request_line(scope: Scope, status: int, size: int, took_s: float) -> dict[str, object]:
    """What the log says of one request: never its query, which may carry a signature."""
    subject = scope.get(SUBJECT)
    line: dict[str, object] = {
        "event": "request",
        "time": round(time.time(), 3),
        "id": request_id_of(scope),
        "method": scope["method"],
        "path": scope["path"][:500],
        "status": status,
        "bytes": size,
        "ms": round(took_s * 1000, 2),
    }
    if subject is not None:
        line["account"], line["key"] = subject.account_id, subject.label
    line.update(scope.get(FACTS, {}))
    return line
