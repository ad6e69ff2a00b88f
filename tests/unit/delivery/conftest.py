"""A road for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.delivery.delivery_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Closed after the test."""
    world = World(tmp_path)
    yield world
    await world.delivery.close()
