"""The knobs of delivery: IMAGEWELL_DELIVERY__HOT_MB, IMAGEWELL_DELIVERY__STALE_S and so on."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, le=31_536_000)]
Megabytes = Annotated[int, Field(ge=0, le=1_000_000)]


class DeliverySettings(BaseModel):
    """What delivery keeps in memory, and how long it believes it.

    deadline_s: for one order, origin and waiting for a worker included. origin_wait_s: the part of it that may be
        spent on an origin; the fetch itself goes on behind, so that the next request finds it done.
    hot_mb, hot_entry_kb, hot_s: finished answers kept ready to send: all together, the largest one, and for how long.
    memory_mb: derivatives kept by digest, for the same picture under another URL. small_kb: a derivative up to this
        size is answered from memory, a larger one is streamed from the store.
    identities, identity_s: paths whose original is remembered, and for how long when nobody here changes it.
    shared: other processes of this server may change pictures too; nothing is then remembered for more than a second.
    stale_s: an original past its freshness is still served for so long while it is asked for again in the background.
    stale_if_error_s: and for so long when its origin fails.
    error_s: longest time that a failure is remembered, or may be by others.
    reference_mb: largest picture fetched from elsewhere for an overlay, a mask or a substitute: anyone can name one.
    pending_mb: derivatives that may wait for idle workers, and then for the store, before an answer has to wait.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deadline_s: Annotated[float, Field(gt=0, le=600)] = 9.0
    origin_wait_s: Annotated[float, Field(gt=0, le=600)] = 7.0
    hot_mb: Megabytes = 12
    hot_entry_kb: Annotated[int, Field(ge=0)] = 256
    hot_s: Seconds = 10.0
    memory_mb: Megabytes = 4
    small_kb: Annotated[int, Field(ge=0, le=16_384)] = 256
    identities: Annotated[int, Field(ge=0)] = 20_000
    identity_s: Seconds = 10.0
    shared: bool = False
    stale_s: Seconds = 3600.0
    stale_if_error_s: Seconds = 86_400.0
    error_s: Annotated[float, Field(ge=0, le=60)] = 60.0
    reference_mb: Annotated[int, Field(ge=1, le=1_000)] = 20
    pending_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 8
    index_every_s: Annotated[float, Field(gt=0, le=1)] = 0.5

    @property
    def hot_lifetime_s(self) -> float:
        """How long a hot answer is sent without looking again."""
        return min(self.hot_s, 1.0) if self.shared else self.hot_s

    @property
    def identity_lifetime_s(self) -> float:
        """How long a path's original is believed without looking again."""
        return min(self.identity_s, 1.0) if self.shared else self.identity_s
