"""Each edit is a new image; the one that it is made of stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets.models import Asset
from imagewell.assets.service import Also
from imagewell.db.session import WriteSession
from imagewell.errors import NotFound
from imagewell.faces.imgprocessing import dialect, wire
from imagewell.faces.imgprocessing.bodies import document_of
from imagewell.faces.imgprocessing.calls import FOLDER, errors, found, rules, shown
from imagewell.faces.imgprocessing.deadlines import deadline_s, in_time
from imagewell.faces.imgprocessing.errors import about
from imagewell.faces.imgprocessing.fields import Fields
from imagewell.faces.imgprocessing.links import stored_id
from imagewell.faces.imgprocessing.pictures import gallery
from imagewell.faces.imgprocessing.reference import BODIES, SUMMARIES
from imagewell.faces.imgprocessing.routes.images import ImageId
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.services import Services
from imagewell.transform.limits import references
from imagewell.transform.model import Transformation
from imagewell.transform.values import Color

router = APIRouter(prefix="/v1/images", tags=["Transformations"])
Editor = Annotated[Subject, require(Scope.transform, Scope.assets_write, Scope.assets_read)]

COSTS: Mapping[str, int] = {"remove-background": 2}
"""What an operation counts, where it is not 1."""
WITH_ENGINE = frozenset({"remove-background"})
SPARE_S = 1.0
"""After us the worker gives up too: that the time was over says more than that a worker was killed."""


async def edit(name: str, image_id: str, request: Request, services: Services, subject: Subject) -> Response:
    """One edit from the request to its answer."""
    document = await document_of(request)
    source = await found(services, subject, image_id)
    fields = Fields(document)
    title = fields.name() or wire.name_of(source)
    wanted = dialect.READERS[name](fields, source.facts, _rules(services))
    others = await _others(services, subject, wanted)
    async with services.ledger.metered(subject, name, COSTS.get(name, 1)) as metered:
        limit_s = _limit_s(name, request, services)
        with about("image"):
            async with in_time("The edit", limit_s) as watch:

                async def also(session: WriteSession) -> None:
                    await metered.take(session)
                    watch.stop()

                asset = await _made(services, subject, source, wanted, others, title, limit_s, also)
    return shown(request, services, asset, 201, metered.amount)


def _limit_s(name: str, request: Request, services: Services) -> float:
    """Only a model may take as long as a patient client waits; with many edits in a row nobody should."""
    settings = services.settings.imgprocessing
    return deadline_s(request.scope, settings) if name in WITH_ENGINE else settings.deadline_s


async def _made(
    services: Services,
    subject: Subject,
    source: Asset,
    wanted: Transformation,
    others: Mapping[str, Asset],
    title: str,
    limit_s: float,
    also: Also,
) -> Asset:
    editing = services.editing
    if wanted.is_identity:
        return await editing.copy(subject, source, folder=FOLDER, also=also, title=title, private=True)
    return await editing.edit(
        subject,
        source,
        wanted,
        folder=FOLDER,
        rules=rules(services),
        others=others,
        deadline_s=limit_s + SPARE_S,
        also=also,
        title=title,
        private=True,
    )


async def _others(services: Services, subject: Subject, wanted: Transformation) -> Mapping[str, Asset]:
    """The images that a transformation names, by their ids as written. Raises: NotFound for the first missing."""
    written = {reference: stored_id(reference) for reference in references(wanted)}
    ids = [id for id in written.values() if id is not None]
    there = {asset.id: asset for asset in await gallery(services).several(subject, ids)} if ids else {}
    for reference, id in written.items():
        if id not in there:
            raise NotFound("image", reference)
    return {reference: there[id] for reference, id in written.items() if id is not None}


def _rules(services: Services) -> dialect.Rules:
    settings = services.settings.imgprocessing
    return dialect.Rules(settings.max_pixels, Color.parse(settings.flatten_color), settings.modulate_first_generation)


def _add(name: str) -> None:
    async def endpoint(image_id: ImageId, request: Request, services: Runtime, subject: Editor) -> Response:
        return await edit(name, image_id, request, services, subject)

    function = name.replace("-", "_")
    router.add_api_route(
        f"/{{image_id}}/{name}",
        endpoint,
        methods=["POST"],
        name=function,
        status_code=201,
        response_model=wire.ImageOut,
        summary=SUMMARIES[name],
        description=(getattr(dialect, function).__doc__ or "").strip(),
        responses=errors(400, 402, 404, 413, 415, 422),
        openapi_extra=BODIES[name],
    )


for _name in dialect.READERS:
    _add(_name)
