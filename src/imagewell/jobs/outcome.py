"""What came of a job: never a traceback, never a text of somebody else's making."""

from __future__ import annotations

import asyncio
from typing import Any

from imagewell.db.text import storable_json
from imagewell.errors import InvalidParameter, Refusal, shorten
from imagewell.jobs.models import State
from imagewell.jobs.run import JobRun
from imagewell.logs import Log

log = Log(__name__)

MAX_ERROR_CHARS = 1000
OURS = "The server failed at this job."


def outcome(run: JobRun, task: asyncio.Task[Any], max_bytes: int) -> tuple[State, Any, str | None]:
    """State, result and public sentence of an attempt whose task has ended."""
    if task.cancelled():
        return (State.cancelled, None, None) if run.cancelled else (State.failed, None, OURS)
    error = task.exception()
    if isinstance(error, Refusal):
        return State.failed, None, shorten(error.message, MAX_ERROR_CHARS)
    if error is not None:
        log.error("job_failed", job=run.id, kind=run.job.kind, exc_info=error)
        return State.failed, None, OURS
    try:
        return State.succeeded, storable_json("result", task.result(), max_bytes=max_bytes), None
    except InvalidParameter as refusal:
        log.error("job_result", job=run.id, kind=run.job.kind, reason=refusal.message)
        return State.failed, None, OURS
