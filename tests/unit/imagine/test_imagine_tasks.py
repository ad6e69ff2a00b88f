"""The job of kind `imagine`: a picture, kept under the job's id, once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.imagine.model_server import ModelServer

from imagewell.accounts.subject import Subject, system
from imagewell.assets.values import Upload
from imagewell.errors import Unavailable
from imagewell.imagine.service import Imagine
from imagewell.imagine.settings import ImagineSettings
from imagewell.imagine.tasks import ImagineTask, document
from imagewell.imagine.wishes import Wish
from imagewell.imaging.pool import RenderPool
from imagewell.sources.fetch import Fetcher
from imagewell.sources.settings import FetchSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID = "0123456789abcdef01234567"


class Shelf:
    """Keeps in memory."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str | None, bytes]] = []

    async def __call__(
        self,
        subject: Subject,
        upload: Upload,
        *,
        id: str,
        title: str | None,
        also: Callable[[Any], Awaitable[None]],
    ) -> None:
        data = upload.temp.read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (upload.sha256, upload.size)
        await also("session")
        self.kept.append((id, title, data))


class Job:
    """A job that is cancelled when it has told so often how far it is."""

    id = ID
    subject = system("account")

    def __init__(self, wish: Wish, ends_after: int | None = None) -> None:
        self.document = document(wish, "My cat")
        self.succeeded: list[tuple[Any, Any]] = []
        self._left = ends_after

    async def progress(self, done: int, total: int | None) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise asyncio.CancelledError

    async def succeed(self, session: Any, result: Any = None) -> None:
        self.succeeded.append((session, result))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest_asyncio.fixture(loop_scope="module")
async def task(server: ModelServer, pool: RenderPool, tmp_path: Path, shelf: Shelf) -> AsyncIterator[ImagineTask]:
    """Its pictures come from a server with OpenAI's API. Afterwards no temporary file is left."""
    settings = ImagineSettings.model_validate({"width": 64, "height": 64, "openai": {"base_url": server.base_url}})
    imagine = Imagine(settings, pool, Fetcher(FetchSettings()))
    yield ImagineTask(imagine, lambda: tmp_path / "temp", shelf, deadline_s=20)
    await imagine.close()
    assert not list(tmp_path.iterdir())


async def test_picture_is_kept_under_the_jobs_id(task: ImagineTask, shelf: Shelf) -> None:
    """Its success is written with the asset, and says which seed gives the picture again."""
    job = Job(Wish("a cat", seed=7))
    result = await task(job)
    assert result == {"asset_id": ID, "seed": 7, "model": "sdxl"}
    assert job.succeeded == [("session", result)]
    [(id, title, data)] = shelf.kept
    assert (id, title, data[:3]) == (ID, "My cat", b"\xff\xd8\xff")


async def test_job_that_is_run_again_makes_the_same_picture(task: ImagineTask, shelf: Shelf) -> None:
    """A seed that was left open is drawn from the job's id."""
    results = [await task(Job(Wish("a cat"))) for _ in range(2)]
    assert results[0] == results[1]
    assert shelf.kept[0] == shelf.kept[1]


async def test_failure_is_the_jobs(task: ImagineTask, shelf: Shelf, server: ModelServer) -> None:
    """What the engine refuses, the job fails of; nothing is kept."""
    server.refuses(500)
    with pytest.raises(Unavailable):
        await task(Job(Wish("a cat")))
    assert not shelf.kept


async def test_job_that_nobody_wants_ends(task: ImagineTask, shelf: Shelf, server: ModelServer) -> None:
    """It is seen while the engine is at work, and the engine is let go."""
    server.sleeps(3)
    with pytest.raises(asyncio.CancelledError):
        await task(Job(Wish("a cat"), ends_after=0))
    assert not shelf.kept
