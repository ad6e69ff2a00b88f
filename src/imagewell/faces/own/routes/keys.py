"""API keys of the caller's account. A key's secret is in the answer that makes it, and never again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.paging import After, Limit, PageOf, next_of, page_request
from imagewell.faces.kit.wire import etag_of, if_match, shown
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.common import EXAMPLE_ID
from imagewell.faces.own.wire.keys import KeyChange, KeyOut, NewKey, NewKeyOut, key_out, new_key_out

router = APIRouter(prefix="/v1/keys", tags=["Keys"])
Manager = Annotated[Subject, require(Scope.keys_manage)]
KeyId = Annotated[str, Path(examples=[EXAMPLE_ID])]


@router.get("", response_model=PageOf[KeyOut], responses=errors())
async def list_keys(
    services: Runtime,
    subject: Manager,
    limit: Limit = 50,
    after: After = None,
    revoked: Annotated[bool, Query(description="Also those that were revoked.")] = False,
) -> Response:
    """The account's keys."""
    page = await services.accounts.keys.list(subject, page_request(limit, after), revoked=revoked)
    data = [key_out(key) for key in page.items]
    return answer(PageOf[KeyOut](data=data, next=next_of(page.next)))


@router.post("", status_code=201, response_model=NewKeyOut, responses=errors(409))
async def create_key(order: NewKey, services: Runtime, subject: Manager) -> Response:
    """Make a key; `key` is shown this once. It cannot have a scope that its maker lacks."""
    given = {name: value for name, value in order.given().items() if value is not None}
    row, text = await services.accounts.keys.make(subject.account_id, maker=subject, **given)
    headers = {"etag": etag_of(row.revision), "location": f"/v1/keys/{row.id}", "cache-control": "no-store"}
    return answer(new_key_out(row, text), 201, **headers)


@router.get("/{key_id}", response_model=KeyOut, responses=errors(404))
async def get_key(key_id: KeyId, request: Request, services: Runtime, subject: Manager) -> Response:
    """One key, without its secret."""
    row = await services.accounts.keys.get(subject, key_id)
    return shown(request, key_out(row), row.revision)


@router.patch("/{key_id}", response_model=KeyOut, responses=errors(404, 412))
async def change_key(
    key_id: KeyId, change: KeyChange, request: Request, services: Runtime, subject: Manager
) -> Response:
    """Change a key; what is left out stays."""
    row = await services.accounts.keys.update(subject, key_id, if_match=if_match(request), **change.details())
    return shown(request, key_out(row), row.revision)


@router.delete("/{key_id}", response_model=KeyOut, responses=errors(404, 412))
async def revoke_key(key_id: KeyId, request: Request, services: Runtime, subject: Manager) -> Response:
    """Stop a key for good. It stays in the list of revoked ones."""
    row = await services.accounts.keys.revoke(subject, key_id, if_match=if_match(request))
    return shown(request, key_out(row), row.revision)
