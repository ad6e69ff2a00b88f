"""Assets: list, look at, change, delete; their bytes and versions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets.models import Asset
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.images import prepare
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.paging import After, Limit, PageOf, next_of, page_request
from imagewell.faces.kit.responses import PictureResponse
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.stored import original_of
from imagewell.faces.kit.wire import etag_of, if_match, shown
from imagewell.faces.own.locate import locator
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.assets import AssetChange, AssetOut, VersionOut, asset_out, version_out
from imagewell.faces.own.wire.common import EXAMPLE_ID

router = APIRouter(prefix="/v1/assets", tags=["Assets"])
Reader = Annotated[Subject, require(Scope.assets_read)]
Writer = Annotated[Subject, require(Scope.assets_write, Scope.assets_read)]
AssetId = Annotated[str, Path(examples=[EXAMPLE_ID])]
VersionId = Annotated[str, Path(examples=["66f2a1c09b3d5e7f44556677"])]
Sort = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name",
    "size", "-size", "width", "-width", "height", "-height",
]  # fmt: skip
Text = Annotated[str | None, Query(max_length=1024)]
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("", response_model=PageOf[AssetOut], responses=errors())
async def list_assets(
    services: Runtime,
    subject: Reader,
    limit: Limit = 50,
    after: After = None,
    sort: Sort = "-created_at",
    q: Annotated[str | None, Query(max_length=200, description="Words in the name.")] = None,
    tag: Annotated[list[str] | None, Query(max_length=50, description="Repeatable; all must be there.")] = None,
    folder: Text = None,
    recursive: bool = False,
    format: Annotated[list[str] | None, Query(max_length=20, description="Repeatable; such as `jpeg`.")] = None,
) -> Response:
    """The library's assets, newest first unless sorted otherwise."""
    page = await services.assets.list(
        subject,
        page_request(limit, after, sort),
        q=q,
        tags_all=tag,
        folder=folder,
        recursive=recursive,
        formats=format,
    )
    where = await locator(services, subject)
    data = [asset_out(asset, where.url(asset.path)) for asset in page.items]
    return answer(PageOf[AssetOut](data=data, next=next_of(page.next)))


@router.get("/{asset_id}", response_model=AssetOut, responses=errors(404))
async def get_asset(asset_id: AssetId, request: Request, services: Runtime, subject: Reader) -> Response:
    """One asset."""
    asset = await services.assets.get(subject, asset_id)
    return shown(request, await _out(services, subject, asset), asset.revision)


@router.patch("/{asset_id}", response_model=AssetOut, responses=errors(404, 409, 412))
async def change_asset(
    asset_id: AssetId, change: AssetChange, request: Request, services: Runtime, subject: Writer
) -> Response:
    """Rename, move or describe an asset; what is left out stays."""
    asset = await services.assets.update(
        subject,
        asset_id,
        path=change.path,
        folder=change.folder,
        name=change.name,
        if_match=if_match(request),
        **change.details(),
    )
    return shown(request, await _out(services, subject, asset), asset.revision)


@router.delete("/{asset_id}", status_code=204, response_class=Response, responses=errors(404, 412))
async def delete_asset(asset_id: AssetId, request: Request, services: Runtime, subject: Writer) -> Response:
    """Delete an asset with all its versions; it is gone at once."""
    await services.assets.delete(subject, asset_id, if_match=if_match(request))
    return Response(status_code=204)


@router.get("/{asset_id}/file", response_class=Response, responses={**PICTURE, **errors(404)})
@router.head("/{asset_id}/file", include_in_schema=False)
async def get_asset_file(
    asset_id: AssetId,
    request: Request,
    services: Runtime,
    subject: Reader,
    download: Annotated[bool, Query(description="As an attachment under its name.")] = False,
) -> Response:
    """The original's bytes as they came; under a test key with the mark of the test stage on them."""
    asset = await services.assets.get(subject, asset_id)
    prepared = prepare(
        await original_of(services, asset, request_id_of(request.scope)),
        cache_control="private, no-cache",
        download=asset.name if download else None,
        inline=None if download else asset.name,
    )
    return PictureResponse(prepared, services.store)


@router.get("/{asset_id}/versions", response_model=PageOf[VersionOut], responses=errors(404))
async def list_asset_versions(asset_id: AssetId, services: Runtime, subject: Reader) -> Response:
    """All versions of an asset, newest first."""
    asset = await services.assets.get(subject, asset_id)
    versions = await services.assets.versions(subject, asset_id)
    return answer(PageOf[VersionOut](data=[version_out(version, asset.version_id) for version in versions]))


@router.post("/{asset_id}/versions/{version_id}/restore", response_model=AssetOut, responses=errors(404, 409))
async def restore_asset_version(
    asset_id: AssetId, version_id: VersionId, services: Runtime, subject: Writer
) -> Response:
    """Make an earlier version the current one again."""
    asset = await services.assets.restore(subject, asset_id, version_id)
    return answer(await _out(services, subject, asset), etag=etag_of(asset.revision))


@router.delete(
    "/{asset_id}/versions/{version_id}", status_code=204, response_class=Response, responses=errors(404, 409)
)
async def delete_asset_version(
    asset_id: AssetId, version_id: VersionId, services: Runtime, subject: Writer
) -> Response:
    """Forget one version that is not the current one."""
    await services.assets.delete_version(subject, asset_id, version_id)
    return Response(status_code=204)


async def _out(services: Services, subject: Subject, asset: Asset) -> AssetOut:
    return asset_out(asset, (await locator(services, subject)).url(asset.path))
