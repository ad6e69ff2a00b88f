"""Four times what the server can do, for a few seconds."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from pathlib import Path

from bench import cold, limit, load, servers
from bench.photos import Photo
from bench.table import Row


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    photo, shares, p99s, sheds, asked, others = photos["m"], [], [], [], [], 0
    with servers.imagewell(folder / "overload") as ours:
        targets = [path + "?w=400&fm=jpg&q=75" for path in ours.upload_copies(photo, cold.PICTURES)]
        for _ in range(rounds):
            top = limit.images_per_second(photo.path, "jpeg", seconds, os.cpu_count() or 2)
            answers = load.flood(ours.url, targets, 4 * top, seconds)
            asked.append(answers.asked_per_second / top)
            shares.append(len(answers.ok_ms) / answers.seconds / top)
            p99s.append(percentile(answers.ok_ms, 99))
            sheds.append(percentile(answers.shed_ms, 99))
            others += len(answers.other)
    share, p99, shed = statistics.median(shares), statistics.median(p99s), statistics.median(sheds)
    yield Row(
        "4 × overload, goodput",
        "≥ 0.90 of the limit",
        f"{share:.2f}",
        share >= 0.9,
        f"asked {statistics.median(asked):.1f} times the limit; {others} other answers",
    )
    yield Row("4 × overload, p99 of answered", "≤ 3 s", f"{p99 / 1000:.2f} s", p99 <= 3000)
    yield Row("4 × overload, 503 within (p99)", "< 100 ms", f"{shed:.0f} ms", shed < 100)


def percentile(values: list[float], share: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)] if values else 0.0
