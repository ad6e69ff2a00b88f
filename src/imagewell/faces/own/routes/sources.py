"""Sources of the caller's account: where originals come from, and how they are handed out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.paging import After, Limit, PageOf, next_of, page_request
from imagewell.faces.kit.wire import etag_of, if_match, shown
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.common import EXAMPLE_ID
from imagewell.faces.own.wire.sources import NewSource, NewToken, SourceChange, SourceOut, TokenOut, source_out

router = APIRouter(prefix="/v1/sources", tags=["Sources"])
Reader = Annotated[Subject, require(Scope.sources_read)]
Writer = Annotated[Subject, require(Scope.sources_write, Scope.sources_read)]
SourceId = Annotated[str, Path(examples=[EXAMPLE_ID])]


@router.get("", response_model=PageOf[SourceOut], responses=errors())
async def list_sources(services: Runtime, subject: Reader, limit: Limit = 50, after: After = None) -> Response:
    """The account's sources."""
    page = await services.sources.list(subject, page_request(limit, after))
    data = [source_out(source, services.settings.url) for source in page.items]
    return answer(PageOf[SourceOut](data=data, next=next_of(page.next)))


@router.post("", status_code=201, response_model=SourceOut, responses=errors(409))
async def create_source(order: NewSource, services: Runtime, subject: Writer) -> Response:
    """Make a source; its name is unique on the server and becomes part of its URLs."""
    source = await services.sources.create(subject, order.type, **order.details())
    headers = {"etag": etag_of(source.revision), "location": f"/v1/sources/{source.id}"}
    return answer(source_out(source, services.settings.url), 201, **headers)


@router.get("/{source_id}", response_model=SourceOut, responses=errors(404))
async def get_source(source_id: SourceId, request: Request, services: Runtime, subject: Reader) -> Response:
    """One source, without its tokens and passwords."""
    source = await services.sources.get(subject, source_id)
    return shown(request, source_out(source, services.settings.url), source.revision)


@router.patch("/{source_id}", response_model=SourceOut, responses=errors(404, 409, 412))
async def change_source(
    source_id: SourceId, change: SourceChange, request: Request, services: Runtime, subject: Writer
) -> Response:
    """Change a source; what is left out stays. It takes effect at once."""
    revision = if_match(request)
    source = await services.sources.update(subject, source_id, if_match=revision, **change.details())
    return shown(request, source_out(source, services.settings.url), source.revision)


@router.delete("/{source_id}", status_code=204, response_class=Response, responses=errors(404, 412))
async def delete_source(source_id: SourceId, request: Request, services: Runtime, subject: Writer) -> Response:
    """Forget a source and what was fetched through it; a library's pictures stay."""
    await services.sources.delete(subject, source_id, if_match=if_match(request))
    return Response(status_code=204)


@router.post("/{source_id}/tokens", status_code=201, response_model=TokenOut, responses=errors(404, 409))
async def create_source_token(source_id: SourceId, order: NewToken, services: Runtime, subject: Writer) -> Response:
    """Make a signing token; it is shown this once. While older ones are kept, URLs signed with them stay good."""
    source, token = await services.sources.add_token(subject, source_id, keep_previous=order.keep_previous)
    return answer(TokenOut(token=token, token_count=len(source.tokens)), 201, **{"cache-control": "no-store"})
