"""From `imagewell serve` to the first picture, against what Python needs to import the web framework and pyvips."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench import servers
from bench.photos import Photo
from bench.table import Row


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    data = folder / "start"
    with servers.imagewell(data) as ours:
        target = ours.upload(photos["s"].path, "s.jpg", "image/jpeg")
    ratios, times = [], []
    for number in range(max(3, rounds)):
        imports = timed_imports()
        took = timed_start(data, f"{target}?w=100&dpi={number + 1}")
        ratios.append(took / imports)
        times.append(took)
    ratio = statistics.median(ratios)
    yield Row(
        "start to first picture",
        "≤ 2.0 × the imports",
        f"{ratio:.2f}",
        ratio <= 2.0,
        f"{statistics.median(times):.2f} s",
    )


def timed_imports() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import fastapi, pyvips"], check=True)
    return time.perf_counter() - started


def timed_start(data: Path, target: str) -> float:
    port = servers.free_port()
    env = {"IMAGEWELL_DATA_DIR": str(data), "IMAGEWELL_LOG__REQUESTS": "false"}
    started = time.perf_counter()
    with servers.running([str(servers.IMAGEWELL), "serve", "--port", str(port)], env):
        ends = started + 20
        while time.perf_counter() < ends:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{target}", timeout=10).read()
                return time.perf_counter() - started
            except OSError:
                time.sleep(0.005)
    raise SystemExit("the server gave no picture within 20 s")
