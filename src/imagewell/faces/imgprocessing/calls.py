"""What every call of this API is made of: the picture that it names, its answer, what it counts, its documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from imagewell.accounts.subject import Subject
from imagewell.assets.models import Asset
from imagewell.editing.service import Rules
from imagewell.errors import NotFound
from imagewell.faces.imgprocessing import wire
from imagewell.faces.imgprocessing.errors import MEDIA_TYPE
from imagewell.faces.imgprocessing.links import file_url, stored_id
from imagewell.faces.imgprocessing.pictures import gallery
from imagewell.faces.kit.services import Services
from imagewell.usage.ledger import Metered

FOLDER = "/imgprocessing"
"""Where pictures of this API lie in the library."""
USAGE = "x-image-processing-usage"
MAX_RESULT_SIDE_PX = 65_535
"""The dialect refuses what is too large for a format; nothing else may be scaled down."""

WORDS = {
    400: "The body is not a JSON object, or not a form that can be read.",
    401: "No valid API key came in `x-api-key`.",
    402: "The account's quota is used up.",
    403: "The key may not do this.",
    404: "There is no such image, or it is another account's or stage's.",
    408: "The body did not arrive in time.",
    413: "The body or its file is too large.",
    415: "The body's content type is not the one that is read here.",
    422: "Fields break their rules; `errors` says which, and how.",
    429: "Too many requests; see Retry-After.",
    500: "The server failed.",
    503: "Busy, out of time, or an engine is not installed; see Retry-After.",
}
ALWAYS = (401, 403, 429, 500, 503)
PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of an operation, besides those that every one has."""
    return {code: {"description": WORDS[code], "content": PROBLEM} for code in sorted({*codes, *ALWAYS})}


def json_body(properties: Mapping[str, Any], required: Sequence[str], example: Mapping[str, Any]) -> dict[str, Any]:
    """The documentation of a JSON body that is read by hand."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    content = {"application/json": {"schema": schema, "example": dict(example)}}
    return {"requestBody": {"required": bool(required), "content": content}}


async def found(services: Services, subject: Subject, image_id: str) -> Asset:
    """The image that a path names. Raises: NotFound, alike for what is not there and what is not the caller's."""
    id = stored_id(image_id)
    asset = None if id is None else await gallery(services).get(subject, id)
    if asset is None:
        raise NotFound("image", image_id)
    return asset


def rules(services: Services) -> Rules:
    """What this API takes and makes."""
    return Rules(wire.FORMATS, services.settings.imgprocessing.max_pixels, MAX_RESULT_SIDE_PX)


def shown(request: Request, services: Services, asset: Asset, status: int = 200, usage: int | None = None) -> Response:
    """An image as the answer."""
    return answer(wire.image(asset, file_url(request.scope, services.settings, asset.id)), status, usage)


def answer(model: BaseModel, status: int = 200, usage: int | None = None) -> Response:
    """A shape as JSON, with what the call counted."""
    headers = {"cache-control": "private, no-cache"}
    if usage is not None:
        headers[USAGE] = str(usage)
    return Response(model.model_dump_json(), status, headers, media_type="application/json; charset=utf-8")


async def counted(services: Services, metered: Metered) -> None:
    """Count what made nothing in the database of its own."""
    async with services.db.write() as session:
        await metered.take(session)
