"""How long a call with a model behind it may take: as long as its client waits, and no longer.

Everything is synchronous in this API. Clients of the first generation give up after 10 s, those of the second after
60 s; these say who they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from imagewell.errors import Busy, Refusal
from imagewell.faces.imgprocessing.settings import ImgProcessingSettings
from imagewell.faces.kit.asgi import Scope

PATIENT_AGENT = b"ImgProcessing/JS"
PATIENT_HEADERS = b"x-stainless-"
RETRY_S = 5


class NotInTime(Busy):
    """It took longer than the client waits."""

    def __init__(self, what: str) -> None:
        self.retry_after_s = RETRY_S
        Refusal.__init__(self, f"{what} took too long; try again in {RETRY_S} s.")


def deadline_s(scope: Scope, settings: ImgProcessingSettings) -> float:
    """Seconds that the client of a request can be expected to wait for its answer."""
    for name, value in scope["headers"]:
        if name.startswith(PATIENT_HEADERS) or (name == b"user-agent" and value.startswith(PATIENT_AGENT)):
            return settings.patient_deadline_s
    return settings.deadline_s


@asynccontextmanager
async def in_time(what: str, seconds: float) -> AsyncIterator[None]:
    """Give up after `seconds`. Raises: NotInTime."""
    try:
        async with asyncio.timeout(seconds) as watch:
            yield
    except TimeoutError:
        if watch.expired():
            raise NotInTime(what) from None
        raise
