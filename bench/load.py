"""Load from a second process: wrk, which takes little of the cores that are under measure."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

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


def round_robin(paths: list[str], headers: str = "", method: str = "GET") -> str:
    listed = ",".join(f'"{path}"' for path in paths)
    return (
        f"local paths, n = {{{listed}}}, 0\n{headers}\n"
        f'request = function() n = n % #paths + 1; return wrk.format("{method}", paths[n]) end\n'
    )


@dataclass
class Answers:
    """What came back under a flood. ok_ms, shed_ms: how long each 200 and each 429 or 503 took."""

    seconds: float
    ok_ms: list[float] = field(default_factory=list)
    shed_ms: list[float] = field(default_factory=list)
    other: list[int] = field(default_factory=list)

    @property
    def asked_per_second(self) -> float:
        return (len(self.ok_ms) + len(self.shed_ms) + len(self.other)) / self.seconds


CONNECTIONS = 512
MEAN_ANSWER_S = 0.1
"""What an answer takes on average under such a flood; it is taken off each connection's pause."""

FLOOD = """
local ffi = require("ffi")
ffi.cdef[[ typedef struct { long s; long ns; } imagewell_time; int clock_gettime(int, imagewell_time *); ]]
local at = ffi.new("imagewell_time")
local function now_ms() ffi.C.clock_gettime(1, at); return tonumber(at.s) * 1000 + tonumber(at.ns) / 1e6 end
local out = io.open("%s", "w")
local ask = request
request = function() wrk.headers["X-Request-ID"] = string.format("%%015.3f", now_ms()); return ask() end
delay = function() return math.random() * 2 * %d end
response = function(status, headers)
  local sent = tonumber(headers["x-request-id"])
  out:write(status, " ", sent and string.format("%%.1f", now_ms() - sent) or "0", "\\n")
end
"""


def flood(url: str, paths: list[str], per_second: float, seconds: float) -> Answers:
    """Ask at a rate, whatever comes back: many connections that each pause after an answer.

    wrk does it, since a generator in Python would take a core of its own. The time of each answer is told by the
    request id, which the server gives back.
    """
    pause_ms = max(1, round((CONNECTIONS / per_second - MEAN_ANSWER_S) * 1000))
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as told:
        wrk(url, cold(paths) + FLOOD % (told.name, pause_ms), CONNECTIONS, seconds)
        answers = Answers(max(1, round(seconds)))
        for line in told:
            status, took_ms = line.split()
            if status == "200":
                answers.ok_ms.append(float(took_ms))
            elif status in ("429", "503"):
                answers.shed_ms.append(float(took_ms))
            else:
                answers.other.append(int(status))
    return answers
