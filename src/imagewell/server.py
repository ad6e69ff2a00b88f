"""Granian with our settings: the only file that imports the HTTP server.

One API process by default. It answers, reads and writes; pixels are made in the render workers that it starts. The
process here only looks after it, so it reads the five settings it needs by itself: loading the whole tree twice would
make every start slower and this process twice as large. The application checks them all.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from dataclasses import dataclass

from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes
from granian.http import HTTP1Settings
from granian.server import Server

from imagewell.defaults import HEADER_TIMEOUT_S, HOST, PORT, PROCESSES, STOP_TIMEOUT_S

PREFIX = "IMAGEWELL_SERVER__"


@dataclass(frozen=True, slots=True)
class Listening:
    """What of the settings concerns the HTTP server."""

    host: str
    port: int
    processes: int
    header_timeout_s: int
    stop_timeout_s: int


def run() -> None:
    """Serve until SIGTERM or SIGINT; what is in flight then has `stop_timeout_s` to finish."""
    listening = from_environment()
    check_address(listening.host, listening.port)
    # The application must know the port before it listens on it, to say where it is.
    os.environ[PREFIX + "PORT"] = str(listening.port)
    # glibc keeps an arena for every thread, and each keeps what a burst needed. Set before the processes start.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    # Looking for garbage among what was just imported takes a fifth of the start. The application enables it again.
    gc.disable()
    Server(
        "imagewell.app:create",
        factory=True,
        interface=Interfaces.ASGI,
        address=listening.host,
        port=listening.port,
        workers=listening.processes,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=listening.header_timeout_s * 1000),
        websockets=False,
        loop=Loops.uvloop,
        runtime_mode=RuntimeModes.st,
        backlog=2048,
        log_enabled=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=listening.stop_timeout_s,
    ).serve()


def from_environment() -> Listening:
    """The settings, with a free port for port 0; ends the program in one sentence when one is no number."""
    port = _number("PORT", PORT)
    return Listening(
        os.environ.get(PREFIX + "HOST") or HOST,
        port or _free_port(),
        _number("PROCESSES", PROCESSES),
        _number("HEADER_TIMEOUT_S", HEADER_TIMEOUT_S),
        _number("STOP_TIMEOUT_S", STOP_TIMEOUT_S),
    )


def check_address(host: str, port: int) -> None:
    """End the program in one sentence when somebody listens there already, or nobody may.

    The HTTP server shares its port with whoever else is willing to: a second server would take half of the requests.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        sys.exit(f"Cannot listen on {host}:{port}: {error.strerror}. End what listens there, or choose another --port.")


def _number(name: str, default: int) -> int:
    written = os.environ.get(PREFIX + name) or str(default)
    if not (written.isascii() and written.isdigit() and len(written) < 6):
        sys.exit(f"{PREFIX}{name}={written!r}: expected a whole number. See docs/settings.md.")
    return int(written)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
