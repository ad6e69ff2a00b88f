"""What a face is given: the services it may call. `imagewell.runtime.Runtime` has this shape."""

from __future__ import annotations

from typing import Protocol

from imagewell.accounts.idempotency import Idempotency
from imagewell.accounts.service import Accounts
from imagewell.assets.service import Assets
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.delivery.service import Delivery
from imagewell.editing.service import Editing
from imagewell.imagine.service import Imagine
from imagewell.imagine.visualize import Visualize
from imagewell.imaging.pools import Pools
from imagewell.jobs.service import Jobs
from imagewell.settings import Settings
from imagewell.sources.fetch import Fetcher
from imagewell.sources.service import Sources
from imagewell.storage.store import Store
from imagewell.usage.ledger import Ledger
from imagewell.usage.rates import Rates
from imagewell.usage.service import Usage


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
    def pool(self) -> Pools:
        """Render workers."""

    @property
    def accounts(self) -> Accounts:
        """Keys and who they belong to."""

    @property
    def assets(self) -> Assets:
        """The library."""

    @property
    def editing(self) -> Editing:
        """Pictures made of pictures."""

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
    def imagine(self) -> Imagine:
        """Pictures from words."""

    @property
    def visualize(self) -> Visualize:
        """Answers about pictures."""

    @property
    def ledger(self) -> Ledger:
        """What operations count, held and taken."""

    @property
    def usage(self) -> Usage:
        """Reports and quotas."""

    @property
    def idempotency(self) -> Idempotency:
        """First answers, kept for requests that come again."""

    @property
    def jobs(self) -> Jobs:
        """Work in the background."""
