"""Memory of the server and two render workers together, idle after 2,000 mixed transformations."""

from __future__ import annotations

import random
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import servers
from bench.photos import Photo
from bench.table import Row

TRANSFORMATIONS = 2_000
SETTLE_S = 8
FORMATS = ["jpg", "webp", "png", "avif"]
EXTRAS = [
    "",
    "&fit=crop&h=300",
    "&sat=-40&con=10",
    "&blur=40",
    "&pad=20&bg=fff",
    "&mask=ellipse",
    "&txt=hello",
    "&rot=8",
]


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    with servers.imagewell(folder / "memory", workers=2) as ours:
        bases = [ours.upload(photo.path, photo.path.name, photo.type) for photo in photos.values()]
        mixed_load(ours.url, bases, TRANSFORMATIONS, seed=1)
        time.sleep(SETTLE_S)
        used = tree_mb(ours.process.pid)
    yield Row("memory, idle after 2,000 transformations", "≤ 250 MB", f"{used:.0f} MB", used <= 250)


def mixed_load(url: str, bases: list[str], count: int, seed: int) -> None:
    choose = random.Random(seed)

    def one(number: int) -> None:
        width = choose.randint(50, 1600)
        format = "jpg" if width > 700 else choose.choice(FORMATS)
        target = f"{choose.choice(bases)}?w={width}&fm={format}{choose.choice(EXTRAS)}&dpi={number % 9999 + 1}"
        urllib.request.urlopen(url + target, timeout=60).read()

    with ThreadPoolExecutor(4) as threads:
        for done in threads.map(one, range(count)):
            assert done is None


def tree_mb(pid: int) -> float:
    """Memory of a process and all below it, shared pages counted once (PSS)."""
    total, waiting = 0.0, [pid]
    while waiting:
        process = waiting.pop()
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
            for task in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return total
