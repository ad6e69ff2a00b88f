"""The ASGI application: opens the runtime, and gives each request to the road or face that owns it.

Order of the look-up: a Host that a face owns, a Host that leads to a source, a path under a prefix. Pictures below
`/i/` come first of all paths, because they are most of what a server like this is asked for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from imagewell.errors import NotFound, Refusal
from imagewell.faces.imager.face import make_face as make_imager
from imagewell.faces.imgix.delivery import ImgixDelivery
from imagewell.faces.imgix.links import Links
from imagewell.faces.kit.asgi import FACTS, Handler, Message, Receive, Scope, Send, header_text
from imagewell.faces.kit.face import Face
from imagewell.faces.kit.gate import SUBJECT
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.own.errors import TABLE
from imagewell.faces.own.face import make_face as make_own
from imagewell.faces.own.health import PATHS, Health
from imagewell.logs import RequestLog, configure
from imagewell.runtime import Runtime, delivery_domains, open_runtime
from imagewell.settings import Settings, SettingsError, load
from imagewell.sources.names import host_of
from imagewell.welcome import welcome

FACES = {"own": make_own, "imager": make_imager}


def create() -> Handler:
    """The application, from the environment: what the HTTP server is told to load."""
    settings = load()
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
        """Open the runtime and the faces over it."""
        self.runtime = await self._stack.enter_async_context(open_runtime(self.settings))
        self._roads = Roads(self.runtime)
        return self.runtime

    async def close(self) -> None:
        """Close all of it; requests in flight have ended by then."""
        await self._stack.aclose()
        self._requests.flush()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            runtime = await self.open()
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
            took = time.perf_counter() - began
            roads.health.observe(scope, status, took)
            self._requests.record(request_line(scope, status, size, took))


class Roads:
    """Who answers what."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self.health = Health(runtime)
        self._pictures = ImgixDelivery(
            runtime.sources, runtime.delivery, runtime.store, domains=delivery_domains(settings), clock=runtime.clock
        )
        runtime.delivery.read_urls_with(Links(self._pictures.roads, settings.url))
        faces = [make(runtime) for make in FACES.values()]
        self._by_host = {host: face.app for face in faces for host in face.hosts}
        self._by_prefix: list[tuple[str, Handler]] = [*((path, self.health) for path in PATHS), *_prefixes(faces)]

    async def find(self, scope: Scope) -> Handler:
        """The handler of a request; one that says "not found" when there is none."""
        owner = self._by_host.get(host_of(header_text(scope, b"host")))
        if owner is not None:
            return owner
        if await self._pictures.claims(scope):
            return self._pictures
        path: str = scope["path"]
        for prefix, handler in self._by_prefix:
            if path.startswith(prefix):
                return handler
        return nobody


def _prefixes(faces: Sequence[Face]) -> list[tuple[str, Handler]]:
    """Leading parts of paths and who answers below them, the longest first."""
    found = [(path, face.app) for face in faces for path in face.root_paths]
    found += [(f"{face.prefix}/", mounted(face.app, face.prefix)) for face in faces if face.prefix]
    return sorted(found, key=lambda entry: -len(entry[0]))


def mounted(app: Handler, prefix: str) -> Handler:
    """`app` as it answers below a prefix (ASGI: the prefix moves into `root_path`)."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        scope["root_path"] = scope.get("root_path", "") + prefix
        await app(scope, receive, send)

    return handler


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where nobody answers."""
    await TABLE.send(scope, send, NotFound("path", scope["path"]))


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
