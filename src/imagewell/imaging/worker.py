"""A render worker: takes orders from a socket, answers on it, and trusts no picture.

Run as `python -m imagewell.imaging.worker PARENT_PID SLOT BOARD_FD SOCKET_FD SETTINGS` by `child.py`, which ends with
it: a worker never outlives the server.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import traceback
from dataclasses import replace

from imagewell.errors import Refusal, RenderFailed, TooLarge
from imagewell.imaging import engine, wire
from imagewell.imaging.board import IDLE, Board
from imagewell.imaging.settings import WorkerSettings
from imagewell.imaging.work import LookOrder, RenderOrder
from imagewell.vision.engines import Engines

PR_SET_PDEATHSIG = 1
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
IDLE_S = 0.5
"""A worker with nothing to do for so long gives spare memory back to the system."""
ALLOCATIONS_BEFORE_COLLECTION = 50_000
KEPT_MB = 96
"""A worker that keeps more than this after an order does so at once; not one that holds engines, which are larger."""
ROOM_BYTES = 4096
"""What an answer needs besides a picture."""

_libc = ctypes.CDLL(None, use_errno=True)


def main(parent: int, slot: int, board: Board, orders: socket.socket, settings: WorkerSettings) -> None:
    """Serve orders until the server closes its end, or it is time to be replaced."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    confine(settings.memory_limit_mb)
    engines = None if settings.engines is None else Engines(settings.engines)
    render = engine.Engine(settings.limits, settings.fonts, engines)
    tame()
    room = longest_message(orders) - ROOM_BYTES
    most_mb = KEPT_MB if engines is None else settings.recycle_rss_mb
    inbox = memoryview(mmap.mmap(-1, wire.LONGEST_BYTES))  # only what is used takes memory
    for _ in range(settings.recycle_after):
        board.set(slot, IDLE)
        message = take(orders, inbox)
        if not message:
            return
        number = wire.order_number(message)
        board.set(slot, number)
        told = None if board.is_given_up(number) else obey(render, message, room)
        if not tell(orders, message_of(number, told, room)):
            return
        if kept_mb(most_mb) > settings.recycle_rss_mb:
            break
    board.set(slot, IDLE)


def obey(render: engine.Engine, message: bytes, room: int) -> wire.Told:
    """Carry out one order; nothing that a picture causes ends the worker."""
    try:
        order = wire.read_order(message)
        if isinstance(order, RenderOrder):
            return render.render(replace(order, answer_bytes=min(order.answer_bytes, room)))
        if isinstance(order, LookOrder):
            return render.look(order)
        return render.probe(*order)
    except Refusal as refused:
        return refused
    except MemoryError:
        return RenderFailed("it needs more memory than is allowed")
    except Exception:
        traceback.print_exc()
        return RenderFailed("the engine cannot render it")


def message_of(number: int, told: wire.Told, room: int) -> bytes:
    """An answer's message; a refusal where it is longer than the server reads."""
    message = wire.answer(number, told)
    if len(message) <= room + ROOM_BYTES:
        return message
    return wire.answer(number, TooLarge(room, "bytes in one answer", len(message)))


def die_with(parent: int) -> None:
    """Be killed when the server ends, however it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)  # it ended before the line above


def confine(memory_mb: int) -> None:
    """Limit the address space; leave no core dumps of people's pictures."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_mb * 1024 * 1024
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def tame() -> None:
    """Have Python look for garbage when there is time for it; in the middle of a picture that takes 3 % of it."""
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_BEFORE_COLLECTION)


def take(orders: socket.socket, inbox: memoryview) -> bytes:
    """The next order, or nothing when the server is gone. After a quiet moment memory is given back.

    The first wait is in the call that takes: the system then wakes one worker for each order, and not all of them.
    """
    rested = False
    while True:
        try:
            return bytes(inbox[: orders.recv_into(inbox, 0, socket.MSG_DONTWAIT if rested else 0)])
        except BlockingIOError:
            if not rested:
                give_back()
                rested = True
            select.select([orders], [], [])


def tell(orders: socket.socket, answer: bytes) -> bool:
    """Send an answer; whether the server is still there to read it."""
    try:
        orders.send(answer)
    except ConnectionError:
        return False
    return True


def give_back() -> None:
    """Return to the system what the allocator holds and nobody uses."""
    gc.collect()
    _libc.malloc_trim(0)


def kept_mb(most: int) -> int:
    """Memory that is still held after an order; where it is more than `most`, after giving back what can be."""
    held = private_mb()
    if held <= most:
        return held
    give_back()
    return private_mb()


def private_mb() -> int:
    """Memory of this process alone, without files that are mapped."""
    with open("/proc/self/statm", "rb", buffering=0) as file:  # noqa: PTH123  # after every order, so the shortest way
        _, resident, shared, _ = file.read(100).split(maxsplit=3)
    return (int(resident) - int(shared)) * PAGE_BYTES // (1024 * 1024)


def longest_message(orders: socket.socket) -> int:
    """Bytes that the system takes in one message (unix(7)) and the server reads."""
    return min(orders.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) - 32, wire.LONGEST_BYTES)


def shared_socket(file: int) -> socket.socket:
    """The workers' end. Its time to wait is a setting of the socket, so one for all who share it."""
    orders = socket.socket(fileno=file)
    seconds, rest = divmod(IDLE_S, 1)
    orders.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", int(seconds), int(rest * 1e6)))
    return orders


if __name__ == "__main__":
    _parent, _slot, _board, _socket = (int(text) for text in sys.argv[1:5])
    main(_parent, _slot, Board(_board), shared_socket(_socket), WorkerSettings.model_validate_json(sys.argv[5]))
