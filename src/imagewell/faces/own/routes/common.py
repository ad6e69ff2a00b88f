"""What the operations of the own API share: their documented errors and their kinds of answer."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from pydantic import BaseModel

from imagewell.faces.own.errors import MEDIA_TYPE

WORDS = {
    400: "Something in the request cannot be used; `param` says what.",
    401: "No valid API key came with the request.",
    403: "The API key lacks a scope, or may not be used from here.",
    404: "There is no such thing, or it is another account's.",
    408: "The body did not arrive in time.",
    409: "It collides with what is there.",
    410: "The source is switched off.",
    412: "If-Match named another state than the current one.",
    413: "Too large.",
    415: "Not a content type or picture format that is taken here.",
    422: "The picture cannot be read: corrupt, or cut short.",
    429: "Too many requests; see Retry-After.",
    500: "The server failed.",
    502: "The origin of the picture failed.",
    503: "Busy, or a part of the server cannot be reached; see Retry-After.",
    507: "The server has no room left.",
}
ALWAYS = (400, 401, 403, 429, 500, 503)
PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of an operation, besides those that every one has."""
    return {code: {"description": WORDS[code], "content": PROBLEM} for code in sorted({*codes, *ALWAYS})}


def answer(model: BaseModel, status: int = 200, **headers: str) -> Response:
    """A shape as JSON; never kept by a cache between."""
    sent = {"cache-control": "private, no-cache", **headers}
    return Response(model.model_dump_json(), status, sent, media_type="application/json")
