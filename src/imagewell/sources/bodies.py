"""The body of a fetched answer: length checked, decompressed in bounded pieces, hashed, written to a file."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from imagewell.errors import OriginFailed, StorageFull, TooLarge, Unavailable

PIECE_BYTES = 256 * 1024
"""Largest piece that leaves the decompressor at once, whatever the compression ratio."""

BATCH_BYTES = 1024 * 1024
"""Bytes that are gathered before a thread hashes and writes them; a thread a packet would cost more than the work."""

_GZIP = 16 + zlib.MAX_WBITS


async def keep(headers: Mapping[str, str], parts: AsyncIterator[bytes], to: Path, max_bytes: int) -> tuple[int, str]:
    """Write a body to `to`; its size and SHA-256 (hex). The file may be left half written when this raises.

    Args:
        max_bytes: for the body as announced, and again for what really comes, after decompression.
    Raises: TooLarge, OriginFailed (an encoding that was not asked for, corrupt compression), StorageFull.
    """
    _check_announced(headers, max_bytes)
    digest, size = hashlib.sha256(), 0
    batch: list[bytes] = []
    gathered = 0
    with _created(to) as file:
        async for piece in _decoded(headers.get("content-encoding", ""), parts):
            size += len(piece)
            gathered += len(piece)
            if size > max_bytes:
                raise TooLarge(max_bytes, "bytes")
            batch.append(piece)
            if gathered >= BATCH_BYTES:
                await _written(file, b"".join(batch), digest)
                batch, gathered = [], 0
        await _written(file, b"".join(batch), digest)
    return size, digest.hexdigest()


async def read(headers: Mapping[str, str], parts: AsyncIterator[bytes], max_bytes: int) -> bytes:
    """A body that is small enough to be held. Raises: TooLarge, OriginFailed."""
    _check_announced(headers, max_bytes)
    pieces: list[bytes] = []
    size = 0
    async for piece in _decoded(headers.get("content-encoding", ""), parts):
        size += len(piece)
        if size > max_bytes:
            raise TooLarge(max_bytes, "bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _check_announced(headers: Mapping[str, str], max_bytes: int) -> None:
    announced = headers.get("content-length", "")
    if announced.isdecimal() and len(announced) <= 18 and int(announced) <= max_bytes:
        return
    if announced:
        raise TooLarge(max_bytes, "bytes")


async def _decoded(encoding: str, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body's own bytes. We ask for `identity`; some origins compress all the same."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        async for part in parts:
            yield part
        return
    if name not in ("gzip", "x-gzip"):
        raise OriginFailed("its answer has an encoding that was not asked for")
    inflater = zlib.decompressobj(_GZIP)
    async for part in parts:
        for piece in _inflate(inflater, part):
            yield piece
    if not inflater.eof:
        raise OriginFailed("its answer is compressed and cut short")


def _inflate(inflater: zlib._Decompress, part: bytes) -> Iterator[bytes]:
    while part and not inflater.eof:
        try:
            yield inflater.decompress(part, PIECE_BYTES)
        except zlib.error as error:
            raise OriginFailed("its answer is not compressed as it says") from error
        part = inflater.unconsumed_tail


def _created(to: Path) -> BinaryIO:
    """The file, unbuffered: closing it writes nothing, and so cannot fail."""
    try:
        return to.open("wb", buffering=0)
    except OSError as error:
        raise _trouble(error) from error


async def _written(file: BinaryIO, data: bytes, digest: hashlib._Hash) -> None:
    """`_append` in a thread, to its end: a file that were closed under it could lend its number to another."""
    writing = asyncio.ensure_future(asyncio.to_thread(_append, file, data, digest))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise


def _append(file: BinaryIO, data: bytes, digest: hashlib._Hash) -> None:
    digest.update(data)
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise _trouble(error) from error


def _trouble(error: OSError) -> Exception:
    return StorageFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else Unavailable("disk")
