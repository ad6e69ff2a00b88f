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
async def in_time(what: str, seconds: float) -> AsyncIterator[Watch]:
    """Give up after `seconds`, or never once the watch was stopped. Raises: NotInTime."""
    try:
        async with asyncio.timeout(seconds) as timeout:
            yield Watch(what, timeout)
    except TimeoutError:
        if timeout.expired():
            raise NotInTime(what) from None
        raise


class Watch:
    """The time that is running in a block of `in_time`."""

    def __init__(self, what: str, timeout: asyncio.Timeout) -> None:
        self._what = what
        self._timeout = timeout

    def stop(self) -> None:
        """Say it where the result is written, last thing before the commit: whoever is told that the time was over
        tries again, so that must not be said of what is there and was counted. Raises: NotInTime when it was over."""
        if self._timeout.expired():
            raise NotInTime(self._what)
        self._timeout.reschedule(None)
