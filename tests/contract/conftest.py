"""A library on SQLite and disk, and one on PostgreSQL and S3."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import opened, s3_settings
from tests.contract.library import Library, library_in

from imagewell.clock import HeldClock
from imagewell.storage.store import Store


@pytest.fixture(params=["sqlite-local", "postgresql-s3"])
async def library(request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock) -> AsyncIterator[Library]:
    """An empty library: once small, once as at scale."""
    if request.param == "sqlite-local":
        url = request.getfixturevalue("new_sqlite")()
        store = Store.open(str(tmp_path / "store"), tmp_path / "scratch")
    else:
        url = request.getfixturevalue("new_postgres")()
        server = request.getfixturevalue("s3")
        store = Store.open(f"s3://{server.bucket()}/pictures", tmp_path / "scratch", s3_settings(server))
    async with opened(url) as db, library_in(url, db, store, clock) as made:
        yield made
