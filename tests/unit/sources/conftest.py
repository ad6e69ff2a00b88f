"""A scripted origin for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.unit.sources.scripted_origin import Origin, listening


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    """Listens on 127.0.0.1; ends with the test."""
    async with listening() as origin:
        yield origin
