"""`/healthz`, `/readyz` and `/metrics`, as plain handlers: they must answer when nothing else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from imagewell.errors import NotFound, Refusal, Unavailable
from imagewell.faces.kit.asgi import FACTS, Receive, Scope, Send, send_body
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.network import client_address, within
from imagewell.faces.kit.services import Services
from imagewell.faces.own.errors import TABLE
from imagewell.faces.own.metrics import Metrics

CHECK_TIMEOUT_S = 1.0
PATHS = ("/healthz", "/readyz", "/metrics")


class Health:
    """Answers the three paths and keeps the figures behind `/metrics`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._metrics = Metrics(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed(scope["method"], ("GET", "HEAD"))
            status, kind, body = await self._page(scope)
        except Refusal as refusal:
            await TABLE.send(scope, send, refusal)
            return
        headers = [
            (b"content-type", kind),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", request_id_of(scope).encode()),
        ]
        await send_body(send, status, headers, b"" if scope["method"] == "HEAD" else body)

    def observe(self, scope: Scope, status: int, took_s: float) -> None:
        """Count one answered request."""
        facts = scope.get(FACTS)
        self._metrics.observe(facts["face"] if facts and "face" in facts else "none", scope["method"], status, took_s)

    async def _page(self, scope: Scope) -> tuple[int, bytes, bytes]:
        path = scope["path"]
        if path == "/healthz":
            return 200, b"application/json", b'{"status":"ok"}'
        if path == "/readyz":
            parts = await self.ready()
            good = all(said == "ok" for said in parts.values())
            body = json.dumps({"status": "ok" if good else "unavailable", "checks": parts}).encode()
            return 200 if good else 503, b"application/json", body
        if path == "/metrics":
            self._check_reader(scope)
            return 200, *self._metrics.page()
        raise NotFound("path")

    def _check_reader(self, scope: Scope) -> None:
        """Metrics say much about a server's users; whoever is not meant to read them finds nothing."""
        faces = self._services.settings.faces
        if not within(client_address(scope, faces.trusted_proxies), faces.metrics_networks):
            raise NotFound("path")

    async def ready(self) -> dict[str, str]:
        """What each part says: "ok", or in a word what is wrong."""
        checks: dict[str, Callable[[], Awaitable[None]]] = {
            "database": self._database,
            "store": self._store,
            "render": self._render,
        }
        said = await asyncio.gather(*(_said(check) for check in checks.values()))
        return dict(zip(checks, said, strict=True))

    async def _database(self) -> None:
        async with self._services.db.read() as session:
            await session.execute(text("SELECT 1"))

    async def _store(self) -> None:
        await self._services.store.size("health/none")

    async def _render(self) -> None:
        if self._services.pool.stats().workers == 0:
            raise Unavailable("render pool")


async def _said(check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except TimeoutError:
        return "no answer in time"
    except Refusal as refusal:
        return refusal.message
    return "ok"
