"""The knobs of the engines: IMAGEWELL_VISION__MODELS_DIR, IMAGEWELL_VISION__WORKERS and so on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class VisionSettings(BaseModel):
    """Where the weights are, and how much of the machine the engines may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models_dir: Path | None = None
    """The folder of the weights that `imagewell models pull` fetches; `<data folder>/models` when unset."""
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Processes of the engine pool, each of which loads an engine when it needs it; two, or one for every two cores, at
    most 4, when unset."""
    threads: Annotated[int, Field(ge=1, le=64)] | None = None
    """Threads of one engine at work; the cores divided by the workers when unset."""
    queue: Annotated[int, Field(ge=0, le=10_000)] = 16
    """Orders that may wait for an engine before the next is refused as busy."""
    deadline_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """Time for one order, waiting included; a worker that is still at it then is killed."""
    memory_limit_mb: Annotated[int, Field(ge=1024)] = 4096
    """Address space of one engine worker; what each engine takes of it is listed in docs/engines.md."""
    idle_s: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    """Engine workers without work for so long leave, and their memory with them."""

    @property
    def worker_count(self) -> int:
        """How many engine workers there may be."""
        cores = _cores()
        return self.workers or max(min(2, cores), min(4, cores // 2))

    @property
    def thread_count(self) -> int:
        """Threads one engine may use inside of one worker."""
        return self.threads or max(1, _cores() // self.worker_count)

    @property
    def folder(self) -> Path:
        """The folder of the weights. The settings tree fills `models_dir` in; else it is in the usual data folder."""
        return self.models_dir or Path("data") / "models"


def _cores() -> int:
    return len(os.sched_getaffinity(0))
