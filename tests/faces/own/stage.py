"""What the own API's tests share: the app, callers, pictures."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest_asyncio
from PIL import Image
from tests.faces.conftest import Caller, caller

from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime

NOWHERE = "0123456789abcdef01234567"


@pytest_asyncio.fixture(loop_scope="session")
async def app(runtime: Runtime) -> Handler:
    return make_face(runtime).app


@pytest_asyncio.fixture(loop_scope="session")
async def user(runtime: Runtime, app: Handler) -> Caller:
    return await caller(runtime, app)


def jpeg(width: int = 40, height: int = 20, color: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG")
    return out.getvalue()


def opened(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


async def put(user: Caller, path: str = "/a/b.jpg", data: bytes | None = None) -> dict[str, Any]:
    answer = await user.http.put(f"/v1/assets/by-path{path}", content=data or jpeg())
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    """The answer is this problem, in the shape every problem has."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    said = answer.json()
    assert set(said) - {"errors"} == {"type", "title", "status", "detail", "code", "param", "request_id"}
    assert (said["status"], said["code"], said["param"]) == (status, code, param), said
    assert said["request_id"] == answer.headers["x-request-id"]
    assert said["type"] == f"/docs/errors#{code}"
    return said
