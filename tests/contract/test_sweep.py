"""The sweep frees what nobody needs and never what somebody is just storing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.contract.library import SECRET, Library, png

from imagewell.accounts.vault import Vault
from imagewell.assets.models import Blob
from imagewell.assets.settings import SweepSettings
from imagewell.assets.sweep import Sweep, Swept
from imagewell.clock import HeldClock
from imagewell.delivery import repository
from imagewell.delivery.sweep import DerivativeSweep
from imagewell.errors import Unavailable
from imagewell.pages import PageRequest
from imagewell.sources.service import Sources
from imagewell.storage import keys

DAY_S = 86_400
AT_ONCE = SweepSettings(blob_grace_s=0, list_every_s=0)


def sweep_of(library: Library, clock: HeldClock, **settings: int) -> Sweep:
    return Sweep(library.db, library.store, clock, SweepSettings(**{"list_every_s": 0, **settings}))


async def stored(library: Library) -> set[str]:
    return {key.rpartition("/")[2] async for key, _, _ in library.store.list(keys.BLOBS)}


async def blobs(library: Library) -> int:
    async with library.db.read() as session:
        return await session.scalar(select(func.count()).select_from(Blob)) or 0


async def test_bytes_are_freed_after_the_grace_period(library: Library, clock: HeldClock) -> None:
    """The bytes of a deleted asset stay for the grace period after it was first seen unused, and then go."""
    asset = await library.put("/a.png")
    await library.put("/b.png", png(5, 5))
    clock.advance(365 * DAY_S)
    await library.assets.delete(library.subject, asset.id)
    sweep = sweep_of(library, clock, blob_grace_s=DAY_S)
    assert await sweep.run() == Swept(found=0, unused=1, freed=0, temps=0)
    clock.advance(DAY_S - 1)
    assert (await sweep.run()).freed == 0
    clock.advance(1)
    assert await sweep.run() == Swept(found=0, unused=0, freed=1, temps=0)
    assert await stored(library) == {hashlib.sha256(png(5, 5)).hexdigest()}
    assert await blobs(library) == 1


async def test_older_versions_keep_their_bytes(library: Library, clock: HeldClock) -> None:
    """Everything that can be restored stays."""
    asset = await library.put("/a.png")
    await library.assets.replace(library.subject, asset.id, library.upload(png(5, 5)))
    await sweep_of(library, clock, blob_grace_s=0).run()
    assert len(await stored(library)) == 2
    await library.assets.delete_version(library.subject, asset.id, asset.id)
    await sweep_of(library, clock, blob_grace_s=0).run()
    assert len(await stored(library)) == 1


async def test_bytes_without_a_row_are_found(library: Library, clock: HeldClock) -> None:
    """What an upload left behind that was cut off before its row was written is freed like any other blob."""
    data = png(salt=b"stray")
    digest = hashlib.sha256(data).hexdigest()
    await library.store.put_bytes(keys.blob(digest), data)
    sweep = sweep_of(library, clock, blob_grace_s=DAY_S)
    assert await sweep.run() == Swept(found=1, unused=1, freed=0, temps=0)
    assert await stored(library) == {digest}
    clock.advance(DAY_S)
    assert await sweep.run() == Swept(found=0, unused=0, freed=1, temps=0)
    assert await stored(library) == set()


async def test_blob_that_is_used_again_is_spared(library: Library, clock: HeldClock) -> None:
    """Bytes that are uploaded again before they were freed stay, however long ago they were first unused."""
    asset = await library.put("/a.png")
    await library.assets.delete(library.subject, asset.id)
    sweep = sweep_of(library, clock, blob_grace_s=DAY_S)
    await sweep.run()
    clock.advance(2 * DAY_S)
    again = await library.put("/b.png")
    assert (await sweep.run()).freed == 0
    await library.assets.delete(library.subject, again.id)
    assert (await sweep.run()).freed == 0
    assert len(await stored(library)) == 1


async def test_the_store_is_listed_now_and_then(library: Library, clock: HeldClock) -> None:
    """Looking for bytes without a row means listing everything, so it is done less often than the rest."""
    sweep = sweep_of(library, clock, list_every_s=DAY_S)
    await sweep.run()
    await library.store.put_bytes(keys.blob("ab" * 32), b"stray")
    assert (await sweep.run()).found == 0
    clock.advance(DAY_S)
    assert (await sweep.run()).found == 1


async def test_temps_are_swept(library: Library, clock: HeldClock) -> None:
    """Temporary files of an hour ago go, those of now stay."""
    old, fresh = library.store.temp(), library.store.temp()
    for path in (old, fresh):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 3700,) * 2)
    assert (await sweep_of(library, clock).run()).temps == 1
    assert not old.exists()
    assert fresh.exists()


async def test_racing_uploads_lose_nothing(library: Library, clock: HeldClock) -> None:
    """Uploads and deletes of the same few pictures, against a sweep without any grace: what is there is whole."""
    pictures = [png(salt=bytes([number])) for number in range(3)]
    done = asyncio.Event()

    async def churn(worker: int) -> None:
        for number in range(15):
            asset = await library.put(f"/{worker}-{number}.png", pictures[number % 3])
            assert await library.bytes_of(asset) == pictures[number % 3]
            if number % 5:
                await library.assets.delete(library.subject, asset.id)
        alone = await library.put(f"/{worker}-alone.png", png(salt=b"alone%d" % worker))
        await library.assets.delete(library.subject, alone.id)

    async def sweep() -> int:
        freed, sweeper = 0, Sweep(library.db, library.store, clock, AT_ONCE)
        while not done.is_set():
            freed += (await sweeper.run()).freed
        return freed + (await sweeper.run()).freed

    sweeping = asyncio.create_task(sweep())
    await asyncio.gather(*(churn(worker) for worker in range(4)))
    done.set()
    assert await sweeping >= 4
    left = (await library.assets.list(library.subject, PageRequest(100))).items
    assert len(left) == 12
    for asset in left:
        data = await library.bytes_of(asset)
        assert data is not None
        assert hashlib.sha256(data).hexdigest() == asset.sha256


async def test_upload_survives_a_sweep_between_bytes_and_row(library: Library, clock: HeldClock) -> None:
    """When the bytes are swept in the very moment before their row is written, they are put again."""
    put_once, rounds = library.store.put_once, []

    async def put_and_sweep(key: str, path: Path, size: int) -> None:
        await put_once(key, path, size)
        if len(rounds) < 2:
            rounds.append(await Sweep(library.db, library.store, clock, AT_ONCE).run())

    library.store.put_once = put_and_sweep  # type: ignore[method-assign]
    asset = await library.put("/a.png")
    assert [done.freed for done in rounds] == [1, 1]
    assert await library.bytes_of(asset) == png()


async def test_store_that_fails_keeps_rows_and_bytes_apart_from_harm(
    library: Library, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store does not answer, rows stay, and a later round does what is left to do."""
    asset = await library.put("/a.png")
    await library.assets.delete(library.subject, asset.id)

    async def absent(names: object) -> None:
        raise Unavailable("object store")

    with monkeypatch.context() as broken:
        broken.setattr(library.store, "delete", absent)
        with pytest.raises(Unavailable):
            await Sweep(library.db, library.store, clock, AT_ONCE).run()
    assert await blobs(library) == 1
    assert (await Sweep(library.db, library.store, clock, AT_ONCE).run()).freed == 1


