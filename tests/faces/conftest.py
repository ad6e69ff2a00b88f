"""One open runtime for all face tests, and callers with accounts of their own.

The runtime lives as long as the session, since render workers take a second to start; tests that use it run on the
session's event loop (`pytestmark = ON_RUNTIME`). Every caller has a fresh account, so that no test sees another's data.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from tests.conftest import s3_settings

from imagewell.accounts.scopes import Scope
from imagewell.faces.kit.asgi import Handler
from imagewell.imaging.pool import RenderPool
from imagewell.runtime import Runtime, open_runtime
from imagewell.settings import Settings, load

PUBLIC_URL = "https://pictures.test"
COUNT = itertools.count(1)


@dataclass(frozen=True)
class Caller:
    """A key, whose it is, and a client that sends it."""

    account_id: str
    key: str
    key_id: str
    http: httpx.AsyncClient


def options(folder: Path) -> dict[str, object]:
    return {
        "data_dir": folder,
        "public_url": PUBLIC_URL,
        "render": {"workers": 1},
        "fetch": {"allow_networks": ["127.0.0.0/8"]},
        "uploads": {"max_bytes": 30_000_000},
    }


@pytest.fixture(scope="session", params=["sqlite and disk", "postgresql and s3"])
def backend(request: pytest.FixtureRequest) -> Iterator[dict[str, object]]:
    """Settings of either pair of real backends."""
    if request.param == "sqlite and disk":
        yield {}
        return
    cluster = request.getfixturevalue("postgres")
    server = request.getfixturevalue("s3")
    name = cluster.create()
    yield {
        "database_url": cluster.url(name),
        "storage_url": f"s3://{server.bucket()}/imagewell",
        "storage": s3_settings(server).model_dump(),
    }
    cluster.drop(name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def runtime(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runtime]:
    """SQLite and local disk."""
    async with opened_runtime(load(**options(tmp_path_factory.mktemp("faces")))) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def any_runtime(tmp_path_factory: pytest.TempPathFactory, backend: dict[str, object]) -> AsyncIterator[Runtime]:
    """Once on SQLite and disk, once on PostgreSQL and S3."""
    async with opened_runtime(load(**options(tmp_path_factory.mktemp("faces")), **backend)) as opened:
        yield opened


@asynccontextmanager
async def opened_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """All services over a render pool of their own."""
    pool = RenderPool(settings.render)
    await pool.start()
    try:
        async with open_runtime(settings, pool) as opened:
            yield opened
    finally:
        await pool.close()


def address() -> tuple[str, int]:
    """A client's address that no other test has, so that what is counted by address is this test's own."""
    number = next(COUNT)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1234


def client(app: Handler, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=address())  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers)


async def caller(
    runtime: Runtime,
    app: Handler,
    *,
    account_id: str | None = None,
    scopes: list[Scope] | None = None,
    stage: str = "live",
    **more: object,
) -> Caller:
    """A key in an account of its own, or in `account_id`."""
    if account_id is None:
        account_id = (await runtime.accounts.ensure_account(f"account {next(COUNT)}")).id
    row, text = await runtime.accounts.keys.make(account_id, name="test", scopes=scopes, stage=stage, **more)  # type: ignore[arg-type]
    return Caller(account_id, text, row.id, client(app, authorization=f"Bearer {text}"))
