"""A model server for each test, and one real render pool for all of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network

import pytest
import pytest_asyncio
from tests.unit.imagine.model_server import ModelServer, serving

from imagewell.imaging.pool import RenderPool
from imagewell.imaging.settings import RenderSettings
from imagewell.sources.fetch import Fetcher
from imagewell.sources.settings import FetchSettings


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A server with OpenAI's APIs, on 127.0.0.1."""
    with serving() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[RenderPool]:
    """One worker that renders."""
    made = RenderPool(RenderSettings(workers=1, deadline_s=60))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def guarded() -> AsyncIterator[Fetcher]:
    """A fetcher that reaches nothing inside."""
    made = Fetcher(FetchSettings())
    yield made
    await made.close()


@pytest.fixture
async def open_fetcher() -> AsyncIterator[Fetcher]:
    """A fetcher that reaches 127.0.0.1."""
    made = Fetcher(FetchSettings(allow_networks=(ip_network("127.0.0.0/8"),)))
    yield made
    await made.close()
