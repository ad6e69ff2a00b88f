"""A library to test with: both databases, both stores, and pictures that cost nothing to make."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.assets.models import Asset
from imagewell.assets.service import Assets, Prober
from imagewell.assets.values import Upload
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.errors import UnreadableImage
from imagewell.imaging.work import Facts
from imagewell.storage.store import Store

SECRET = b"a secret for tests, 32 bytes long"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(width: int = 2, height: int = 3, salt: bytes = b"") -> bytes:
    """A whole PNG in grey; another salt makes other bytes of the same picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"tEXt", b"Comment\0" + salt.hex().encode()), (b"IDAT", rows), (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(*part) for part in parts)


class HeaderProber:
    """Stands in for the render pool where a test has thousands of uploads: reads a PNG's header."""

    async def probe(self, path: str, decode: bool = False) -> Facts:
        data = Path(path).read_bytes()
        if not data.startswith(SIGNATURE) or (decode and not data.endswith(b"IEND\xaeB`\x82")):
            raise UnreadableImage
        width, height = struct.unpack(">II", data[16:24])
        return Facts("png", width, height)


@dataclass
class Library:
    """Assets, and one account that may do everything."""

    url: str
    db: Database
    store: Store
    accounts: Accounts
    assets: Assets
    subject: Subject
    changes: list[tuple[str, str, str]]

    @property
    def changed(self) -> list[str]:
        """Paths that were told to have changed, since last asked."""
        paths = [path for _, _, path in self.changes]
        self.changes.clear()
        return paths

    def upload(self, data: bytes | None = None) -> Upload:
        """Bytes as a face would have received them."""
        data = png() if data is None else data
        temp = self.store.temp()
        temp.write_bytes(data)
        return Upload(temp, hashlib.sha256(data).hexdigest(), len(data))

    async def put(
        self, path: str, data: bytes | None = None, subject: Subject | None = None, **options: object
    ) -> Asset:
        """One upload."""
        upload = self.upload(data)
        return await self.assets.create(subject or self.subject, upload, path=path, **options)  # type: ignore[arg-type]

    async def bytes_of(self, asset: Asset) -> bytes | None:
        """What the store has of an asset's current version."""
        return await self.store.get(asset.original().key)

    async def other(self, name: str = "other", stage: Stage = Stage.live) -> Subject:
        """A subject of another account."""
        return system((await self.accounts.ensure_account(name)).id, stage)


@asynccontextmanager
async def library_in(
    url: str, db: Database, store: Store, clock: Clock, prober: Prober | None = None
) -> AsyncIterator[Library]:
    """A library over an open database and store."""
    accounts = Accounts(db, SECRET, clock)
    changes: list[tuple[str, str, str]] = []
    assets = Assets(db, store, prober or HeaderProber(), clock, [lambda *change: changes.append(change)])
    account = await accounts.ensure_default()
    yield Library(url, db, store, accounts, assets, system(account.id), changes)
    await accounts.close()
