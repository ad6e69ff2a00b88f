"""A real server for tests: `imagewell serve` in its own process, on a free port, with a data folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

IMAGEWELL = Path(sys.executable).parent / "imagewell"
LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass
class LiveServer:
    process: subprocess.Popen[str]
    url: str
    key: str
    data_dir: Path
    output: list[str] = field(default_factory=list)

    def client(self, **options: object) -> httpx.Client:
        """A client that already carries the key."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False, **options)  # type: ignore[arg-type]

    def upload(self, picture: bytes, path: str) -> dict[str, object]:
        with self.client() as client:
            answer = client.put(f"/v1/assets/by-path/{path.lstrip('/')}", content=picture)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def get(self, target: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.url + target, headers=named, timeout=60, trust_env=False)

    def children(self) -> dict[int, str]:
        """Every process below the server, with its command line."""
        found: dict[int, str] = {}
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                for child in map(int, task.read_text().split()):
                    found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                    waiting.append(child)
        return found

    def render_workers(self) -> list[int]:
        """The processes that have libvips loaded."""
        return [pid for pid in self.children() if "libvips" in Path(f"/proc/{pid}/maps").read_text()]

    def memory_mb(self) -> float:
        """What the server and all below it hold in memory of their own, shared pages counted once.

        Not the files they map, such as libraries: how much of those counts depends on who else has them open.
        """
        return sum(_own_mb(pid) for pid in (self.process.pid, *self.children()))

    def rested_mb(self) -> float:
        """`memory_mb` once it no longer falls: workers that rest give back what they spared for the next picture."""
        before = self.memory_mb()
        while True:
            time.sleep(0.7)
            now = self.memory_mb()
            if now > before - 1:
                return now
            before = now

    def kill(self) -> None:
        """kill -9, to the server and all its processes."""
        pids = [self.process.pid, *self.children()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.process.wait(seconds)


def _own_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))) / 1024


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IMAGEWELL_")}
    named = {f"IMAGEWELL_{name.upper()}": value for name, value in settings.items()}
    return {**clean, "IMAGEWELL_DATA_DIR": str(data_dir), "IMAGEWELL_RATES__ENABLED": "false", **named}


def create_key(data_dir: Path, *options: str, **settings: str) -> str:
    command = [str(IMAGEWELL), "keys", "create", "--account", "default", "--json", *options]
    made = subprocess.run(command, env=environment(data_dir, **settings), capture_output=True, text=True, check=True)
    return str(json.loads(made.stdout)["key"])


@contextmanager
def serving(data_dir: Path, key: str | None = None, **settings: str) -> Iterator[LiveServer]:
    """A server that answers; stopped (or killed, if it will not stop) at the end."""
    key = key or create_key(data_dir, **settings)
    command = [str(IMAGEWELL), "serve", "--port", "0"]
    process = subprocess.Popen(
        command, env=environment(data_dir, **settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    server = LiveServer(process, "", key, data_dir)
    try:
        server.url = _listening(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
        if process.stdout is not None:
            process.stdout.close()


def _listening(server: LiveServer, seconds: float = 30) -> str:
    """Wait for the line that says where the server listens, and keep reading what it writes."""
    found = threading.Event()

    def read() -> None:
        try:
            for line in server.process.stdout or ():
                server.output.append(line)
                if LISTENING.search(line):
                    found.set()
        except ValueError:
            return  # closed by the test

    threading.Thread(target=read, daemon=True).start()
    ends = time.monotonic() + seconds
    while not found.wait(0.05):
        if server.process.poll() is not None or time.monotonic() > ends:
            raise AssertionError("the server did not start:\n" + "".join(server.output))
    match = next(match for line in server.output if (match := LISTENING.search(line)))
    url = f"http://127.0.0.1:{match[1]}"
    while time.monotonic() < ends:  # the line is printed a moment before the socket accepts
        try:
            httpx.get(f"{url}/healthz", trust_env=False)
            return url
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError("the server does not answer:\n" + "".join(server.output))
