"""The process that runs diffusers: orders in, pictures out, a line of JSON each.

Run as `python -m imagewell.imagine.diffusion_worker SOCKET_FD SETTINGS` by `diffusion_child.py`. It hears
`{"number", "prompt", …, "to", "model"}` and `{"cancel": number}`. It says `{"loading": true|false, "memory_mb"}` of
itself, and of an order `{"number", "done", "total"}` after each step and at its end one of `made`, `cancelled` and
`failed`. When the server is gone, so is it.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from imagewell.imagine.settings import DiffusersSettings

NICENESS = 5
"""On a CPU a picture takes all cores for minutes; the server's own work goes first."""


class Cancelled(Exception):
    """Nobody wants the picture any more."""


class Line:
    """The line to the server. A thread listens, so that a cancel is heard while a step is being made."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> dict[str, Any]:
        """The next order, whenever it comes."""
        return self._orders.get()

    def is_cancelled(self, number: int) -> bool:
        """Whether the server wants this order no more."""
        return number in self._cancelled

    def say(self, **message: Any) -> None:
        """Tell the server."""
        with suppress(OSError):  # it is gone; the listener sees that too
            self._server.sendall(json.dumps(message).encode() + b"\n")

    def _listen(self) -> None:
        with suppress(OSError), self._server.makefile("rb") as lines:
            for line in lines:
                heard = json.loads(line)
                if "cancel" in heard:
                    self._cancelled.add(heard["cancel"])
                else:
                    self._orders.put(heard)
        os._exit(0)  # even in the middle of a picture


def main(server: socket.socket, settings: DiffusersSettings) -> None:
    """Serve orders until the server hangs up."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    line = Line(server)
    from imagewell.imagine.pipelines import Pipelines

    pipelines = Pipelines(settings)
    line.say(loading=False, memory_mb=pipelines.memory_mb())
    while True:
        obey(line, pipelines, line.next())


def obey(line: Line, pipelines: Any, order: dict[str, Any]) -> None:
    """Carry out one order; what goes wrong is said, and the process lives on."""
    number = order["number"]
    try:
        stop_if_cancelled(line, number)
        if not pipelines.has(order["model"]):
            line.say(loading=True)
            try:
                pipelines.load(order["model"])
            finally:
                line.say(loading=False, memory_mb=pipelines.memory_mb())
        stop_if_cancelled(line, number)
        pipelines.make(order, after_each(line, number))
        line.say(number=number, made=True, memory_mb=pipelines.memory_mb())
    except Cancelled:
        line.say(number=number, cancelled=True)
    except Exception as error:
        traceback.print_exc()
        line.say(number=number, failed=f"{type(error).__name__}: {error}"[:2000], memory_mb=pipelines.memory_mb())
        pipelines.tidy()


def after_each(line: Line, number: int) -> Callable[[int, int], None]:
    """What happens after each step: it is told, and stops there when nobody wants the picture any more."""

    def after(done: int, total: int) -> None:
        stop_if_cancelled(line, number)
        line.say(number=number, done=done, total=total)

    return after


def stop_if_cancelled(line: Line, number: int) -> None:
    """Raises Cancelled when the server said so."""
    if line.is_cancelled(number):
        raise Cancelled


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), DiffusersSettings.model_validate_json(sys.argv[2]))
