"""`/healthz`, `/readyz` and `/metrics`, as plain handlers: they must answer when nothing else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from imagewell.errors import NotFound, Refusal, Unavailable
from imagewell.faces.kit.asgi import FACTS, Receive, Scope, Send, send_body
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.network import client_address, within
from imagewell.faces.kit.services import Services
from imagewell.faces.own.errors import TABLE

CHECK_TIMEOUT_S = 1.0
PATHS = ("/healthz", "/readyz", "/metrics")
BUCKETS_S = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


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
        self._metrics.observe(str(scope.get(FACTS, {}).get("face", "none")), str(scope["method"]), status, took_s)

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
            return 200, CONTENT_TYPE_LATEST.encode(), self._metrics.text()
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


class Metrics:
    """A registry of our own, so that nothing another library registers shows up."""

    def __init__(self, services: Services) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "imagewell_requests", "Requests answered.", ("face", "method", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "imagewell_request_seconds",
            "Time to the end of the answer.",
            ("face",),
            registry=self.registry,
            buckets=BUCKETS_S,
        )
        self._counters: dict[tuple[str, str, int], Any] = {}
        self._histograms: dict[str, Any] = {}
        self._gauges(services)

    def observe(self, face: str, method: str, status: int, took_s: float) -> None:
        """One request. Children are kept, because looking one up costs more than counting."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "OTHER"
        key = face, known, status
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._requests.labels(face, known, str(status))
        histogram = self._histograms.get(face)
        if histogram is None:
            histogram = self._histograms[face] = self._seconds.labels(face)
        counter.inc()
        histogram.observe(took_s)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)

    def _gauges(self, services: Services) -> None:
        pool, hot = services.pool, services.delivery.hot
        figures: dict[str, tuple[str, Callable[[], float]]] = {
            "imagewell_render_workers": ("Render workers that live.", lambda: pool.stats().workers),
            "imagewell_render_busy": ("Render workers at work.", lambda: pool.stats().busy),
            "imagewell_render_waiting": ("Orders waiting for a worker.", lambda: pool.stats().waiting),
            "imagewell_render_orders": ("Orders taken since the start.", lambda: pool.stats().orders),
            "imagewell_render_workers_lost": ("Workers that crashed or were killed.", lambda: pool.stats().lost),
            "imagewell_hot_entries": ("Finished answers kept ready.", lambda: len(hot)),
            "imagewell_hot_bytes": ("What they weigh.", lambda: hot.bytes),
        }
        for name, (words, read) in figures.items():
            Gauge(name, words, registry=self.registry).set_function(read)


async def _said(check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except TimeoutError:
        return "no answer in time"
    except Refusal as refusal:
        return refusal.message
    return "ok"
