"""What a face is given: the services it may call. `imagewell.runtime.Runtime` has this shape."""

from __future__ import annotations

from typing import Protocol

from imagewell.accounts.idempotency import Idempotency
from imagewell.accounts.service import Accounts
from imagewell.assets.service import Assets
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.delivery.service import Delivery
from imagewell.imaging.pool import RenderPool
from imagewell.settings import Settings
from imagewell.sources.fetch import Fetcher
from imagewell.sources.service import Sources
from imagewell.storage.store import Store
from imagewell.usage.rates import Rates


class Services(Protocol):
    """The open parts of one process."""

    @property
    def settings(self) -> Settings:
        """The tree read at start."""

    @property
    def db(self) -> Database:
        """Sessions."""

    @property
    def store(self) -> Store:
        """Bytes."""

    @property
    def pool(self) -> RenderPool:
        """Render workers."""

    @property
    def accounts(self) -> Accounts:
        """Keys and who they belong to."""

    @property
    def assets(self) -> Assets:
        """The library."""

    @property
    def sources(self) -> Sources:
        """Where originals come from."""

    @property
    def fetcher(self) -> Fetcher:
        """The guarded way out."""

    @property
    def delivery(self) -> Delivery:
        """The road from an order to bytes."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def rates(self) -> Rates:
        """Requests counted."""

    @property
    def idempotency(self) -> Idempotency:
        """First answers, kept for requests that come again."""
