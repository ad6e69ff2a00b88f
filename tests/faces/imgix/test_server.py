"""The HTTP server keeps the request target as it was sent, which signatures depend on."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A Granian that runs `target`."""
    chosen = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(chosen), "--no-log"]
    server = subprocess.Popen([*command, "target:app"], cwd=HERE)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", chosen), timeout=1):
                break
            time.sleep(0.05)
        yield chosen
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "target",
    [
        b"/a%2Fb/%C3%A9%c3%a9?w=1&s=0",
        b"//a//b/../c/./d?",
        b"/a?b?c&d==e&&",
        b"/http%3A%2F%2Fe.com%2Fa.png?txt=a+b%20c",
        b"/a;b=1/x'()*!$,@:~?q='()|{}",
        b"/%7Etext?txt64=aa",
        "/é?ü=ö".encode(),
    ],
)
def test_raw_target(port: int, target: bytes) -> None:
    """Nothing of the target is decoded, re-encoded, joined or dropped on its way to the application."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: photos.imgix.net\r\nConnection: close\r\n\r\n")
        with wire.makefile("rb") as answer:
            body = answer.read().partition(b"\r\n\r\n")[2]
    assert body == target
