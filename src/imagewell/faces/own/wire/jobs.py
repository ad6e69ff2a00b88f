"""Work in the background."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from imagewell.faces.own.wire.common import EXAMPLE_ID, EXAMPLE_TIME, Id, Shape, Time
from imagewell.jobs.models import Job, State


class JobOut(Shape):
    """A job. `succeeded`, `failed` and `cancelled` are final; `result` belongs to the first, `error` to the second."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "kind": "folder.delete",
                "state": "running",
                "stage": "live",
                "document": {"path": "/shoes/summer"},
                "result": None,
                "error": None,
                "done": 120,
                "total": 400,
                "attempts": 1,
                "created_by": EXAMPLE_ID,
                "created_at": EXAMPLE_TIME,
                "started_at": EXAMPLE_TIME,
                "ended_at": None,
            }
        }
    )

    id: Id
    kind: str
    state: State
    stage: str
    document: dict[str, Any] = Field(description="What was asked.")
    result: Any = Field(description="What came of it; its shape is the kind's.")
    error: str | None = Field(description="What it failed of.")
    done: int = Field(description="How far it is, in units of its kind.")
    total: int | None = Field(description="Where it ends; null while that is not known.")
    attempts: int = Field(description="How often it was begun: more than once when a worker died.")
    created_by: str | None = Field(description="The key or user that asked for it; null for the server.")
    created_at: Time
    started_at: Time | None
    ended_at: Time | None


def job_out(job: Job) -> JobOut:
    """A job's row as it is shown."""
    return JobOut(**{name: getattr(job, name) for name in JobOut.model_fields})