async def keep_derivative(library: Library, clock: HeldClock, name: str, size: int = 10) -> None:
    now = clock.now()
    row = {"key": name, "source_id": "s", "path": "/p", "size": size, "created_at": now, "last_used_at": now}
    async with library.db.write() as session:
        await repository.add_derivatives(session, [row])
    await library.store.put_bytes(keys.derivative(name), b"x" * size)


async def test_derivatives_keep_to_their_room(library: Library, clock: HeldClock) -> None:
    """Over their room the least recently used derivatives go, rows and files; a use makes one young again."""
    for name in ("aaaaa", "bbbbb", "ccccc", "ddddd", "eeeee"):
        await keep_derivative(library, clock, name)
        clock.advance(1)
    async with library.db.write() as session:
        await repository.touch_derivatives(session, ["aaaaa"], clock.now())
    sweep = DerivativeSweep(library.db, library.store, clock, SweepSettings(derivative_bytes=25))
    assert await sweep.run() == 3
    assert {key.rpartition("/")[2] async for key, _, _ in library.store.list(keys.DERIVATIVES)} == {"aaaaa", "eeeee"}
    async with library.db.read() as session:
        assert await repository.derivative_bytes(session) == 20
    assert await sweep.run() == 0


async def test_derivatives_are_found_by_path(library: Library, clock: HeldClock) -> None:
    """A path, everything below a path, or all of a source; long paths and whole URLs too."""
    now, long = clock.now(), "https://h.example/" + "x" * 8000
    paths = {"1": "/a/b.png", "2": "/a/c/d.png", "3": "/a0.png", "4": long, "5": long + "y", "6": "/a"}
    rows = [
        {"key": key, "source_id": "s", "path": path, "size": 1, "created_at": now, "last_used_at": now}
        for key, path in paths.items()
    ]
    async with library.db.write() as session:
        await repository.add_derivatives(session, rows)
        await repository.add_derivatives(session, rows[:2])
        await repository.add_derivatives(session, [])
    async with library.db.read() as session:
        for path, expected in (("/a/b.png", "1"), ("/a/", "12"), (long, "4"), ("", "123456"), ("/a", "6"), ("/x", "")):
            assert sorted(await repository.derivative_keys(session, "s", path)) == list(expected), path
        assert await repository.derivative_keys(session, "other", "") == []
    async with library.db.write() as session:
        assert sorted(await repository.take_derivatives(session, "s", "/a/")) == ["1", "2"]
        await repository.forget_derivatives(session, ["3", "4"])
        assert sorted(await repository.take_derivatives(session, "s", "")) == ["5", "6"]


