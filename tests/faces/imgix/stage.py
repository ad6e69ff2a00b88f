"""A stage for the delivery road: sources, a delivery and a store that are values, and a caller that speaks ASGI."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from imagewell.clock import HeldClock
from imagewell.delivery.changes import Changes
from imagewell.delivery.hot import HotLayer
from imagewell.delivery.order import Delivered, DeliveryOrder
from imagewell.delivery.settings import DeliverySettings
from imagewell.errors import Refusal
from imagewell.faces.imgix.delivery import ImgixDelivery
from imagewell.faces.imgix.links import Links
from imagewell.sources.view import SourceView

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TOKEN = "FOO123bar"


def source(name: str, **options: Any) -> SourceView:
    known: dict[str, Any] = {
        "id": name * 3,
        "account_id": "a",
        "stage": "live",
        "name": name,
        "type": "local",
        "enabled": True,
        "created_at": WHEN,
        "updated_at": WHEN,
    }
    return SourceView.model_validate({**known, **options})


class Sources:
    """Sources by name; a host is a custom domain, or a label below imgix.net."""

    def __init__(self, *views: SourceView) -> None:
        self.views = views

    async def by_name(self, name: str) -> SourceView | None:
        return next((view for view in self.views if view.name == name), None)

    async def by_host(self, host: str) -> SourceView | None:
        label, _, domain = host.partition(".")
        for view in self.views:
            if host in view.custom_domains or (domain == "imgix.net" and label in (view.name, *view.subdomains)):
                return view
        return None


class Deliveries:
    """Stands in for delivery: remembers the orders, answers with one picture or one refusal."""

    def __init__(self, clock: HeldClock) -> None:
        self.hot = HotLayer(DeliverySettings(), Changes(), clock)
        self.orders: list[DeliveryOrder] = []
        self.refusal: Exception | None = None
        self.answer = Delivered(
            body=b"0123456789",
            content_type="image/webp",
            etag='"abc"',
            last_modified=WHEN,
            max_age_s=3600,
            varies=True,
            cache="miss",
            places=(("owner", "/a.jpg"),),
            valid_until_s=clock.seconds() + 3600,
        )

    async def deliver(self, order: DeliveryOrder) -> Delivered:
        self.orders.append(order)
        if self.refusal is not None:
            raise self.refusal
        return self.answer

    def stand_in(self, refusal: Refusal) -> None:
        self.answer = replace(self.answer, instead_of=refusal)


class Store:
    def stream(self, key: str, start: int = 0, end: int | None = None) -> Any:
        raise AssertionError("the bodies of these tests are in memory")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def error(self) -> dict[str, Any]:
        document = json.loads(self.body)
        assert document["request_id"] == self.headers["x-request-id"]
        (error,) = document["errors"]
        return dict(error)


class Stage:
    """The road over those parts."""

    def __init__(self, *views: SourceView) -> None:
        self.clock = HeldClock()
        self.delivery = Deliveries(self.clock)
        self.road = ImgixDelivery(Sources(*views), self.delivery, Store(), clock=self.clock)  # type: ignore[arg-type]
        self.links = Links(self.road.roads, "https://own.example.com:8443", self.clock)

    async def ask(
        self, target: str | bytes, *, host: str = "localhost:8000", method: str = "GET", **headers: str
    ) -> Answer:
        """One request with this raw target; underscores of header names are hyphens."""
        raw = target.encode() if isinstance(target, str) else target
        path, _, query = raw.partition(b"?")
        given = [
            (b"host", host.encode("latin-1")),
            *((n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()),
        ]
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": given,
        }
        messages: list[Any] = []

        async def receive() -> Any:
            raise AssertionError("no body is read")

        async def send(message: Any) -> None:
            messages.append(message)

        await self.road(scope, receive, send)
        start, *bodies = messages
        pairs = [(name.decode(), value.decode()) for name, value in start["headers"]]
        found: dict[str, str] = {}
        for name, value in pairs:
            found[name] = f"{found[name]}, {value}" if name in found else value
        return Answer(start["status"], found, b"".join(b["body"] for b in bodies), scope.get("imagewell.facts", {}))
