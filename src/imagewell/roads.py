"""Who answers a request.

Order of the look-up: a Host that leads to a source (never one that a face or the server itself answers on: those cannot
be registered) or a path below `/i/`; health; a Host that a face owns; a face's prefix. Pictures need none of the faces:
these are built a moment after the start, or when the first request for one comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from imagewell.errors import NotFound
from imagewell.faces.imgix.delivery import ImgixDelivery
from imagewell.faces.imgix.links import Links
from imagewell.faces.kit.asgi import Handler, Receive, Scope, Send, header_text
from imagewell.faces.own.errors import TABLE
from imagewell.faces.own.health import PATHS, Health
from imagewell.runtime import Runtime, delivery_domains
from imagewell.sources.names import host_of

if TYPE_CHECKING:
    from imagewell.faces.kit.face import Face

BUILD_AFTER_S = 0.5


class Roads:
    """The way to every handler. Enter it, so that the faces are built soon."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.health = Health(runtime)
        settings = runtime.settings
        self.pictures = ImgixDelivery(
            runtime.sources, runtime.delivery, runtime.store, domains=delivery_domains(settings), clock=runtime.clock
        )
        runtime.delivery.read_urls_with(Links(self.pictures.roads, settings.url))
        self._by_host: dict[str, Handler] | None = None
        self._by_prefix: list[tuple[str, Handler]] = []
        self._later: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Roads:
        self._later = asyncio.get_running_loop().call_later(BUILD_AFTER_S, self._faces)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._later is not None:
            self._later.cancel()

    async def find(self, scope: Scope) -> Handler:
        """The handler of a request; one that says "not found" when there is none."""
        if await self.pictures.claims(scope):
            return self.pictures.answer
        path: str = scope["path"]
        if path in PATHS:
            return self.health
        owner = self._faces().get(host_of(header_text(scope, b"host")))
        if owner is not None:
            return owner
        return next((handler for prefix, handler in self._by_prefix if path.startswith(prefix)), nobody)

    def _faces(self) -> dict[str, Handler]:
        """The faces by the hosts they own; built when first asked for."""
        if self._by_host is None:
            from imagewell.facelist import FACES

            faces = [make(self._runtime) for make in FACES.values()]
            self._by_prefix = _prefixes(faces)
            self._by_host = {host: face.app for face in faces for host in face.hosts}
        return self._by_host


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
