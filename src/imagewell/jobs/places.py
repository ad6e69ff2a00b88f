"""Room for jobs in one process: so many of a queue at once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from imagewell.jobs.run import Handler
from imagewell.jobs.settings import JobsSettings

LOOK_AGAIN_S = 1.0
"""A job that another process has just begun is passed over this long."""
RECOVERED_S = 3.0
"""The engine begins one that was another's within this time, here or elsewhere."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A queue that has room for so many more jobs of these kinds."""

    queue: str
    kinds: tuple[str, ...]
    room: int


class Places:
    """Who has a place, and who is passed over for a while."""

    def __init__(self, handlers: Mapping[str, Handler], settings: JobsSettings) -> None:
        self._handlers = handlers
        self._settings = settings
        self._queues: dict[str, str] = {}
        self._passed: dict[str, float] = {}

    @property
    def all_free(self) -> bool:
        """Whether nobody has a place."""
        return not self._queues

    @property
    def passed(self) -> frozenset[str]:
        """Jobs that are not to be tried now."""
        return frozenset(self._passed)

    def openings(self, runs: Collection[str]) -> list[Opening]:
        """Queues with room. runs: the jobs that run here; a place that was taken and is not used soon is free again."""
        now = time.monotonic()
        self._passed = {job_id: until for job_id, until in self._passed.items() if until > now}
        self._queues = {i: queue for i, queue in self._queues.items() if i in runs or i in self._passed}
        queues = sorted({handler.queue for handler in self._handlers.values()})
        return [opening for opening in map(self._opening, queues) if opening.room > 0]

    def take(self, job_id: str, queue: str, seconds: float = LOOK_AGAIN_S) -> None:
        """A place for a job that is to be begun within so long."""
        self.pass_over(job_id, seconds)
        self._queues[job_id] = queue

    def enter(self, job_id: str, queue: str) -> None:
        """A place for a job that runs, however it came to."""
        self._queues.setdefault(job_id, queue)

    def free(self, job_id: str) -> None:
        """It has ended, or somebody else has it."""
        self._queues.pop(job_id, None)

    def pass_over(self, job_id: str, seconds: float) -> None:
        """Do not try it for so long."""
        self._passed[job_id] = time.monotonic() + seconds

    def _opening(self, queue: str) -> Opening:
        kinds = tuple(handler.kind for handler in self._handlers.values() if handler.queue == queue)
        most = self._settings.queues.get(queue, self._settings.concurrency)
        return Opening(queue, kinds, most - sum(1 for taken in self._queues.values() if taken == queue))
