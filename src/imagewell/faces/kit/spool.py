"""A file on its way in: bytes to a temporary file on the store's own disk, hashed as they come.

Never the whole file in memory: at most `BATCH` bytes wait before a thread writes and hashes them.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
from pathlib import Path
from typing import BinaryIO

from imagewell.assets.values import Upload
from imagewell.delivery.order import StoreRef
from imagewell.errors import StorageFull, TooLarge, Unavailable
from imagewell.faces.kit.pictures import ByteStore

BATCH = 512 * 1024
FULL = {errno.ENOSPC, errno.EDQUOT}


class Spool:
    """One temporary file. Either `finish` it or `discard` it.

    Args:
        path: where to write; the folder exists.
        max_bytes: ceiling of this one file.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.size = 0
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    async def add(self, data: bytes) -> None:
        """Take `data`. Raises: TooLarge, StorageFull, Unavailable."""
        self.size += len(data)
        if self.size > self._max_bytes:
            raise TooLarge(self._max_bytes, "bytes")
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= BATCH:
            await self._flush()

    async def take(self, body: bytes | StoreRef, store: ByteStore) -> Upload:
        """Take all of a picture's bytes, in memory or in the store, and finish. Raises: as `add`, and what the store
        raises."""
        if isinstance(body, bytes):
            await self.add(body)
        else:
            async for chunk in store.stream(body.key):
                await self.add(chunk)
        return await self.finish()

    async def finish(self) -> Upload:
        """Write what waits and close; the file is now the taker's to move or remove."""
        await self._flush()
        if self._file is not None:
            await asyncio.to_thread(self._file.close)
            self._file = None
        return Upload(temp=self.path, sha256=self._hash.hexdigest(), size=self.size)

    def discard(self) -> None:
        """Close and remove the file, if it is still where it was written."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)

    async def _flush(self) -> None:
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        # A write that is cancelled half way must end before the file is closed and removed.
        writing = asyncio.ensure_future(asyncio.to_thread(self._write, batch))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise

    def _write(self, batch: list[bytes]) -> None:
        try:
            if self._file is None:
                self._file = self.path.open("wb", buffering=0)
            for data in batch:
                _write_all(self._file, data)
                self._hash.update(data)
        except OSError as error:
            raise (StorageFull() if error.errno in FULL else Unavailable("disk")) from error


def _write_all(file: BinaryIO, data: bytes) -> None:
    """Unbuffered files may take only a part of what they are given."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
