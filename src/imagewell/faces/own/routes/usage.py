"""What the caller's account did, and its quotas. Live keys see live usage, test keys that of test keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.paging import PageOf
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.common import EXAMPLE_ID
from imagewell.faces.own.wire.usage import QuotaOrder, QuotaOut, UsageOut, quota_out, usage_out
from imagewell.usage.values import Grouping

router = APIRouter(prefix="/v1", tags=["Usage"])
Reader = Annotated[Subject, require(Scope.usage_read)]
Owner = Annotated[Subject, require(Scope.accounts_manage)]

From = Annotated[
    AwareDatetime | None,
    Query(
        alias="from",
        description="At most 31 days before `until` by the hour, 366 by the day, 3,660 by the month; "
        "when left out 1, 30 or 365.",
        examples=["2026-02-01T00:00:00Z"],
    ),
]
Until = Annotated[AwareDatetime | None, Query(description="Now, when left out.", examples=["2026-03-01T00:00:00Z"])]
GroupBy = Annotated[Grouping, Query(description="How long a period is; in UTC.")]
KeyId = Annotated[
    str | None, Query(pattern="^[0-9a-f]{24}$", description="Only by this key or user.", examples=[EXAMPLE_ID])
]
Operation = Annotated[
    str | None, Query(pattern="^[a-z0-9._-]{1,64}$", description="Only this operation.", examples=["resize"])
]
ByKey = Annotated[bool, Query(description="A line for each key and user, instead of one for all of them.")]


@router.get("/usage", response_model=UsageOut, responses=errors())
async def get_usage(
    services: Runtime,
    subject: Reader,
    start: From = None,
    until: Until = None,
    group_by: GroupBy = Grouping.day,
    key_id: KeyId = None,
    operation: Operation = None,
    by_key: ByKey = False,
) -> Response:
    """What the account did, in whole periods; right to the moment. At most 10,000 lines."""
    between = services.usage.span(group_by, start, until)
    where = {name: value for name, value in (("key_id", key_id), ("operation", operation)) if value is not None}
    named = by_key or key_id is not None
    figures = await services.usage.figures(subject, group_by, between, by_key=named, **where)
    return answer(usage_out(group_by, between, figures))


@router.get("/quotas", response_model=PageOf[QuotaOut], responses=errors())
async def list_quotas(services: Runtime, subject: Reader) -> Response:
    """Every meter: its limit, and where the account stands this month."""
    data = [quota_out(standing) for standing in await services.usage.quotas(subject)]
    return answer(PageOf[QuotaOut](data=data, next=None))


@router.put("/quotas/{meter}", response_model=QuotaOut, responses=errors(404))
async def set_quota(
    meter: Annotated[str, Path(examples=["operations"])], order: QuotaOrder, services: Runtime, subject: Owner
) -> Response:
    """Give the account a limit of its own in place of the server's. What was used this month counts."""
    return answer(quota_out(await services.usage.set_limit(subject, meter, order.limit)))
