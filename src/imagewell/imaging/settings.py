"""The knobs of rendering: IMAGEWELL_RENDER__WORKERS, IMAGEWELL_RENDER__DEADLINE_S and so on."""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from imagewell.imaging.font_settings import FontSettings
from imagewell.transform.limits import Limits
from imagewell.vision.settings import VisionSettings


class RenderSettings(BaseModel):
    """How many workers there are, how long they may take and how much they may hold.

    workers: processes that make pixels; None is one per core that this process may use.
    queue: orders that may wait for a worker before the next is refused as Busy.
    deadline_s: time for one order, waiting included; a worker that is still at it then is killed.
    memory_limit_mb: address space of one worker, about 220 MB of which are its code and stacks. A picture at the limit
        of pixels needs 100 MB (PNG, TIFF) to 1,500 MB (16-bit interlaced PNG, lossless WebP), its mapped file included.
    recycle_after: orders after which a worker is replaced. recycle_rss_mb: private memory kept after an order, with
        the allocator's spare pages given back, at which it is replaced earlier.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    queue: Annotated[int, Field(ge=0, le=10_000)] = 32
    deadline_s: Annotated[float, Field(gt=0, le=600)] = 9.0
    memory_limit_mb: Annotated[int, Field(ge=512)] = 1792
    recycle_after: Annotated[int, Field(ge=1)] = 5000
    recycle_rss_mb: Annotated[int, Field(ge=64)] = 256
    limits: Limits = Limits()
    fonts: FontSettings = FontSettings()

    @property
    def worker_count(self) -> int:
        """How many workers to start."""
        return self.workers or cores()


class WorkerSettings(RenderSettings):
    """What one worker is told: the knobs, and those of its engines where it has any."""

    engines: VisionSettings | None = None


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))
