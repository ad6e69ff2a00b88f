"""Delivery over the real library, the real tables and the real stores: what is committed is what is seen."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.conftest import SECRET
from tests.unit.delivery.delivery_world import Engine, Origin, inputs, picture, resized

from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Subject, system
from imagewell.accounts.vault import Vault
from imagewell.assets.service import Assets
from imagewell.assets.settings import SweepSettings
from imagewell.assets.sweep import Sweep
from imagewell.assets.values import Upload
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.delivery.index import Kept
from imagewell.delivery.order import DeliveryOrder
from imagewell.delivery.rows import DatabaseIndex, DatabaseShelf
from imagewell.delivery.service import Delivery
from imagewell.errors import NotFound, OriginFailed, Refusal
from imagewell.imaging.work import BASE
from imagewell.sources.service import Sources
from imagewell.sources.view import SourceView
from imagewell.storage import keys
from imagewell.storage.store import Store
from imagewell.transform.model import IDENTITY, Transformation

URL = "http://origin.example/files/a.png"


class Parts:
    """Everything but the network and libvips."""

    def __init__(self, db: Database, store: Store, clock: HeldClock, subject: Subject) -> None:
        self.db, self.store, self.clock, self.subject = db, store, clock, subject
        self.engine, self.origin = Engine(), Origin()
        self.assets = Assets(db, store, self.engine, clock)
        self.sources = Sources(db, Vault(SECRET), clock)
        self.delivery = self.road()

    def road(self) -> Delivery:
        """As a process makes it at its start."""
        delivery = Delivery(
            store=self.store,
            engine=self.engine,
            fetcher=self.origin,  # type: ignore[arg-type]
            identify=self.assets.identify,
            shelf=DatabaseShelf(self.db, self.store, self.clock),
            index=DatabaseIndex(self.db),
            clock=self.clock,
        )
        self.assets.watch(delivery.changed)
        self.sources.watch(delivery.source_changed)
        return delivery

    async def restart(self) -> None:
        await self.delivery.close()
        self.delivery = self.road()

    async def upload(self, path: str, body: bytes, **how: Any) -> Any:
        temp = self.store.temp()
        temp.write_bytes(body)
        upload = Upload(temp, hashlib.sha256(body).hexdigest(), len(body))
        return await self.assets.create(self.subject, upload, path=path, **how)

    async def library(self) -> SourceView:
        return await self.sources.ensure_library(self.subject.account_id)

    async def folder(self, **config: Any) -> SourceView:
        config = {"base_url": "http://origin.example/files", "cache_ttl_value": 1800} | config
        return await self.sources.create(self.subject, "webfolder", name="web", config=config)

    async def get(self, of: SourceView, path: str, wanted: Transformation | None = None) -> Any:
        return await self.delivery.deliver(DeliveryOrder(of, path, resized() if wanted is None else wanted))


@pytest.fixture
async def parts(database: Database, local_store: Store, clock: HeldClock, subject: Subject) -> AsyncIterator[Parts]:
    parts = Parts(database, local_store, clock, subject)
    yield parts
    await parts.delivery.close()


async def test_the_library_is_delivered(parts: Parts) -> None:
    """An uploaded picture is delivered, made once, and found again after a restart."""
    await parts.upload("/f/a.png", picture("a"))
    library = await parts.library()
    first = await parts.get(library, "/f/a.png")
    assert inputs(first)[BASE] == picture("a")
    await parts.restart()
    second = await parts.get(library, "/f/a.png")
    assert (second.cache, second.body, second.etag) == ("hit", first.body, first.etag)


async def test_changes_are_seen_by_the_next_request(parts: Parts) -> None:
    """A new version, a restore, a move and a delete are each seen by the very next request, in every form."""
    library = await parts.library()

    async def seen(path: str) -> bytes | None:
        try:
            made = inputs(await parts.get(library, path))[BASE]
            assert (await parts.get(library, path, IDENTITY)).body == made
        except NotFound:
            return None
        return made

    assert await seen("/a.png") is None
    asset = await parts.upload("/a.png", picture("one"))
    assert await seen("/a.png") == picture("one")
    first = asset.version_id
    await parts.upload("/a.png", picture("two"), overwrite=True)
    assert await seen("/a.png") == picture("two")
    await parts.assets.restore(parts.subject, asset.id, first)
    assert await seen("/a.png") == picture("one")
    await parts.assets.update(parts.subject, asset.id, path="/b.png")
    assert (await seen("/a.png"), await seen("/b.png")) == (None, picture("one"))
    await parts.assets.update(parts.subject, asset.id, published=False)
    assert await seen("/b.png") is None
    await parts.assets.update(parts.subject, asset.id, published=True)
    assert await seen("/b.png") == picture("one")
    await parts.assets.delete(parts.subject, asset.id)
    assert await seen("/b.png") is None


async def test_an_origin_is_asked_once(parts: Parts) -> None:
    """A fetched original is a blob and a row: the next process asks nobody, and knows what to ask with later."""
    parts.origin.files[URL] = picture("a")
    parts.origin.max_age_s = 60
    folder = await parts.folder()
    assert inputs(await parts.get(folder, "/a.png"))[BASE] == picture("a")
    await parts.restart()
    got = await parts.get(folder, "/a.png", IDENTITY)
    assert (got.body, got.content_type, got.max_age_s) == (picture("a"), "image/png", 60)
    assert (got.width, got.height) == (400, 200)
    assert parts.origin.asked == [URL]
    parts.clock.advance(60 + 3600)
    again = await parts.get(folder, "/a.png", IDENTITY)
    assert (again.body, again.max_age_s) == (picture("a"), 60)
    assert len(parts.origin.asked) == 2


async def test_an_origin_that_fails_after_a_restart(parts: Parts) -> None:
    """What was fetched before is served while its origin is down, whoever fetched it."""
    parts.origin.files[URL] = picture("a")
    folder = await parts.folder()
    await parts.get(folder, "/a.png")
    parts.clock.advance(1800 + 3600)
    parts.origin.files[URL] = OriginFailed("it is down")
    await parts.restart()
    assert (await parts.get(folder, "/a.png", IDENTITY)).body == picture("a")


async def test_purge(parts: Parts) -> None:
    """A purge forgets the fetched original and every derivative of the path, and nothing of another."""
    for name in ("a", "b"):
        parts.origin.files[f"http://origin.example/files/{name}.png"] = picture(name)
    folder = await parts.folder()
    for name in ("a", "b"):
        await parts.get(folder, f"/{name}.png", resized(1))
        await parts.get(folder, f"/{name}.png", resized(2))
    parts.origin.files[URL] = picture("new")
    await parts.delivery.purge(folder, "/a.png")
    assert len([key async for key, _, _ in parts.store.list(keys.DERIVATIVES)]) == 2
    assert inputs(await parts.get(folder, "/a.png", resized(1)))[BASE] == picture("new")
    assert (await parts.get(folder, "/b.png", resized(1))).cache == "hit"


@pytest.mark.parametrize("path", ["/" + "x" * 3000, "/" + "ä" * 1500, "/\U0001f600.png", "/a%b_c.png"])
async def test_any_path_of_an_origin(parts: Parts, path: str) -> None:
    """A path of any length and script is kept, found and purged."""

    async def anything(url: str, **how: Any) -> Any:
        parts.origin.files[url] = picture("a")
        return await fetch(url, **how)

    fetch, parts.origin.fetch = parts.origin.fetch, anything  # type: ignore[method-assign]
    folder = await parts.folder()
    await parts.get(folder, path)
    await parts.restart()
    await parts.get(folder, path)
    assert len(parts.origin.asked) == 1
    await parts.delivery.purge(folder, path)
    await parts.get(folder, path)
    assert len(parts.origin.asked) == 2


async def test_a_deleted_source_takes_its_rows_along(parts: Parts) -> None:
    """Deleting a source is possible whatever was fetched through it."""
    parts.origin.files[URL] = picture("a")
    folder = await parts.folder()
    await parts.get(folder, "/a.png")
    await parts.sources.delete(parts.subject, folder.id)
    shelf = DatabaseShelf(parts.db, parts.store, parts.clock)
    assert await shelf.get((folder.id, "/a.png")) is None


async def test_a_fetch_for_a_source_that_was_just_deleted(parts: Parts) -> None:
    """A fetch that ends after its source was deleted is a refusal, not an accident."""
    parts.origin.files[URL] = picture("a")
    folder = await parts.folder()
    await parts.sources.delete(parts.subject, folder.id)
    with pytest.raises(Refusal):
        await parts.get(folder, "/a.png")


async def test_the_sweep_leaves_fetched_originals(parts: Parts) -> None:
    """Bytes that a fetched original points at are in use; after a purge they are freed."""
    parts.origin.files[URL] = picture("a")
    folder = await parts.folder()
    await parts.get(folder, "/a.png")
    sweep = Sweep(parts.db, parts.store, parts.clock, SweepSettings(blob_grace_s=0))

    async def blobs() -> int:
        for _ in range(3):
            parts.clock.advance(10)
            await sweep.run()
        return len([key async for key, _, _ in parts.store.list(keys.BLOBS)])

    assert await blobs() == 1
    await parts.delivery.purge(folder, "/a.png")
    assert await blobs() == 0


async def test_index_rows(parts: Parts) -> None:
    """Rows are written in batches, again without harm, and taken by path."""
    index = DatabaseIndex(parts.db)
    rows = [Kept(f"{number:040x}", "s", f"/{number % 3}.png", 5, 1_700_000_000.0) for number in range(1200)]
    await index.add(rows, ["unknown"], 1_700_000_000.0)
    await index.add(rows[:5], [rows[7].digest], 1_700_000_100.0)
    taken = await index.take("s", "/1.png")
    assert sorted(taken) == [row.digest for row in rows if row.path == "/1.png"]
    assert await index.take("s", "/1.png") == []


async def test_over_any_store(store: Store, sqlite_database: Database, clock: HeldClock) -> None:
    """On disk and in object storage alike: made, kept, found after a restart, streamed when large, purged."""
    account = await Accounts(sqlite_database, SECRET, clock).ensure_default()
    parts = Parts(sqlite_database, store, clock, system(account.id))
    await parts.upload("/a.png", picture("a"))
    library = await parts.library()
    for padding in (0, 300 * 1024):
        parts.engine.padding = padding
        first = await parts.get(library, "/a.png", resized(padding + 1))
        await parts.restart()
        second = await parts.get(library, "/a.png", resized(padding + 1))
        assert (second.cache, second.size, second.content_type) == ("hit", first.size, "image/png")
    await parts.delivery.purge(library, "/a.png")
    assert [key async for key, _, _ in store.list(keys.DERIVATIVES)] == []
    assert (await parts.get(library, "/a.png", IDENTITY)).body == picture("a")
    await parts.delivery.close()
