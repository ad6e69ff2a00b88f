"""The caller's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from imagewell.accounts.subject import Subject
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.keys import AccountOut, account_out

router = APIRouter(prefix="/v1/account", tags=["Account"])


@router.get("", response_model=AccountOut, responses=errors())
async def get_account(services: Runtime, subject: Annotated[Subject, require()]) -> Response:
    """Whose key this is, and what it may do."""
    return answer(account_out(await services.accounts.account(subject.account_id), subject))
