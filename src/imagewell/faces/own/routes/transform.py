"""One-off transformations, and purges."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject
from imagewell.delivery.one_off import OneOff
from imagewell.delivery.order import Delivered, DeliveryOrder
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.images import prepare
from imagewell.faces.kit.library import library_of
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.pictures import ByteStore
from imagewell.faces.kit.responses import PictureResponse
from imagewell.faces.kit.services import Services
from imagewell.faces.kit.spool import Spool
from imagewell.faces.kit.wire import etag_of
from imagewell.faces.own.locate import locator, own_source
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.assets import AssetOut, asset_out
from imagewell.faces.own.wire.transform import PurgeOrder, TransformOrder

router = APIRouter(prefix="/v1", tags=["Pictures"])
Transformer = Annotated[Subject, require(Scope.transform, Scope.assets_read)]
Purger = Annotated[Subject, require(Scope.purge)]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
    201: {"model": AssetOut, "description": "The new asset."},
    **errors(404, 409, 410, 413, 415, 422, 502, 507),
}


@router.post("/transform", response_class=Response, responses=ANSWERS)
async def transform(order: TransformOrder, request: Request, services: Runtime, subject: Transformer) -> Response:
    """Transform one picture, and answer with its bytes or keep them as a new asset."""
    if order.result == "asset":
        subject.require(Scope.assets_write)
    delivered, where = await _deliver(order, request, services, subject)
    if order.result == "bytes":
        return PictureResponse(prepare(delivered, cache_control="private, no-store"), where)
    return await _keep(order, delivered, where, services, subject)


@router.post("/purges", status_code=204, response_class=Response, responses=errors(404, 409))
async def purge(order: PurgeOrder, services: Runtime, subject: Purger) -> Response:
    """Forget everything made from a path of a source, at once."""
    await services.delivery.purge(await own_source(services, subject, order.source), order.path)
    return Response(status_code=204)


async def _deliver(
    order: TransformOrder, request: Request, services: Services, subject: Subject
) -> tuple[Delivered, ByteStore]:
    """The picture, and where its bytes are read when it is large."""
    accept = request.headers.get("accept", "")
    clean = order.result == "asset"  # the library's pictures are clean, and marked when they are handed out
    if order.url is not None:
        one_off = OneOff(services.store, services.pool, services.fetcher, services.settings.render.limits)
        limit = services.settings.uploads.max_bytes
        mark = subject.stage == Stage.test and not clean
        return await one_off.render(order.url, order.transformation, max_bytes=limit, accept=accept, mark=mark)
    if order.asset is not None:
        source, path = (
            library_of(subject.account_id, subject.stage),
            (await services.assets.get(subject, order.asset)).path,
        )
    else:
        assert order.source is not None, "the body was checked to name one picture"
        source, path = await own_source(services, subject, order.source), order.path or ""
    wanted = DeliveryOrder(
        source,
        path,
        order.transformation,
        accept=accept,
        request_id=request_id_of(request.scope),
        signed=True,
        clean=clean,
    )
    return await services.delivery.deliver(wanted), services.store


async def _keep(
    order: TransformOrder, delivered: Delivered, where: ByteStore, services: Services, subject: Subject
) -> Response:
    spool = Spool(services.store.temp(), services.settings.uploads.max_bytes)
    try:
        upload = await spool.take(delivered.body, where)
        asset = await services.assets.create(subject, upload, path=order.target, overwrite=order.overwrite)
    finally:
        spool.discard()
    out = asset_out(asset, (await locator(services, subject)).url(asset.path))
    return answer(out, 201, etag=etag_of(asset.revision), location=f"/v1/assets/{asset.id}")
