"""kill -9 at any moment: what was acknowledged is there, whole; what was deleted is gone; nothing half is listed."""

from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import opened
from tests.contract.library import library_in

from imagewell.assets.settings import SweepSettings
from imagewell.assets.sweep import Sweep
from imagewell.clock import Clock
from imagewell.pages import PageRequest
from imagewell.storage import keys
from imagewell.storage.store import Store

ROUNDS = 15
ROOT = Path(__file__).parents[2]


def upload_and_die(url: str, folder: Path, seed: int) -> list[list[str]]:
    """One round: what the uploader said before it was killed, a moment after its first words."""
    command = [sys.executable, "-m", "tests.contract.uploader", url, str(folder), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.25))
        process.kill()
        rest = process.stdout.read()
    lines = (first + rest).splitlines(keepends=True)
    return [line.split() for line in lines if line.endswith("\n")]


async def test_nothing_acknowledged_is_lost(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    """After fifteen kills every acknowledged upload is there whole, and every acknowledged delete holds."""
    url, folder = new_sqlite(), tmp_path / "store"
    said = [line for seed in range(ROUNDS) for line in upload_and_die(url, folder, seed)]
    put = {line[1]: line[2] for line in said if line[0] == "put"}
    deleting = {line[1] for line in said if line[0] == "deleting"}
    deleted = {line[1] for line in said if line[0] == "deleted"}
    assert len(put) > ROUNDS
    assert deleted
    store = Store.open(str(folder), folder / "scratch")
    async with opened(url) as db, library_in(url, db, store, Clock()) as library:
        assert await db.check() == []
        there = {}
        page = PageRequest(500, 0)
        while True:
            found = await library.assets.list(library.subject, page)
            there |= {asset.path: asset for asset in found.items}
            if found.next is None:
                break
            page = PageRequest(500, found.next)
        assert put.keys() - deleting <= there.keys()
        assert not deleted & there.keys()
        for path, asset in there.items():
            data = await library.bytes_of(asset)
            assert data is not None
            assert hashlib.sha256(data).hexdigest() == asset.sha256 == put.get(path, asset.sha256)
        await nothing_half(store)
        later = time.time() - 7200
        for temp in store.temp().parent.iterdir():
            os.utime(temp, (later, later))
        await Sweep(db, store, Clock(), SweepSettings(blob_grace_s=0)).run()
        assert list(store.temp().parent.iterdir()) == []
        kept = {key.rpartition("/")[2] async for key, _, _ in store.list(keys.BLOBS)}
        assert kept == {asset.sha256 for asset in there.values()}


async def nothing_half(store: Store) -> None:
    """Everything listed in the store is a blob that holds what its name says."""
    async for key, size, _ in store.list(keys.BLOBS):
        data = await store.get(key)
        assert data is not None
        assert re.fullmatch(r"blobs/../../[0-9a-f]{64}", key)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, key.rpartition("/")[2])
