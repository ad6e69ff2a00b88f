"""An account's whole library as a source: for pictures that are named by id and not through any source."""

from __future__ import annotations

from datetime import UTC, datetime

from imagewell.accounts.subject import Stage
from imagewell.delivery.originals import library_owner
from imagewell.sources.view import SourceView

NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def library_of(account_id: str, stage: str) -> SourceView:
    """Never stored; its settings are the defaults."""
    return SourceView(
        id=library_owner(account_id, stage),
        account_id=account_id,
        stage=Stage(stage),
        name="library",
        type="local",
        enabled=True,
        created_at=NEVER,
        updated_at=NEVER,
    )
