"""Hot pictures and revalidation, against nginx serving the same bytes as files."""

from __future__ import annotations

import statistics
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench import load, servers
from bench.photos import Photo
from bench.table import Row

PICTURES = 100
CONNECTIONS = 64


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    files = folder / "hot-files"
    files.mkdir(parents=True, exist_ok=True)
    with servers.imagewell(folder / "hot") as ours, servers.nginx(files) as nginx:
        base = ours.upload(photos["m"].path, "m.jpg", "image/jpeg")
        targets = [f"{base}?w={500 + n}&fm=jpg&q=75" for n in range(PICTURES)]
        tags, sizes = [], []
        for number, target in enumerate(targets):
            with urllib.request.urlopen(ours.url + target) as answer:
                body = answer.read()
                tags.append(answer.headers["etag"])
            (files / f"{number}.jpg").write_bytes(body)
            sizes.append(len(body))
        names = [f"/{number}.jpg" for number in range(PICTURES)]
        note = f"{PICTURES} pictures of {statistics.mean(sizes) / 1000:.0f} kB"
        yield compare("hot", ours.url, load.round_robin(targets), nginx, load.round_robin(names), seconds, rounds, note)
        file_tags = []
        for name in names:
            with urllib.request.urlopen(nginx + name) as answer:
                file_tags.append(answer.headers["etag"])
        yield compare(
            "revalidation", ours.url, asking(targets, tags), nginx, asking(names, file_tags), seconds, rounds, "304"
        )


def asking(paths: list[str], tags: list[str]) -> str:
    listed = ",".join(f'"{path}"' for path in paths)
    quoted = ",".join(f"'{tag}'" for tag in tags)
    return (
        f"local paths, tags, n = {{{listed}}}, {{{quoted}}}, 0\n"
        "request = function() n = n % #paths + 1\n"
        'return wrk.format("GET", paths[n], {["If-None-Match"] = tags[n]}) end\n'
    )


def compare(
    name: str, ours: str, our_script: str, nginx: str, its_script: str, seconds: float, rounds: int, note: str
) -> Row:
    ratios, rates = [], []
    for _ in range(rounds):
        top = load.wrk(nginx, its_script, CONNECTIONS, seconds)
        rate = load.wrk(ours, our_script, CONNECTIONS, seconds)
        if rate.bad or top.bad:
            raise SystemExit(f"{rate.bad} of our and {top.bad} of nginx's answers failed in row {name}")
        ratios.append(rate.per_second / top.per_second)
        rates.append(rate.per_second)
    ratio = statistics.median(ratios)
    return Row(
        f"{name}, {CONNECTIONS} connections",
        "≥ 0.50 of nginx",
        f"{ratio:.2f}",
        ratio >= 0.5,
        f"{note}; {statistics.median(rates):.0f}/s",
    )
