"""Granian with our settings: the only file that imports the HTTP server.

One API process by default. It answers, reads and writes; pixels are made in the render workers that it starts.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes
from granian.http import HTTP1Settings
from granian.server import Server

if TYPE_CHECKING:
    from imagewell.settings import Settings


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what is in flight then has `server.stop_timeout_s` to finish."""
    if settings.server.port == 0:
        settings = settings.model_copy(update={"server": settings.server.model_copy(update={"port": _free_port()})})
        os.environ["IMAGEWELL_SERVER__PORT"] = str(settings.server.port)
    # glibc keeps an arena for every thread, and each keeps what a burst needed. Set before the processes start.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    Server(
        "imagewell.app:create",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.server.host,
        port=settings.server.port,
        workers=settings.server.processes,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=settings.server.header_timeout_s * 1000),
        websockets=False,
        loop=Loops.uvloop,
        runtime_mode=RuntimeModes.st,
        backlog=2048,
        log_enabled=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=settings.server.stop_timeout_s,
    ).serve()


def _free_port() -> int:
    """A port that is free now: the server's own process must know it before it listens, to say where it is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
