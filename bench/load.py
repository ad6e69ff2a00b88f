"""Load from a second process: wrk for rates, an open loop of our own where answers must be told apart by status."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DONE = """
done = function(summary, latency)
  io.stderr:write(string.format('{"requests":%d,"us":%d,"bad":%d,"p50":%d,"p99":%d}',
    summary.requests, summary.duration, summary.errors.status + summary.errors.connect + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


_asked = 0
"""Recipes asked for so far, in steps of more than one measurement can ask for."""


@dataclass(frozen=True)
class Rate:
    per_second: float
    bad: int
    p50_ms: float
    p99_ms: float


def wrk(url: str, script: str, connections: int, seconds: float) -> Rate:
    """Run wrk with a Lua script that defines `request`; the fastest the server answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as lua:
        lua.write(script + DONE)
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{max(1, round(seconds))}s",
        "--timeout",
        "30s",
        "-s",
        lua.name,
        url,
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    Path(lua.name).unlink()
    facts = json.loads(ran.stderr[ran.stderr.index("{") :])
    return Rate(facts["requests"] / facts["us"] * 1e6, facts["bad"], facts["p50"] / 1000, facts["p99"] / 1000)


def cold(paths: list[str]) -> str:
    """A script that asks for one recipe of each picture in turn, then for the next: nothing is asked for twice.

    All recipes are the same work: a height that the width does not let the picture reach changes nothing but the order.
    """
    global _asked
    _asked += 100
    listed = ",".join(f'"{path}"' for path in paths)
    return (
        f"local paths, n = {{{listed}}}, -1\n"
        "request = function() n = n + 1\n"
        f'return wrk.format("GET", paths[n % #paths + 1] .. "&h=" .. ({1000 + _asked} + math.floor(n / #paths))) end\n'
    )


def round_robin(paths: list[str], headers: str = "") -> str:
    listed = ",".join(f'"{path}"' for path in paths)
    return (
        f"local paths, n = {{{listed}}}, 0\n{headers}\n"
        'request = function() n = n % #paths + 1; return wrk.format("GET", paths[n]) end\n'
    )


@dataclass
class Answers:
    seconds: float = 0.0
    ok_ms: list[float] = field(default_factory=list)
    shed_ms: list[float] = field(default_factory=list)
    other: list[int] = field(default_factory=list)


async def open_loop(url: str, paths: list[str], per_second: float, seconds: float) -> Answers:
    """Send at a fixed rate whatever comes back, each request on a connection of its own."""
    global _asked
    _asked += 100
    answers = Answers()
    at = urlsplit(url)
    started = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    count = int(per_second * seconds)
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
        target = f"{paths[number % len(paths)]}&h={1000 + _asked + number // len(paths)}"
        tasks.append(asyncio.create_task(_one(at.hostname or "", at.port or 80, target, answers)))
    answers.seconds = time.perf_counter() - started
    await asyncio.gather(*tasks)
    return answers


async def _one(host: str, port: int, target: str, answers: Answers) -> None:
    started = time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readline()
        await reader.read()
        writer.close()
        status = int(head.split()[1])
    except (OSError, IndexError, ValueError):
        status = 0
    took = (time.perf_counter() - started) * 1000
    if status == 200:
        answers.ok_ms.append(took)
    elif status in (429, 503):
        answers.shed_ms.append(took)
    else:
        answers.other.append(status)
