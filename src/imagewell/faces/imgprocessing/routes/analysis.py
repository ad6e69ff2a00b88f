"""What an image shows: its class, an answer to a question about it, the text in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject
from imagewell.faces.imgprocessing import wire
from imagewell.faces.imgprocessing.bodies import document_of
from imagewell.faces.imgprocessing.calls import answer, counted, errors, found, json_body
from imagewell.faces.imgprocessing.deadlines import deadline_s, in_time
from imagewell.faces.imgprocessing.errors import TextNotForTest, about
from imagewell.faces.imgprocessing.fields import Fields
from imagewell.faces.imgprocessing.reference import text
from imagewell.faces.imgprocessing.routes.images import ImageId
from imagewell.faces.kit.deps import Runtime, require

router = APIRouter(prefix="/v1/images", tags=["Analysis"])
Looker = Annotated[Subject, require(Scope.transform, Scope.assets_read)]

MAX_PROMPT = 1000
MODELS = ("uform-gen", "llava", "gemini")
"""The hosted product's names; each is answered by the model that is installed."""
TEXT_FORMATS = ("plain", "markdown")
ERRORS = errors(400, 402, 404, 413, 415, 422)
PROMPT_BODY = json_body(
    {"prompt": text(MAX_PROMPT), "model": {"type": "string", "enum": list(MODELS)}},
    ("prompt",),
    {"prompt": "What is in this picture?"},
)
FORMAT_BODY = json_body(
    {"format": {"type": "string", "enum": list(TEXT_FORMATS), "default": "plain"}}, (), {"format": "markdown"}
)


@router.post("/{image_id}/classify", status_code=201, response_model=wire.ClassesOut, responses=ERRORS)
async def classify_image(image_id: ImageId, request: Request, services: Runtime, subject: Looker) -> Response:
    """The five classes of ImageNet that it most likely shows."""
    await document_of(request)
    asset = await found(services, subject, image_id)
    limit_s = deadline_s(request.scope, services.settings.imgprocessing)
    async with services.ledger.metered(subject, "classify", 1) as metered:
        with about("image"):
            async with in_time("The classification", limit_s):
                seen = await services.editing.look(asset, "classification", deadline_s=limit_s)
        await counted(services, metered)
    return answer(wire.classes(seen), 201, metered.amount)


@router.post(
    "/{image_id}/visualize",
    status_code=201,
    response_model=wire.ResponseOut,
    responses=ERRORS,
    openapi_extra=PROMPT_BODY,
)
async def visualize_image(image_id: ImageId, request: Request, services: Runtime, subject: Looker) -> Response:
    """What a model says to a question about it."""
    document = await document_of(request)
    asset = await found(services, subject, image_id)
    fields = Fields(document)
    prompt = fields.text("prompt", MAX_PROMPT, required=True, lines=True)
    fields.word("model", MODELS)
    fields.settle()
    assert prompt is not None, "a required field was settled"
    visualize = services.visualize
    visualize.require()
    limit_s = deadline_s(request.scope, services.settings.imgprocessing)
    async with services.ledger.metered(subject, "visualize", 1) as metered:
        async with in_time("The answer", limit_s):
            with about("image"):
                jpeg = await services.editing.preview(asset, visualize.max_side_px)
            said = await visualize.answer(jpeg, prompt, limit_s)
        await counted(services, metered)
    return answer(wire.ResponseOut(response=said), 201, metered.amount)


@router.post(
    "/{image_id}/extract-formatted-text",
    status_code=201,
    response_model=wire.TextOut,
    responses=ERRORS,
    openapi_extra=FORMAT_BODY,
)
async def extract_text(image_id: ImageId, request: Request, services: Runtime, subject: Looker) -> Response:
    """The text in it, as lines or as Markdown. Not under a test key."""
    if subject.stage == Stage.test and not services.settings.imgprocessing.allow_text_for_test_keys:
        raise TextNotForTest
    document = await document_of(request)
    asset = await found(services, subject, image_id)
    fields = Fields(document)
    format = fields.word("format", TEXT_FORMATS) or "plain"
    fields.settle()
    limit_s = deadline_s(request.scope, services.settings.imgprocessing)
    async with services.ledger.metered(subject, "extract-formatted-text", 1) as metered:
        with about("image"):
            async with in_time("The extraction", limit_s):
                content = await services.editing.look(asset, "text", {"format": format}, limit_s)
        await counted(services, metered)
    return answer(wire.TextOut(format=format, content=content), 201, metered.amount)
