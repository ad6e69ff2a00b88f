"""Fixtures for everyone. What is stored is tested on what it is stored in: both databases, both kinds of store."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts

from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Subject, system
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.storage.settings import StorageSettings
from imagewell.storage.store import Store
from tests import services

SECRET = b"a secret for tests, 32 bytes long"

# The same examples each time, however slow the machine is: a run that is red is red again. To look for new ones,
# `HYPOTHESIS_PROFILE=wide .venv/bin/pytest -m hypothesis`.
settings.register_profile("same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("wide", settings.get_profile("same"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_runtest_setup() -> None:
    """No test talks to anything but this machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[services.Postgres]:
    """A private PostgreSQL cluster with a migrated template; under pytest-xdist each worker has its own."""
    with services.postgres() as cluster:
        cluster.execute(f"CREATE DATABASE {services.TEMPLATE}")
        _migrate(cluster.url(services.TEMPLATE))
        yield cluster


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, closed, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def s3() -> Iterator[services.S3]:
    """moto's S3 server."""
    with services.s3() as server:
        yield server


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The weights of the engines, which `scripts/setup.py --dev` pulls."""
    folder = Path(os.environ.get("IMAGEWELL_VISION__MODELS_DIR") or Path(sys.prefix) / "models")
    assert folder.is_dir(), f"{folder} is not there: run `make dev`"
    return folder


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def new_sqlite(sqlite_template: Path, tmp_path: Path) -> Callable[[], str]:
    """Makes addresses of fresh, migrated SQLite databases."""

    def make() -> str:
        path = tmp_path / f"{uuid4().hex}.db"
        shutil.copyfile(sqlite_template, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def new_postgres(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes addresses of fresh, migrated PostgreSQL databases."""
    cluster: services.Postgres = request.getfixturevalue("postgres")
    names: list[str] = []

    def make() -> str:
        names.append(cluster.create(services.TEMPLATE))
        return cluster.url(names[-1])

    yield make
    for name in names:
        cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database: once of each kind."""
    return str(request.getfixturevalue("new_sqlite" if request.param == "sqlite" else "new_postgres")())


@pytest.fixture
async def database(any_database_url: str) -> AsyncIterator[Database]:
    """A fresh database, open: once of each kind."""
    async with opened(any_database_url) as db:
        yield db


@pytest.fixture
async def sqlite_database(new_sqlite: Callable[[], str]) -> AsyncIterator[Database]:
    """A fresh SQLite database, for what does not depend on the kind."""
    async with opened(new_sqlite()) as db:
        yield db


@pytest.fixture(params=["local", "s3"])
def any_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store: once of each kind. Open it with the fixture `storage_settings`."""
    if request.param == "local":
        return str(tmp_path / "store")
    return f"s3://{request.getfixturevalue('s3').bucket()}/imagewell"


@pytest.fixture
def storage_settings(request: pytest.FixtureRequest, any_store_url: str) -> StorageSettings:
    """Settings that reach `any_store_url`."""
    if not any_store_url.startswith("s3:"):
        return StorageSettings()
    return s3_settings(request.getfixturevalue("s3"))


@pytest.fixture
def store(any_store_url: str, storage_settings: StorageSettings, tmp_path: Path) -> Store:
    """An empty store: once of each kind."""
    return Store.open(any_store_url, tmp_path / "scratch", storage_settings)


@pytest.fixture
def local_store(tmp_path: Path) -> Store:
    """An empty store on disk, for what does not depend on the kind."""
    return Store.open(str(tmp_path / "store"), tmp_path / "scratch")


@pytest.fixture
async def subject(database: Database, clock: HeldClock) -> Subject:
    """A caller with every scope, in the default account of `database`."""
    return system((await Accounts(database, SECRET, clock).ensure_default()).id)


def s3_settings(server: services.S3) -> StorageSettings:
    """How moto is reached."""
    return StorageSettings(
        endpoint=server.endpoint,
        region="us-east-1",
        access_key_id="testing",  # type: ignore[arg-type]
        secret_access_key="testing",  # type: ignore[arg-type]
        allow_http=True,
        retries=1,
        retry_for_s=2,
    )


class opened:  # noqa: N801
    """`async with opened(url) as db`: an open database that is closed again."""

    def __init__(self, url: str) -> None:
        self.db = Database.open(url)

    async def __aenter__(self) -> Database:
        return self.db

    async def __aexit__(self, *error: object) -> None:
        await self.db.close()


def _migrate(url: str) -> None:
    """In a thread: the fixture may first be asked for by an async one, inside of a running loop."""

    async def migrate() -> None:
        async with opened(url) as db:
            await db.migrate()

    thread = threading.Thread(target=lambda: asyncio.run(migrate()))
    thread.start()
    thread.join()
