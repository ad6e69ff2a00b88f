"""Uploads and deletes until it is killed, and says what was acknowledged. Arguments: database, store folder, seed."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from tests.conftest import opened
from tests.contract.library import Library, library_in, png

from imagewell.clock import Clock
from imagewell.storage.store import Store

WORKERS = 4


def say(*words: str) -> None:
    """One line, written at once: what was said before the kill is said."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


async def work(library: Library, seed: str) -> None:
    chance = random.Random(seed)
    for number in range(100_000):
        path = f"/{seed}/{number}.png"
        # Some pictures are uploaded again and again, so that blobs are shared, freed and used anew.
        salt = b"shared" + bytes([chance.randrange(3)]) if chance.random() < 0.3 else path.encode() * 400
        asset = await library.put(path, png(salt=salt))
        say("put", path, asset.sha256)
        if chance.random() < 0.3:
            say("deleting", path)
            await library.assets.delete(library.subject, asset.id)
            say("deleted", path)


async def main(url: str, folder: str, seed: str) -> None:
    store = Store.open(folder, Path(folder) / "scratch")
    async with opened(url) as db, library_in(url, db, store, Clock()) as library:
        await asyncio.gather(*(work(library, f"{seed}-{worker}") for worker in range(WORKERS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
