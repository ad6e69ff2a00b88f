"""Uploads to durable and readable, against writing, fsyncing and renaming the same bytes in a bare loop."""

from __future__ import annotations

import http.client
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bench import servers
from bench.photos import Photo
from bench.table import Row

CONNECTIONS = 8


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    body = photos["l"].path.read_bytes()
    with servers.imagewell(folder / "upload") as ours:
        ratios, rates = [], []
        for _ in range(rounds):
            top = side_by_side(lambda n: bare(folder / "bare", body, n), seconds)
            rate = side_by_side(sender(ours, body), seconds)
            ratios.append(rate / top)
            rates.append(rate)
    ratio = statistics.median(ratios)
    note = f"{len(body) / 1e6:.1f} MB each, {statistics.median(rates):.0f}/s"
    yield Row("upload, 8 connections", "≥ 0.80 of write + fsync + rename", f"{ratio:.2f}", ratio >= 0.8, note)


def side_by_side(one: Callable[[int], None], seconds: float) -> float:
    """How often a second `one` runs, called with ever new numbers from eight threads."""
    counts = [0] * CONNECTIONS
    ends = time.perf_counter() + seconds

    def work(thread: int) -> None:
        while time.perf_counter() < ends:
            one(thread * 1_000_000 + counts[thread] + int(time.time() * 1000) * 10_000_000)
            counts[thread] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def fresh(body: bytes, number: int) -> bytes:
    """The same picture with another comment segment: other bytes, another hash."""
    comment = f"{number:032d}".encode()
    return body[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + body[2:]


def bare(folder: Path, body: bytes, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    temporary, final = folder / f"{number}.part", folder / f"{number}.jpg"
    with temporary.open("wb") as file:
        file.write(fresh(body, number))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(final)
    final.unlink()


def sender(ours: servers.Imagewell, body: bytes) -> Callable[[int], None]:
    at = urlsplit(ours.url)
    local = threading.local()

    def send(number: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(at.hostname or "", at.port)
        headers = {"Authorization": f"Bearer {ours.key}", "Content-Type": "image/jpeg"}
        local.connection.request("PUT", f"/v1/assets/by-path/up/{number}.jpg", fresh(body, number), headers)
        answer = local.connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"upload answered {answer.status}")

    return send
