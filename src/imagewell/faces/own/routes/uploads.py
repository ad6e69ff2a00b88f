"""Assets in: a form with a file, a URL to fetch, raw bytes at a path, a new version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets.models import Asset
from imagewell.assets.names import safe_name
from imagewell.assets.values import Upload
from imagewell.errors import InvalidParameter
from imagewell.faces.kit.asgi import header_text
from imagewell.faces.kit.bodies import unwatched
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.uploads import FormRules, form, raw
from imagewell.faces.kit.wire import etag_of, if_match
from imagewell.faces.own import forms
from imagewell.faces.own.locate import locator
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.assets import AssetFromUrl, AssetOut, NewAsset, asset_out
from imagewell.faces.own.wire.common import EXAMPLE_ID
from imagewell.imaging.whole import looks_whole

router = APIRouter(prefix="/v1/assets", tags=["Assets"])
Writer = Annotated[Subject, require(Scope.assets_write, Scope.assets_read)]
AssetId = Annotated[str, Path(examples=[EXAMPLE_ID])]

BYTES = {"schema": {"type": "string", "format": "binary"}, "example": "(bytes of red.jpg)"}
RAW_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": BYTES, "image/*": BYTES}}}
UPLOAD_ERRORS = errors(408, 409, 412, 413, 415, 422, 507)
MADE: dict[int | str, dict[str, Any]] = {201: {"model": AssetOut, "description": "A new asset."}}


@router.post(
    "",
    status_code=201,
    response_model=AssetOut,
    responses=errors(408, 409, 413, 415, 422, 502, 507),
    openapi_extra=forms.CREATE_BODY,
)
async def create_asset(request: Request, services: Runtime, subject: Writer) -> Response:
    """Upload a picture: a form with the part `file`, or JSON with a `url` that the server fetches."""
    kind = header_text(request.scope, b"content-type").partition(";")[0].strip().lower()
    made = _from_url if kind == "application/json" else _from_form
    asset = await made(request, services, subject)
    return await _shown(services, subject, asset, 201)


@router.put(
    "/by-path/{path:path}", response_model=AssetOut, responses={**UPLOAD_ERRORS, **MADE}, openapi_extra=RAW_BODY
)
async def put_asset_at_path(
    path: Annotated[str, Path(examples=["shoes/red.jpg"])], request: Request, services: Runtime, subject: Writer
) -> Response:
    """Keep the body's bytes at a path: 201 for a new asset, 200 for a new version of the one that is there.

    With `If-None-Match: *` an asset that is there is left alone, and the answer is 409.
    """
    only_new = request.headers.get("if-none-match", "").strip() == "*"
    async with _body(request, services) as upload:
        decode = await _needs_decode(upload)
        asset = await services.assets.create(subject, upload, path="/" + path, overwrite=not only_new, decode=decode)
    return await _shown(services, subject, asset, 201 if asset.version_number == 1 else 200)


@router.put(
    "/{asset_id}/file", response_model=AssetOut, responses={**errors(404), **UPLOAD_ERRORS}, openapi_extra=RAW_BODY
)
async def replace_asset_file(asset_id: AssetId, request: Request, services: Runtime, subject: Writer) -> Response:
    """Give an asset new bytes; the old ones stay as an earlier version."""
    revision = if_match(request)
    await services.assets.get(subject, asset_id)
    async with _body(request, services) as upload:
        decode = await _needs_decode(upload)
        asset = await services.assets.replace(subject, asset_id, upload, decode=decode, if_match=revision)
    return await _shown(services, subject, asset, 200)


async def _from_form(request: Request, services: Services, subject: Subject) -> Asset:
    settings = services.settings.uploads
    rules = FormRules(files=("file",), max_file_bytes=settings.max_bytes)
    receive = unwatched(request.scope, request.receive)
    async with form(request.scope, receive, services.store, rules, settings) as received:
        order = forms.create_order(received)
        files = received.named("file")
        if len(files) != 1:
            raise InvalidParameter("file", f"{len(files)} files", "one part with a file name")
        name = order.name or (None if order.path else safe_name(files[0].filename, "picture"))
        return await _create(services, subject, files[0].upload, order, name)


async def _from_url(request: Request, services: Services, subject: Subject) -> Asset:
    order = forms.read(AssetFromUrl, await request.body())
    temp = services.store.temp()
    try:
        limit = services.settings.uploads.max_bytes
        fetched = await services.fetcher.fetch(order.url, to=temp, max_bytes=limit)
        upload = Upload(temp, fetched.sha256, fetched.size)
        name = order.name or (None if order.path else safe_name(forms.url_name(fetched.url), "picture"))
        return await _create(services, subject, upload, order, name)
    finally:
        temp.unlink(missing_ok=True)


async def _create(services: Services, subject: Subject, upload: Upload, order: NewAsset, name: str | None) -> Asset:
    return await services.assets.create(
        subject,
        upload,
        path=order.path,
        folder=order.folder,
        name=name,
        overwrite=order.overwrite,
        unique=order.unique,
        decode=await _needs_decode(upload),
        **order.details(),
    )


async def _needs_decode(upload: Upload) -> bool:
    """A file that was cut short is refused; most show at their end that they were not, without being decoded."""
    return not await asyncio.to_thread(looks_whole, upload.temp)


@asynccontextmanager
async def _body(request: Request, services: Services) -> AsyncIterator[Upload]:
    settings = services.settings.uploads
    receive = unwatched(request.scope, request.receive)
    async with raw(request.scope, receive, services.store, settings.max_bytes, settings) as upload:
        yield upload


async def _shown(services: Services, subject: Subject, asset: Asset, status: int) -> Response:
    out = asset_out(asset, (await locator(services, subject)).url(asset.path))
    return answer(out, status, etag=etag_of(asset.revision), location=f"/v1/assets/{asset.id}")
