"""Imager's three calls: upload a picture, look it up, fetch its bytes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets.names import safe_name
from imagewell.assets.values import Upload
from imagewell.errors import InvalidParameter, NotFound, TooLarge, UnsupportedFormat
from imagewell.faces.imager import wire
from imagewell.faces.imager.errors import TooManyPixels
from imagewell.faces.kit.bodies import unwatched
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.errors import MethodNotAllowed
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.uploads import FilePart, Form, FormRules, form
from imagewell.imaging.work import Facts

FORMATS = frozenset({"jpeg", "png", "webp", "gif"})
MAX_FILE_BYTES = 20_000_000
MAX_BODY_BYTES = MAX_FILE_BYTES + 64 * 1024
MAX_PIXELS = 50_000_000
FOLDER = "/imager"
"""Where uploads of this face lie in the library."""

RULES = FormRules(files=("image",), max_file_bytes=MAX_BODY_BYTES, collect=False, max_body_bytes=MAX_BODY_BYTES)
FORM_SCHEMA = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {"image": {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP, GIF"}},
            },
            "example": {"image": "(bytes of photo.jpg)"},
        }
    },
}


def _errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": wire.ErrorAnswer} for code in codes}


router = APIRouter(prefix="/api/images", responses=_errors(401, 403, 429, 500, 503))


@router.post(
    "/upload",
    response_model=wire.UploadedAnswer,
    openapi_extra={"requestBody": FORM_SCHEMA},
    responses=_errors(400, 408, 413, 415, 507),
)
async def upload_image(
    request: Request, services: Runtime, subject: Annotated[Subject, require(Scope.assets_write)]
) -> Response:
    """Keep one picture; the answer says where it can be fetched."""
    receive = unwatched(request.scope, request.receive)
    async with form(request.scope, receive, services.store, RULES, services.settings.uploads) as received:
        part = _image_part(received)
        await _check(services, part.upload)
        asset = await services.assets.create(
            subject, part.upload, folder=FOLDER, name=safe_name(part.filename, "image"), unique=True, decode=True
        )
    return _json(wire.uploaded(asset, services.settings.url))


@router.get("/{image_id}", response_model=wire.ImageAnswer, responses=_errors(404))
async def get_image(
    image_id: Annotated[str, Path(examples=[wire.EXAMPLE_ID])],
    services: Runtime,
    subject: Annotated[Subject, require(Scope.assets_read)],
) -> Response:
    """Facts about one of the account's own pictures."""
    if image_id == "upload":  # an address of its own, never an image's id
        raise MethodNotAllowed("GET", ("POST",))
    try:
        asset = await services.assets.get(subject, wire.stored_id(image_id))
    except NotFound as error:
        raise NotFound("image", image_id) from error
    return _json(wire.image(asset, services.settings.url))


def _image_part(received: Form) -> FilePart:
    """The one part named `image`. Raises: InvalidParameter when there is none, it is plain text, or there are two."""
    files = received.named("image")
    if len(files) != 1 or "image" in received.texts:
        raise InvalidParameter("image", f"{len(files)} files", "one file")
    return files[0]


async def _check(services: Services, upload: Upload) -> None:
    """Format and pixels, from the header alone. Raises: UnsupportedFormat, UnreadableImage, TooManyPixels."""
    try:
        facts: Facts = await services.pool.probe(str(upload.temp))
    except TooLarge as error:
        raise TooManyPixels(error.limit, error.unit, error.received) from error
    if facts.format not in FORMATS:
        raise UnsupportedFormat(facts.format, ", ".join(sorted(FORMATS)))
    if facts.size.pixels > MAX_PIXELS:
        raise TooManyPixels(MAX_PIXELS, "pixels", facts.size.pixels)


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json; charset=utf-8")
