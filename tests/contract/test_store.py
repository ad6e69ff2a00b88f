"""The store, on local disk and on S3."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imagewell.errors import NotFound, StorageFull, Unavailable
from imagewell.storage import durable, keys
from imagewell.storage.settings import MIB, StorageSettings
from imagewell.storage.store import Store

KEY = keys.blob("ab" + "0" * 62)


def temp(store: Store, data: bytes) -> Path:
    path = store.temp()
    path.write_bytes(data)
    return path


async def joined(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def left_behind(store: Store) -> list[Path]:
    return list(store.temp().parent.iterdir())


@pytest.mark.parametrize("is_durable", [True, False])
async def test_file_is_taken_over(store: Store, is_durable: bool) -> None:
    """A file that is put can be read under its key, and is gone from where it was."""
    path = temp(store, b"picture")
    await store.put_file(KEY, path, durable=is_durable)
    assert await store.get(KEY) == b"picture"
    assert await store.size(KEY) == 7
    assert not path.exists()


async def test_kept_file_stays(store: Store) -> None:
    """A file that is put and kept can be put again, also under the same key."""
    path = temp(store, b"picture")
    for key in (KEY, KEY, "blobs/other"):
        await store.put_file(key, path, keep=True)
        assert await store.get(key) == b"picture"
    assert left_behind(store) == [path]


async def test_put_replaces(store: Store) -> None:
    """The last put wins."""
    await store.put_bytes(KEY, b"one")
    await store.put_file(KEY, temp(store, b"another"))
    assert await store.get(KEY) == b"another"
    await store.put_bytes(KEY, b"third")
    assert await store.get(KEY) == b"third"
    assert left_behind(store) == []


async def test_put_once_makes_whole_what_is_not(store: Store) -> None:
    """Immutable bytes are put where they are missing, or where something of another size is."""
    path = temp(store, b"picture")
    await store.put_once(KEY, path, 7)
    await store.put_once(KEY, path, 7)
    await store.delete([KEY])
    await store.put_once(KEY, path, 7)
    assert await store.get(KEY) == b"picture"
    await store.put_bytes(KEY, b"pict")
    await store.put_once(KEY, path, 7)
    assert await store.get(KEY) == b"picture"


async def test_missing_object(store: Store) -> None:
    """What is not there is None for get and size, NotFound for those that promise bytes, nothing for delete."""
    assert await store.get(KEY) is None
    assert await store.size(KEY) is None
    with pytest.raises(NotFound):
        await joined(store.stream(KEY))
    with pytest.raises(NotFound):
        async with store.local(KEY):
            pass
    await store.delete([KEY])
    await store.delete([])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, slice(None)), (0, 5, slice(5)), (3, 9, slice(3, 9)), (5, None, slice(5, None)), (4, 4, slice(0))],
)
async def test_ranges(store: Store, start: int, end: int | None, expected: slice) -> None:
    """A stream gives exactly the bytes from start to before end."""
    data = bytes(range(256)) * 40
    await store.put_bytes(KEY, data)
    assert await joined(store.stream(KEY, start, end)) == data[expected]


async def test_large_stream_comes_in_pieces(store: Store) -> None:
    """A large object is never one piece in memory."""
    data = os.urandom(5 * MIB)
    await store.put_file(KEY, temp(store, data))
    chunks = [chunk async for chunk in store.stream(KEY)]
    assert len(chunks) > 1
    assert b"".join(chunks) == data


async def test_abandoned_stream_does_no_harm(store: Store) -> None:
    """A reader may leave in the middle."""
    await store.put_file(KEY, temp(store, os.urandom(4 * MIB)))
    stream = store.stream(KEY)
    await anext(stream)
    await stream.aclose()
    assert await store.size(KEY) == 4 * MIB


async def test_multipart_upload(any_store_url: str, storage_settings: StorageSettings, tmp_path: Path) -> None:
    """A file above the threshold goes up in parts and arrives whole."""
    small = storage_settings.model_copy(update={"multipart_over_bytes": 6 * MIB, "part_bytes": 5 * MIB})
    store = Store.open(any_store_url, tmp_path / "scratch", small)
    data = os.urandom(13 * MIB)
    await store.put_file(KEY, temp(store, data))
    assert await store.get(KEY) == data


async def test_local_path(store: Store) -> None:
    """A path that holds the bytes while it is used, also for many at once."""
    await store.put_bytes(KEY, b"picture")

    async def read() -> bytes:
        async with store.local(KEY) as path:
            await asyncio.sleep(0.001)
            return path.read_bytes()

    assert set(await asyncio.gather(*(read() for _ in range(20)))) == {b"picture"}


async def test_deleted_object_is_gone_everywhere(store: Store) -> None:
    """After a delete neither the object nor a copy of it is handed out."""
    await store.put_bytes(KEY, b"picture")
    async with store.local(KEY):
        pass
    await store.delete([KEY, keys.blob("ff" * 32)])
    assert await store.get(KEY) is None
    with pytest.raises(NotFound):
        async with store.local(KEY):
            pass


async def test_delete_in_bulk(store: Store) -> None:
    """Many objects are deleted in one call, more than one S3 request takes."""
    names = [f"blobs/{number:04}" for number in range(1100)]
    for start in range(0, len(names), 100):
        await store.put_many(dict.fromkeys(names[start : start + 100], b"x"))
    await store.delete(names[:1050])
    assert sorted([key async for key, _, _ in store.list("blobs")]) == names[1050:]


async def test_list(store: Store) -> None:
    """A list gives key, size and time of everything below a prefix, and of nothing beside it."""
    before = datetime.now(UTC).timestamp() - 2
    await store.put_bytes(KEY, b"picture")
    await store.put_bytes("derivatives/x", b"y")
    temp(store, b"unfinished")
    [(key, size, modified)] = [found async for found in store.list(keys.BLOBS)]
    assert (key, size) == (KEY, 7)
    assert modified.tzinfo is not None
    assert before <= modified.timestamp() <= time.time() + 2


async def test_stale_temps_are_swept(store: Store) -> None:
    """Old temporary files go, fresh ones stay."""
    old, fresh = temp(store, b"old"), temp(store, b"fresh")
    os.utime(old, (time.time() - 7200,) * 2)
    assert await store.sweep_temps(3600) == 1
    assert left_behind(store) == [fresh]


async def test_check(store: Store) -> None:
    """A store that works passes its check and is left as it was."""
    await store.check()
    assert [key async for key, _, _ in store.list("health")] == []


async def test_two_stores_at_one_address_see_the_same(
    any_store_url: str, storage_settings: StorageSettings, tmp_path: Path
) -> None:
    """What one process puts another can read."""
    one = Store.open(any_store_url, tmp_path / "scratch", storage_settings)
    other = Store.open(any_store_url, tmp_path / "scratch2", storage_settings)
    await one.put_bytes(KEY, b"picture")
    assert await other.get(KEY) == b"picture"


async def test_full_disk_is_a_refusal_and_leaves_nothing(local_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full the caller is told so, and no half file is listed."""

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable, "sync", full)
    path = temp(local_store, b"picture")
    with pytest.raises(StorageFull):
        await local_store.put_file(KEY, path)
    with pytest.raises(StorageFull):
        await local_store.put_bytes(KEY, b"picture")
    assert [key async for key, _, _ in local_store.list(keys.BLOBS)] == []
    assert left_behind(local_store) == [path]


