"""Jobs: work in the background, from the moment it is asked for until a month after it ended."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.faces.kit.deps import Runtime, require
from imagewell.faces.kit.paging import After, Limit, PageOf, next_of, page_request
from imagewell.faces.own.routes.common import answer, errors
from imagewell.faces.own.wire.common import EXAMPLE_ID
from imagewell.faces.own.wire.jobs import JobOut, job_out
from imagewell.jobs.models import State

router = APIRouter(prefix="/v1/jobs", tags=["Jobs"])
Reader = Annotated[Subject, require(Scope.jobs_read)]
Writer = Annotated[Subject, require(Scope.jobs_write, Scope.jobs_read)]
JobId = Annotated[str, Path(examples=[EXAMPLE_ID])]


@router.get("", response_model=PageOf[JobOut], responses=errors())
async def list_jobs(
    services: Runtime,
    subject: Reader,
    limit: Limit = 50,
    after: After = None,
    state: Annotated[State | None, Query(description="Only those that are so.")] = None,
    kind: Annotated[str | None, Query(max_length=100, description="Only those of this kind.")] = None,
    sort: Literal["created_at", "-created_at"] = "-created_at",
) -> Response:
    """The account's jobs, the newest first."""
    page = await services.jobs.list(subject, page_request(limit, after, sort), state=state, kind=kind)
    return answer(PageOf[JobOut](data=[job_out(job) for job in page.items], next=next_of(page.next)))


@router.get("/{job_id}", response_model=JobOut, responses=errors(404))
async def get_job(job_id: JobId, services: Runtime, subject: Reader) -> Response:
    """One job: how far it is, and what came of it."""
    return answer(job_out(await services.jobs.get(subject, job_id)))


@router.post("/{job_id}/cancel", response_model=JobOut, responses=errors(404, 409))
async def cancel_job(job_id: JobId, services: Runtime, subject: Writer) -> Response:
    """End a job. One that waits is cancelled at once; one that runs is told to, and ends soon, perhaps well."""
    return answer(job_out(await services.jobs.cancel(subject, job_id)))
