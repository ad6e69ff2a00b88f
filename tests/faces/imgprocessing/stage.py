"""A caller of the IMG Processing face, and what its tests say again and again."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from PIL import Image
from tests import pictures
from tests.faces.conftest import PUBLIC_URL, caller, client

from imagewell.faces.imgprocessing.face import make_face
from imagewell.faces.kit.asgi import Handler
from imagewell.runtime import Runtime

UNLIMITED = {"imgprocessing_test_per_minute": 0, "imgprocessing_live_per_minute": 0}
TITLES = {
    400: "Bad Request", 401: "Unauthorized", 402: "Quota Exceeded", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 413: "Payload Too Large", 415: "Unsupported Media Type", 422: "Validation Error",
    429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


class Changed:
    """The runtime with other settings: of this face, of rates, or (by name) of any part."""

    def __init__(self, runtime: Runtime, rates: Mapping[str, Any] | None = None, **own: Any) -> None:
        self._runtime = runtime
        settings = runtime.settings
        if rates is not None:
            settings = settings.model_copy(update={"rates": settings.rates.model_copy(update=dict(rates))})
        if own:
            face = settings.imgprocessing.model_copy(update=own)
            settings = settings.model_copy(update={"imgprocessing": face})
        self.settings = settings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)


@dataclass
class User:
    """One key of the face."""

    http: httpx.AsyncClient
    account_id: str
    app: Handler
    key: str
    key_id: str

    async def upload(self, data: bytes, name: str = "photo") -> dict[str, Any]:
        answer = await self.http.post("/v1/images/upload", files=form(data, name))
        assert answer.status_code == 201, answer.text
        return image(answer)

    async def edit(self, image_id: str, operation: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/v1/images/{image_id}/{operation}", json=body)
        assert answer.status_code == 201, answer.text
        return image(answer)

    async def download(self, image_id: str) -> Image.Image:
        """The bytes decoded; they are what the image's facts say."""
        facts = (await self.http.get(f"/v1/images/{image_id}")).json()
        answer = await self.http.get(f"/v1/images/{image_id}/download")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"image/{facts['format']}"
        picture = opened(answer.content)
        assert picture.size == (facts["width"], facts["height"])
        assert picture.format == facts["format"].upper()
        return picture


async def make_user(runtime: Any, stage: str = "live", *, app: Handler | None = None, **more: Any) -> User:
    """A key in an account of its own, or in `account_id`; in general without a rate."""
    app = app or make_face(Changed(runtime, UNLIMITED)).app  # type: ignore[arg-type]
    made = await caller(runtime, app, stage=stage, **more)
    http = client(app, **{"x-api-key": made.key})
    return User(http, made.account_id, app, made.key, made.key_id)


def form(data: bytes, name: str = "photo") -> dict[str, Any]:
    """As the first generation of clients sends it."""
    return {"name": (None, name), "image": ("blob", data, "image/png")}


def image(answer: httpx.Response) -> dict[str, Any]:
    """An image object of an answer, its shape checked."""
    assert answer.headers["content-type"].startswith("application/json")
    body: dict[str, Any] = answer.json()
    assert list(body) == ["id", "name", "url", "width", "height", "format", "size", "created_at"]
    return body


def problem(answer: httpx.Response, status: int, *fields: str) -> dict[str, Any]:
    """An error of an answer, its shape checked; `fields` are those that are told off."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["title"] == body["error"] == TITLES[status]
    assert body["status"] == status
    assert body["message"]
    slug = TITLES[status].lower().replace(" ", "-")
    ends = {500: "internal-error", 503: "unavailable"}.get(status, slug)
    assert body["type"] == f"{PUBLIC_URL}/imgprocessing/docs/errors/{ends}"
    assert set(body) == {"type", "title", "error", "status", "message"} | ({"errors"} if status == 422 else set())
    if status == 422:
        assert set(body["errors"]) == set(fields)
        assert body["message"] == " ".join(s for sentences in body["errors"].values() for s in sentences)
    return body


def opened(data: bytes) -> Image.Image:
    """The bytes as a picture, all of it decoded."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def corners(picture: Image.Image, inset: int = 2) -> list[tuple[int, ...]]:
    """Top left, top right, bottom left, bottom right, a few px in."""
    across, down = picture.width - 1 - inset, picture.height - 1 - inset
    return [picture.getpixel(place) for place in ((inset, inset), (across, inset), (inset, down), (across, down))]  # type: ignore[misc]


def near(found: Any, expected: Any, by: int = 8) -> bool:
    """Whether colours are equal but for what a lossy format does."""
    return bool(np.abs(np.asarray(found, int) - np.asarray(expected, int)).max() <= by)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ in a way one can see."""
    left, right = (np.asarray(picture.convert("RGB"), int) for picture in (one, other))
    assert left.shape == right.shape
    return float((np.abs(left - right).max(axis=2) > 24).mean())


RED, GREEN, BLUE, WHITE = pictures.CORNERS