async def test_absent_object_store_is_unavailable(tmp_path: Path) -> None:
    """An object store that does not answer is a refusal that says so, within the time that settings allow."""
    settings = StorageSettings(
        endpoint="http://127.0.0.1:1", region="x", access_key_id="a", secret_access_key="b",  # type: ignore[arg-type]
        allow_http=True, retries=0, retry_for_s=1,
    )  # fmt: skip
    store = Store.open("s3://bucket", tmp_path, settings)
    for call in (store.get(KEY), store.size(KEY), store.put_bytes(KEY, b""), store.check(), store.delete([KEY])):
        with pytest.raises(Unavailable, match="object store"):
            await call


@pytest.mark.parametrize("url", ["ftp://host/x", "http://host/x", "memory://"])
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    """An address that means nothing here is refused at start."""
    with pytest.raises(ValueError, match="storage address"):
        Store.open(url, tmp_path)


def test_address_with_escapes_and_scheme(tmp_path: Path) -> None:
    """A file URL and a path lead to the same folder."""
    assert Store.open(f"file://{tmp_path}/my%20store", tmp_path).is_local
    assert (tmp_path / "my store").is_dir()


async def test_secrets_are_not_shown() -> None:
    """Settings do not print their keys."""
    settings = StorageSettings(access_key_id="AKIA", secret_access_key="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in repr(settings)
    assert "AKIA" not in str(settings)


async def test_absent_disk_is_unavailable(local_store: Store) -> None:
    """While the folder is away nothing is said to be missing and nothing is made anew; when it is back all is well."""
    await local_store.put_bytes(KEY, b"picture")
    folder = local_store.temp().parent.parent
    away = folder.rename(folder.with_name("away"))
    for call in (
        local_store.get(KEY),
        local_store.size(KEY),
        local_store.put_bytes(KEY, b"other"),
        local_store.put_file(KEY, local_store.temp()),
        joined(local_store.stream(KEY)),
    ):
        with pytest.raises(Unavailable, match="object store"):
            await call
    with pytest.raises(Unavailable):
        async with local_store.local(KEY):
            pass
    assert not folder.exists()
    away.rename(folder)
    assert await local_store.get(KEY) == b"picture"
