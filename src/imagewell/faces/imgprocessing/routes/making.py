"""New images: uploaded, or fetched from one of the places that may be imported from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject
from imagewell.assets.models import Asset
from imagewell.assets.service import Also
from imagewell.assets.values import Upload
from imagewell.errors import NotFound, OriginFailed, TooLarge
from imagewell.faces.imgprocessing import origins, wire
from imagewell.faces.imgprocessing.bodies import document_of
from imagewell.faces.imgprocessing.calls import FOLDER, errors, json_body, rules, shown
from imagewell.faces.imgprocessing.deadlines import deadline_s
from imagewell.faces.imgprocessing.errors import InvalidFields, about, invalid
from imagewell.faces.imgprocessing.fields import MAX_NAME, Fields
from imagewell.faces.imgprocessing.links import own_file
from imagewell.faces.imgprocessing.pictures import gallery
from imagewell.faces.kit.bodies import unwatched
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.spool import Spool
from imagewell.faces.kit.stored import original_of, stored
from imagewell.faces.kit.uploads import Form, FormRules, form

router = APIRouter(prefix="/v1/images", tags=["New images"])
Writer = Annotated[Subject, require(Scope.assets_write, Scope.assets_read)]

MAX_URL = 8192
ROOM_BYTES = 256 * 1024
"""For everything in a form besides its file."""
SPARE_S = 1.0
"""Of a client's patience, kept for what follows a download."""

NAME = {"type": "string", "minLength": 1, "maxLength": MAX_NAME}
FORM_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["name", "image"],
                    "properties": {
                        "name": NAME,
                        "image": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP."},
                    },
                },
                "example": {"name": "my-photo", "image": "(bytes of photo.jpg)"},
            }
        },
    }
}
URL_BODY = json_body(
    {"name": NAME, "url": {"type": "string", "format": "uri", "maxLength": MAX_URL}},
    ("name", "url"),
    {"name": "my-photo", "url": "https://storage.googleapis.com/my-bucket/photo.jpg"},
)


@router.post(
    "/upload",
    status_code=201,
    response_model=wire.ImageOut,
    responses=errors(400, 402, 408, 413, 415, 422),
    openapi_extra=FORM_BODY,
)
async def upload_image(request: Request, services: Runtime, subject: Writer) -> Response:
    """Keep a JPEG, PNG or WebP, told by its bytes: upright, in sRGB, its first frame, without metadata."""
    most = services.settings.imgprocessing.max_file_bytes
    wanted = FormRules(files=("image",), max_file_bytes=most, max_body_bytes=most + ROOM_BYTES)
    receive = unwatched(request.scope, request.receive)
    async with form(request.scope, receive, services.store, wanted, services.settings.uploads) as received:
        name, upload = _read(received)
        async with services.ledger.metered(subject, "upload", 1) as metered:
            with about("image"):
                asset = await _kept(services, subject, upload, name, metered.take)
    return shown(request, services, asset, 201, metered.amount)


@router.post(
    "",
    status_code=201,
    response_model=wire.ImageOut,
    responses=errors(400, 402, 413, 415, 422),
    openapi_extra=URL_BODY,
)
async def create_image(request: Request, services: Runtime, subject: Writer) -> Response:
    """Fetch a picture from one of the places that may be imported from, and keep it."""
    fields = Fields(await document_of(request))
    name, url = fields.name(required=True), fields.text("url", MAX_URL, required=True)
    fields.settle()
    assert name is not None and url is not None, "required fields were settled"  # noqa: PT018
    async with services.ledger.metered(subject, "import", 1) as metered:
        with about("url"):
            ours = _own(request, services, url)
            brought = _fetched(request, services, url) if ours is None else _copied(request, services, subject, ours)
            async with brought as upload:
                asset = await _kept(services, subject, upload, name, metered.take)
    return shown(request, services, asset, 201, metered.amount)


def _read(received: Form) -> tuple[str, Upload]:
    """Name and file of a form. Raises: InvalidFields, for both where both are wrong."""
    names, files = received.values("name"), received.named("image")
    fields = Fields({"name": names[0]} if len(names) == 1 else {})
    name = None
    if len(names) > 1:
        fields.wrong("name", "must be given once")
    else:
        name = fields.name(required=True)
    if "image" in received.texts:
        fields.wrong("image", "must be a file")
    elif len(files) != 1:
        fields.wrong("image", "must be given once" if files else "is required")
    fields.settle()
    assert name is not None, "a required field was settled"
    return name, files[0].upload


@asynccontextmanager
async def _fetched(request: Request, services: Services, url: str) -> AsyncIterator[Upload]:
    """A picture from elsewhere; its file is gone when the block ends, unless it was kept. Raises: InvalidFields."""
    settings = services.settings.imgprocessing
    temp = services.store.temp()
    try:
        try:
            target = origins.direct(url)
            fetched = await services.fetcher.fetch(
                str(target),
                to=temp,
                max_bytes=settings.max_file_bytes,
                total_s=min(settings.import_s, max(1.0, deadline_s(request.scope, settings) - SPARE_S)),
                max_redirects=origins.MAX_REDIRECTS,
                allow=origins.Places.of(settings).check,
            )
        except (OriginFailed, NotFound, TooLarge) as error:
            raise _unfetched(error) from error
        yield Upload(temp, fetched.sha256, fetched.size)
    finally:
        temp.unlink(missing_ok=True)


def _own(request: Request, services: Services, url: str) -> str | None:
    """The asset behind the address of a published picture of ours. Raises: InvalidFields for text that is no URL."""
    try:
        return own_file(request.scope, services.settings, url)
    except OriginFailed as error:
        raise _unfetched(error) from error


def _unfetched(error: OriginFailed | NotFound | TooLarge) -> InvalidFields:
    if isinstance(error, TooLarge):
        return invalid("url", f"url leads to a file of more than {int(error.limit)} bytes.")
    reason = error.reason if isinstance(error, OriginFailed) else "there is nothing at that address"
    return invalid("url", f"url cannot be fetched: {reason}.")


@asynccontextmanager
async def _copied(request: Request, services: Services, subject: Subject, asset_id: str) -> AsyncIterator[Upload]:
    """The same for a published picture of this server, as its public address shows it; no request is made."""
    source = await gallery(services).shared(asset_id)
    if source is None:
        raise invalid("url", "url is not the address of a published image.")
    spool = Spool(services.store.temp(), services.settings.imgprocessing.max_file_bytes)
    try:
        try:
            # A test key gets it clean: what it keeps is marked when it is handed out.
            clean = subject.stage == Stage.test
            picture = stored(source) if clean else await original_of(services, source, request_id_of(request.scope))
            upload = await spool.take(picture.body, services.store)
        except (NotFound, TooLarge) as error:
            raise _unfetched(error) from error
        yield upload
    finally:
        spool.discard()


async def _kept(services: Services, subject: Subject, upload: Upload, name: str, also: Also) -> Asset:
    """As all pictures of this API are: nobody gets at them by their path."""
    return await services.editing.keep(
        subject, upload, folder=FOLDER, rules=rules(services), also=also, title=name, private=True
    )
