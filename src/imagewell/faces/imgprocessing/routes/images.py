"""Getting at images: list, look up, download, delete, publish, unpublish."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.errors import InvalidParameter
from imagewell.faces.imgprocessing import links, paging, wire
from imagewell.faces.imgprocessing.bodies import document_of
from imagewell.faces.imgprocessing.calls import answer, errors, found, shown
from imagewell.faces.imgprocessing.pictures import download, gallery
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.responses import PictureResponse
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.stored import original_of

router = APIRouter(prefix="/v1/images", tags=["Images"])
Reader = Annotated[Subject, require(Scope.assets_read)]
Writer = Annotated[Subject, require(Scope.assets_write, Scope.assets_read)]
ImageId = Annotated[str, Path(examples=[wire.EXAMPLE_ID])]

BYTES = {"schema": {"type": "string", "format": "binary"}}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes.", "content": {"image/jpeg": BYTES, "image/png": BYTES, "image/webp": BYTES}}
}
PAGE_PARAMETERS = {
    "parameters": [
        {
            "name": "take",
            "in": "query",
            "description": "How many at most.",
            "schema": {"type": "integer", "minimum": 1, "maximum": paging.MAX_TAKE, "default": paging.DEFAULT_TAKE},
            "example": 10,
        },
        {
            "name": "from",
            "in": "query",
            "description": "The first image of the page, itself included; the newest when left out.",
            "schema": {"type": "string", "pattern": "^image_[0-9a-f]{24}$"},
        },
    ]
}


@router.get("", response_model=wire.ImageList, responses=errors(422), openapi_extra=PAGE_PARAMETERS)
async def list_images(request: Request, services: Runtime, subject: Reader) -> Response:
    """The images of the key's stage, newest first."""
    wanted = paging.read(request.query_params)
    try:
        page = await gallery(services).page(subject, wanted.take, wanted.start)
    except InvalidParameter as error:
        raise paging.unknown_start() from error
    scope, settings = request.scope, services.settings
    url = f"{links.base(scope, settings)}{router.prefix}"
    return answer(
        wire.ImageList(
            data=[wire.image(asset, links.file_url(scope, settings, asset.id)) for asset in page.items],
            links=wire.Links(
                previous=paging.link(url, wanted.take, page.previous),
                next=paging.link(url, wanted.take, page.next),
            ),
        )
    )


@router.get("/{image_id}", response_model=wire.ImageOut, responses=errors(404))
async def get_image(image_id: ImageId, request: Request, services: Runtime, subject: Reader) -> Response:
    """One image's facts."""
    return shown(request, services, await found(services, subject, image_id))


@router.delete("/{image_id}", status_code=204, response_class=Response, responses=errors(404))
async def delete_image(image_id: ImageId, services: Runtime, subject: Writer) -> Response:
    """Gone at once, and its public copy with it."""
    asset = await found(services, subject, image_id)
    await services.assets.delete(subject, asset.id)
    return Response(status_code=204)


@router.get("/{image_id}/download", response_class=Response, responses={**PICTURE, **errors(404)})
async def download_image(image_id: ImageId, request: Request, services: Runtime, subject: Reader) -> Response:
    """The picture itself; under a test key with a mark on it."""
    return await _bytes(image_id, request, services, subject)


@router.head("/{image_id}/download", response_class=Response, include_in_schema=False)
async def look_at_download(image_id: ImageId, request: Request, services: Runtime, subject: Reader) -> Response:
    """Its headers alone."""
    return await _bytes(image_id, request, services, subject)


@router.post("/{image_id}/publish", status_code=201, response_model=wire.ImageOut, responses=errors(400, 404, 415))
async def publish_image(image_id: ImageId, request: Request, services: Runtime, subject: Writer) -> Response:
    """Let anyone fetch it at the `url` of the answer. Done twice it is done."""
    return await _share(image_id, request, services, subject, True)


@router.post("/{image_id}/unpublish", status_code=201, response_model=wire.ImageOut, responses=errors(400, 404, 415))
async def unpublish_image(image_id: ImageId, request: Request, services: Runtime, subject: Writer) -> Response:
    """Its public address stops at once; the key still downloads it."""
    return await _share(image_id, request, services, subject, False)


async def _bytes(image_id: str, request: Request, services: Services, subject: Subject) -> Response:
    asset = await found(services, subject, image_id)
    picture = await original_of(services, asset, request_id_of(request.scope))
    return PictureResponse(download(asset, picture), services.store)


async def _share(image_id: str, request: Request, services: Services, subject: Subject, public: bool) -> Response:
    await document_of(request)
    asset = await found(services, subject, image_id)
    async with services.ledger.metered(subject, "publish" if public else "unpublish", 0) as metered:
        asset = await gallery(services).share(subject, asset.id, public, also=metered.take)
    return shown(request, services, asset, 201, metered.amount)
