"""The store: bytes by key, on local disk or in object storage. The only file that imports obstore.

On disk the bytes are put with our own calls, because nothing else syncs them; all reading goes through obstore.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from imagewell.errors import NotFound, StorageFull, Unavailable
from imagewell.storage import durable as files
from imagewell.storage.scratch import Scratch, own_folder
from imagewell.storage.settings import StorageSettings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PART = "object store"
CHUNK_BYTES = 1024 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_MARKS = ("os error 28", "QuotaExceeded", "InsufficientStorage")  # a disk's, a bucket's and WebDAV's words
CHECK_KEY = "health/check"


class Store:
    """Made by `open`. Keys are ours (see `keys.py`), never a client's text."""

    def __init__(self, objects: ObjectStore, root: Path | None, scratch: Path, settings: StorageSettings) -> None:
        self._objects = objects
        self._root = root
        self._settings = settings
        self._temps = (root or scratch) / "tmp"
        self._temps.mkdir(parents=True, exist_ok=True)
        self._temp_name, self._temp_numbers = uuid4().hex, count()
        self._scratch = None if root else Scratch(own_folder(scratch), settings.scratch_bytes)

    @classmethod
    def open(cls, url: str, scratch: Path, settings: StorageSettings | None = None) -> Store:
        """A path, `file:///…`, `s3://bucket/prefix`, `gs://…` or `az://…`; `scratch` is a local folder for copies.

        Nothing is asked of the other side yet. Raises: ValueError for an address that means nothing.
        """
        settings = settings or StorageSettings()
        parts = urlsplit(url)
        if parts.scheme in ("", "file"):
            root = Path(unquote(parts.path)).absolute()
            root.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(root), root, scratch, settings)
        if parts.scheme not in ("s3", "gs", "az"):
            raise ValueError("The storage address must be a path, or begin with file://, s3://, gs:// or az://.")
        try:
            return cls(_remote(url, parts.scheme, settings), None, scratch, settings)
        except BaseError as error:
            raise ValueError(f"The storage address or its options cannot be used: {_first_line(error)}") from error

    @property
    def is_local(self) -> bool:
        """Whether the bytes lie on this machine's disk."""
        return self._root is not None

    def temp(self) -> Path:
        """A path for a new temporary file, on the file system that `put_file` can rename from."""
        return Path(self.temp_name())

    def temp_name(self) -> str:
        """The same as text."""
        return f"{self._temps}/{self._temp_name}-{next(self._temp_numbers)}"

    async def put_file(self, key: str, path: Path, *, durable: bool = True, keep: bool = False) -> None:
        """Store a file made at `temp()`; it is gone afterwards unless `keep`.

        durable: it is there after a power cut. Raises: StorageFull, Unavailable; the file then is where it was.
        """
        with _writing():
            if self._root:
                await asyncio.to_thread(files.adopt, path, self._root / key, durable=durable, keep=keep)
                return
            await self._upload(key, path)
            if not keep:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def put_once(self, key: str, path: Path, size: int) -> None:
        """`put_file` for immutable bytes: kept, and not sent again where an object of that size already is.

        On disk it is always put: whether another's rename was synced yet cannot be seen from here.
        """
        if self.is_local or await self.size(key) != size:
            await self.put_file(key, path, keep=True)

    async def put_many(self, objects: Mapping[str, bytes]) -> None:
        """Store small objects that could be made again: nothing is made durable. Raises: StorageFull, Unavailable."""
        with _writing():
            if self._root:
                named = [(data, self.temp(), self._root / key) for key, data in objects.items()]
                await asyncio.to_thread(_write_all, named)  # one thread for all: handing over costs more than a write
            else:
                puts = (obstore.put_async(self._objects, *each, use_multipart=False) for each in objects.items())
                await asyncio.gather(*puts)

    async def put_bytes(self, key: str, data: bytes) -> None:
        """Store a small object, durably. Raises: StorageFull, Unavailable."""
        with _writing():
            if self._root:
                await asyncio.to_thread(files.write, data, self.temp(), self._root / key, durable=True)
            else:
                await obstore.put_async(self._objects, key, data, use_multipart=False)

    async def get(self, key: str) -> bytes | None:
        """All of a small object, or None. Raises: Unavailable."""
        with _translated(), suppress(FileNotFoundError):
            return bytes(await (await obstore.get_async(self._objects, key)).bytes_async())
        self._check_there()
        return None

    async def size(self, key: str, *, sure: bool = True) -> int | None:
        """Bytes, or None when it is not there; without `sure` also when the disk itself is not. Raises: Unavailable."""
        with _translated(), suppress(FileNotFoundError):
            if self._root:  # asked in the middle of every upload; a thread would take ten times as long as the call
                return _file_size(f"{self._root}/{key}")
            return int((await obstore.head_async(self._objects, key))["size"])
        if sure:
            self._check_there()
        return None

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to before `end`, in chunks of up to 1 MiB. Raises: NotFound, Unavailable."""
        if end is not None and end <= start:
            return
        wanted: Any = {"offset": start} if end is None else (start, end)
        options: Any = {"range": wanted} if start or end is not None else None
        with _translated():
            try:
                result = await obstore.get_async(self._objects, key, options=options)
            except FileNotFoundError:
                self._check_there()
                raise NotFound("object") from None
            async for chunk in result.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)

    def own_path(self, key: str) -> str | None:
        """The object's own file, there or not, where the store is a disk: `local` without its ceremony."""
        return f"{self._root}/{key}" if self._root else None

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        """A path that holds the object while the block runs: the object itself, or a copy.

        Raises: NotFound, Unavailable.
        """
        if self._root:
            path = self._root / key
            if not path.exists():
                self._check_there()
                raise NotFound("object")
            yield path
            return
        assert self._scratch is not None

        async def download(path: Path) -> int:
            return await self._download(key, path)

        async with self._scratch.copy(key, download) as path:
            yield path

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; one that is not there is no error. Raises: Unavailable."""
        with _translated():
            if self._root:
                await asyncio.to_thread(_unlink, [self._root / key for key in keys])
            elif keys:
                await obstore.delete_async(self._objects, list(keys))
                for key in keys:
                    await self._scratch.forget(key)  # type: ignore[union-attr]

    async def list(self, prefix: str) -> AsyncIterator[tuple[str, int, datetime]]:
        """Key, size and time of change of everything below a prefix such as "blobs". Raises: Unavailable."""
        with _translated():
            async for found in obstore.list(self._objects, prefix):
                for one in found:
                    yield one["path"], one["size"], one["last_modified"]

    async def sweep_temps(self, older_than_s: float) -> int:
        """Delete temporary files that were left behind; returns how many."""
        return await asyncio.to_thread(_sweep, self._temps, time.time() - older_than_s)

    async def check(self) -> None:
        """Write, read and delete a small object. Raises: StorageFull, Unavailable."""
        key = f"{CHECK_KEY}-{uuid4().hex}"
        await self.put_bytes(key, b"imagewell")
        if await self.get(key) != b"imagewell":
            raise Unavailable(PART)
        await self.delete([key])

    def _check_there(self) -> None:
        """Without its disk the store cannot say that something is missing. Raises: Unavailable."""
        if self._root and not self._temps.is_dir():
            raise Unavailable(PART)

    async def _upload(self, key: str, path: Path) -> None:
        in_parts = (await asyncio.to_thread(path.stat)).st_size > self._settings.multipart_over_bytes
        await obstore.put_async(
            self._objects,
            key,
            path if in_parts else await asyncio.to_thread(path.read_bytes),
            use_multipart=in_parts,
            chunk_size=self._settings.part_bytes,
            max_concurrency=self._settings.parallel_parts,
        )

    async def _download(self, key: str, path: Path) -> int:
        """Through a second name, so that a copy under its own name is always whole."""
        part = path.with_name(path.name + ".part")
        try:
            size = await self.size(key)
            with _translated(), part.open("wb") as file:
                async for chunk in self.stream(key):
                    await asyncio.to_thread(file.write, chunk)
            if part.stat().st_size != size:
                raise Unavailable(PART)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return size or 0


def _remote(url: str, scheme: str, settings: StorageSettings) -> ObjectStore:
    client: Any = {
        "connect_timeout": timedelta(seconds=settings.connect_timeout_s),
        "timeout": timedelta(seconds=settings.timeout_s),
        "allow_http": settings.allow_http,
    }
    retry: Any = {"max_retries": settings.retries, "retry_timeout": timedelta(seconds=settings.retry_for_s)}
    config: Any = dict(settings.options)
    if scheme == "s3":
        config.update(_s3(settings))
    return from_url(url, config=config, client_options=client, retry_config=retry)


def _s3(settings: StorageSettings) -> dict[str, Any]:
    given: dict[str, Any] = {"virtual_hosted_style_request": settings.virtual_hosted_style}
    if settings.endpoint:
        given["endpoint"] = settings.endpoint
    if settings.region:
        given["region"] = settings.region
    if settings.access_key_id and settings.secret_access_key:
        given["access_key_id"] = settings.access_key_id.get_secret_value()
        given["secret_access_key"] = settings.secret_access_key.get_secret_value()
    return given


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise (StorageFull() if error.errno in FULL else Unavailable(PART)) from error
    except BaseError as error:
        raise (StorageFull() if any(mark in str(error) for mark in FULL_MARKS) else Unavailable(PART)) from error


@contextmanager
def _writing() -> Iterator[None]:
    """`_translated`, where a folder that is not there is trouble too, and no answer."""
    try:
        with _translated():
            yield
    except FileNotFoundError as error:
        raise Unavailable(PART) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _write_all(named: Sequence[tuple[bytes, Path, Path]]) -> None:
    for data, temp, target in named:
        files.write(data, temp, target, durable=False)


def _file_size(path: str) -> int:
    return os.stat(path).st_size  # noqa: PTH116  # pathlib takes longer than the call itself


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sweep(folder: Path, before_s: float) -> int:
    swept = 0
    for entry in os.scandir(folder):
        with suppress(FileNotFoundError):
            if entry.stat().st_mtime < before_s:
                Path(entry.path).unlink()
                swept += 1
    return swept
