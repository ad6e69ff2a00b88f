"""A render worker: reads orders from one pipe, answers on another, and trusts no picture.

Run as `python -m imagewell.imaging.worker PARENT_PID TALLY_FD` by `child.py`, which ends with it: a worker never
outlives the server.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import signal
import sys
import traceback
from pathlib import Path

from imagewell.errors import Refusal, RenderFailed
from imagewell.imaging import engine, wire
from imagewell.imaging.settings import RenderSettings
from imagewell.imaging.work import Facts, Rendition

PR_SET_PDEATHSIG = 1
IDLE_S = 0.5
"""A worker with nothing to do for so long gives spare memory back to the system."""
KEPT_MB = 96
"""A worker that keeps more than this after an order does so at once."""

_libc = ctypes.CDLL(None, use_errno=True)


def main(parent: int, tally: wire.Tally) -> None:
    """Serve orders until the pipe from the server closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    orders, answers = private_pipes()
    settings = RenderSettings.model_validate_json(receive(orders))
    confine(settings.memory_limit_mb)
    render = engine.Engine(settings.limits, settings.fonts)
    send(answers, wire.READY)
    while True:
        rest(orders)
        body = receive(orders)
        tally.add()
        send(answers, obey(render, body))


def obey(render: engine.Engine, body: bytes) -> bytes:
    """One order, and what to say of it; nothing that a picture causes ends the worker."""
    try:
        order = wire.read_order(body)
        result: Facts | Rendition = render.probe(*order) if isinstance(order, tuple) else render.render(order)
    except Refusal as refused:
        return wire.refusal(refused, kept_mb())
    except MemoryError:
        return wire.refusal(RenderFailed("it needs more memory than is allowed"), kept_mb())
    except Exception:
        traceback.print_exc()
        return wire.refusal(RenderFailed("the engine cannot render it"), kept_mb())
    return wire.answer(result, kept_mb())


def die_with(parent: int) -> None:
    """Be killed when the server ends, however it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)  # it ended before the line above


def private_pipes() -> tuple[int, int]:
    """The two pipes, moved away from standard input and output, which libraries may use."""
    orders, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return orders, answers


def confine(memory_mb: int) -> None:
    """Limit the address space; leave no core dumps of people's pictures."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_mb * 1024 * 1024
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def rest(pipe: int) -> None:
    """Wait for the next order; give memory back after a quiet moment."""
    if not select.select([pipe], [], [], IDLE_S)[0]:
        give_back()


def give_back() -> None:
    """Return to the system what the allocator holds and nobody uses."""
    gc.collect()
    _libc.malloc_trim(0)


def kept_mb() -> int:
    """Memory that is still held after an order."""
    if private_mb() > KEPT_MB:
        give_back()
    return private_mb()


def receive(pipe: int) -> bytes:
    """One message of the server; ends the process when the server has closed the pipe."""
    (length,) = wire.LENGTH.unpack(_read_exactly(pipe, wire.LENGTH.size))
    return _read_exactly(pipe, length)


def send(pipe: int, body: bytes) -> None:
    """One message to the server."""
    left = memoryview(wire.frame(body))
    while left:
        left = left[os.write(pipe, left) :]


def private_mb() -> int:
    """Memory of this process alone, without files that are mapped."""
    _, resident, shared = Path("/proc/self/statm").read_text().split()[:3]
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)


def _read_exactly(pipe: int, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        piece = os.read(pipe, count - len(found))
        if not piece:
            sys.exit(0)
        found += piece
    return bytes(found)


if __name__ == "__main__":
    main(int(sys.argv[1]), wire.Tally(int(sys.argv[2])))
