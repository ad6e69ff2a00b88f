"""How long pictures of the test stage are there: a number of days from when they were made.

From that moment on they are no more, for every statement of every service, however late `retention.py` deletes the
rows: what is gone is left out below them all (`Database.hide`), and not where somebody may forget it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlalchemy.orm import LoaderCriteriaOption, with_loader_criteria

from imagewell.accounts.subject import Stage
from imagewell.assets.models import Asset
from imagewell.clock import Clock


class Lifetime:
    """When assets end.

    Args:
        days: of an asset of the test stage, from its `created_at` on; 0 is for ever.
    """

    def __init__(self, clock: Clock, days: int) -> None:
        self._clock = clock
        self._length = timedelta(days=days)
        # Made once, with a moment that is looked up whenever a statement is run.
        cutoff = bindparam("cutoff", type_=Asset.created_at.type, unique=True, callable_=self._cutoff)
        of_test = Asset.stage == Stage.test.value
        self._over = and_(of_test, Asset.created_at <= cutoff) if days else None
        there = or_(~of_test, Asset.created_at > cutoff)
        self._hidden = with_loader_criteria(Asset, there, include_aliases=True) if days else None

    def gone_at(self, asset: Asset) -> datetime | None:
        """From when on an asset is not there any more; None where it stays until it is deleted."""
        if self._over is None or asset.stage != Stage.test:
            return None
        return asset.created_at + self._length

    def over(self) -> ColumnElement[bool] | None:
        """The assets that are gone by now; None where none ever is."""
        return self._over

    def hidden(self) -> LoaderCriteriaOption | None:
        """What `Database.hide` takes."""
        return self._hidden

    def _cutoff(self) -> datetime:
        return self._clock.now() - self._length
