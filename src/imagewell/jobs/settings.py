"""Knobs of background work; variables `IMAGEWELL_JOBS__*`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

DAY_S = 24 * 3600


class JobsSettings(BaseModel):
    """Who works, how much at once, and when a worker counts as dead."""

    model_config = ConfigDict(frozen=True)

    run_in_server: bool = Field(
        True, description="`imagewell serve` works on jobs itself; false leaves them to `imagewell worker`."
    )
    concurrency: Annotated[int, Field(ge=1, le=1000)] = Field(
        4, description="Jobs of one queue that one process works on at once."
    )
    queues: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(
        {}, description='The same for single queues, as JSON: `{"imagine": 1}`.'
    )
    start_after_s: Annotated[float, Field(ge=0)] = Field(
        5, description="The server looks for jobs left over this long after its start; a new one begins at once."
    )
    poll_s: Annotated[float, Field(ge=0.05, le=60)] = Field(
        1, description="How often a process looks for jobs and cancellations that another process asked for."
    )
    heartbeat_s: Annotated[float, Field(ge=0.1, le=300)] = Field(
        5, description="How often a worker says that it lives."
    )
    dead_after_s: Annotated[float, Field(ge=0.5, le=3600)] = Field(
        20, description="A worker that has said nothing for so long is dead, and others take over its jobs."
    )
    max_losses: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="A job during which its worker died this many times has failed."
    )
    stop_timeout_s: Annotated[float, Field(ge=0, le=300)] = Field(
        15, description="After SIGTERM, jobs have this long to end; the others are given back."
    )
    worker_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = Field(
        None,
        description="Name of this worker, different on each machine; without it one is kept in the data folder.",
    )
    keep_ended_s: Annotated[int, Field(ge=60)] = Field(
        30 * DAY_S, description="Jobs that have ended are listed this long."
    )
    max_document_bytes: Annotated[int, Field(ge=1024)] = Field(
        262_144, description="What a job is asked to do, and what came of it, as JSON."
    )
