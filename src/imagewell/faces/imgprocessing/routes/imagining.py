"""New images from words: the picture is a job, and this call waits for it as long as its client would."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets.models import Asset
from imagewell.errors import Conflict, Refusal, Unavailable
from imagewell.faces.imgprocessing import wire
from imagewell.faces.imgprocessing.bodies import document_of
from imagewell.faces.imgprocessing.calls import counted, errors, found, json_body, shown
from imagewell.faces.imgprocessing.deadlines import NotInTime, deadline_s
from imagewell.faces.imgprocessing.errors import invalid
from imagewell.faces.imgprocessing.fields import MAX_NAME, Fields
from imagewell.faces.imgprocessing.links import public_id
from imagewell.faces.imgprocessing.reference import text
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.services import Services
from imagewell.imagine.tasks import KIND, document
from imagewell.imagine.wishes import Wish
from imagewell.jobs.models import Job, State

router = APIRouter(prefix="/v1/images", tags=["New images"])
Maker = Annotated[Subject, require(Scope.transform, Scope.assets_write, Scope.assets_read)]

MAX_PROMPT = 1000
MAX_SEED = 2**53 - 1
"""The largest whole number that every client can write."""
MODELS = ("sdxl", "flux")
BODY = json_body(
    {
        "name": text(MAX_NAME),
        "prompt": text(MAX_PROMPT),
        "negative_prompt": text(MAX_PROMPT),
        "seed": {"type": "integer", "minimum": 0, "maximum": MAX_SEED, "description": "Random when left out."},
        "model": {"type": "string", "enum": list(MODELS), "default": MODELS[0]},
    },
    ("name", "prompt"),
    {"name": "lighthouse", "prompt": "A lighthouse at dusk, oil on canvas", "seed": 42},
)


class ImagineFailed(Unavailable):
    """The engine did not make the picture."""

    def __init__(self, why: str) -> None:
        self.part = KIND
        Refusal.__init__(self, why)


@router.post(
    "/imagine",
    status_code=201,
    response_model=wire.ImageOut,
    responses=errors(400, 402, 413, 415, 422),
    openapi_extra=BODY,
)
async def imagine_image(request: Request, services: Runtime, subject: Maker) -> Response:
    """A picture of 1024 by 1024 pixels, as a JPEG. The same prompts, seed and model give the same picture."""
    fields = Fields(await document_of(request))
    name, prompt = fields.name(required=True), fields.text("prompt", MAX_PROMPT, required=True, lines=True)
    negative = fields.text("negative_prompt", MAX_PROMPT, lines=True)
    seed, model = fields.integer("seed", 0, MAX_SEED), fields.word("model", MODELS)
    fields.settle()
    assert name is not None and prompt is not None, "required fields were settled"  # noqa: PT018
    services.imagine.require()
    wish = Wish(prompt, negative or "", seed, model or MODELS[0])
    async with services.ledger.metered(subject, KIND, 1) as metered:
        limit_s = deadline_s(request.scope, services.settings.imgprocessing)
        asset = await _made(services, subject, wish, name, limit_s)
        await counted(services, metered)
    return shown(request, services, asset, 201, metered.amount)


async def _made(services: Services, subject: Subject, wish: Wish, name: str, limit_s: float) -> Asset:
    """Raises: NotInTime, ImagineFailed; InvalidFields for a prompt that the engine refuses."""
    job = await services.jobs.ask(subject, KIND, document(wish, name))
    try:
        job = await services.jobs.wait(job.id, limit_s)
    finally:  # also when nobody waits any more
        if not job.ended:
            with suppress(Conflict):  # it ended at this very moment; its picture is in the list
                await services.jobs.cancel(subject, job.id)
    if not job.ended:
        raise NotInTime("The picture")
    if job.state != State.succeeded:
        raise _failure(job)
    return await found(services, subject, public_id(job.result["asset_id"]))  # type: ignore[index]


def _failure(job: Job) -> Refusal:
    why = job.error or "The picture could not be made."
    return invalid("prompt", why) if why.startswith("prompt") else ImagineFailed(why)