async def test_fetched_originals(library: Library, clock: HeldClock) -> None:
    """What an origin answered is kept, replaced and forgotten; while it is kept its bytes are not swept."""
    sources = Sources(library.db, Vault(SECRET), clock)
    source = await sources.create(
        library.subject, "webfolder", name="shop", config={"base_url": "https://origin.example"}
    )
    data = png(salt=b"fetched")
    digest = hashlib.sha256(data).hexdigest()
    known = {"fetched_at": clock.now(), "fresh_until_s": clock.seconds() + 60, "etag": '"1"'}
    facts = {"format": "png", "width": 2, "height": 3}
    fetched = {"sha256": digest, "size": len(data), "content_type": "image/png", "facts": facts, **known}
    for path in ("/a.png", "/" + "x" * 4000):
        upload = library.upload(data)
        await library.assets._blobs.keep(
            upload, lambda session, path=path: repository.put_original(session, source.id, path, **fetched)
        )
        upload.temp.unlink()
    async with library.db.write() as session:
        await repository.put_original(session, source.id, "/none.png", missing=True, **known)
    await Sweep(library.db, library.store, clock, AT_ONCE).run()
    async with library.db.read() as session:
        found = await repository.get_original(session, source.id, "/a.png")
        missing = await repository.get_original(session, source.id, "/none.png")
        assert await repository.get_original(session, source.id, "/" + "x" * 4000)
        assert await repository.get_original(session, source.id, "/" + "x" * 4001) is None
    assert found is not None
    assert (found.sha256, found.facts, found.missing, found.etag) == (digest, facts, False, '"1"')
    assert missing is not None
    assert (missing.sha256, missing.missing) == (None, True)
    assert await stored(library) == {digest}
    async with library.db.write() as session:
        await repository.put_original(session, source.id, "/a.png", missing=True, **known)
        await repository.forget_original(session, source.id, "/" + "x" * 4000)
    await Sweep(library.db, library.store, clock, AT_ONCE).run()
    assert await stored(library) == set()
    clock.advance(timedelta(days=31).total_seconds())
    await DerivativeSweep(library.db, library.store, clock).run()
    async with library.db.read() as session:
        assert await repository.get_original(session, source.id, "/none.png") is None


async def test_source_takes_its_originals_along(library: Library, clock: HeldClock) -> None:
    """When a source is deleted, what was fetched through it is forgotten."""
    sources = Sources(library.db, Vault(SECRET), clock)
    source = await sources.create(library.subject, "webfolder", name="s", config={"base_url": "https://o.example"})
    async with library.db.write() as session:
        await repository.put_original(session, source.id, "/a", missing=True, fetched_at=clock.now(), fresh_until_s=0.0)
    await sources.delete(library.subject, source.id)
    async with library.db.read() as session:
        assert await repository.get_original(session, source.id, "/a") is None
