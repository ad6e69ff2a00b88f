"""How the server and its render workers talk: whole messages over two sockets that all of them share.

Whoever is free takes the next order: the system hands each message to one worker, and one that dies takes nothing with
it but the order it was at. All of it but the pictures themselves is JSON, read field by field: a worker that a hostile
picture has taken over can say wrong things, but cannot make the server run anything.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from imagewell import errors
from imagewell.imaging.work import Facts, LookOrder, RenderOrder, Rendition, Seen
from imagewell.transform import spelling
from imagewell.transform.model import Transformation

Asked = RenderOrder | LookOrder | tuple[str, bool]
"""What a worker is given: a render order, one to look, or a path to probe and whether to decode all of it."""
Told = Facts | Rendition | Seen | errors.Refusal | None
"""What it says of it; None where it skipped the order."""

LONGEST_BYTES = 1024 * 1024
"""Of any message; the system may allow less, and says so when one is sent."""
RENDER, PROBE, LOOK = b"r", b"p", b"l"

_number = struct.Struct("<Q")
HEAD_BYTES = _number.size
_order = struct.Struct("<QcI")
_answer = struct.Struct("<QI")


def pair() -> tuple[socket.socket, socket.socket]:
    """The server's end and the workers' end, with as much room for one message as the system gives."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_BYTES)
    ours.setblocking(False)
    return ours, theirs


def order(number: int, asked: Asked) -> bytes:
    """The message of an order."""
    if isinstance(asked, LookOrder):
        return _order.pack(number, LOOK, 0) + to_json((asked.engine, asked.path, dict(asked.options)))
    if not isinstance(asked, RenderOrder):
        return _order.pack(number, PROBE, 0) + to_json(asked)
    spelled = asked.spelled or spelling.spell_json(asked.transformation)
    rest = (dict(asked.inputs), asked.write_to, asked.origin_type, asked.origin_bytes, asked.answer_bytes,
            asked.max_side_px, asked.hashed)  # fmt: skip
    return _order.pack(number, RENDER, len(spelled)) + spelled + to_json(rest)


def order_number(message: bytes) -> int:
    """Of an order's message, or of its first `HEAD_BYTES`."""
    return int(_number.unpack_from(message)[0])


def renumbered(message: bytes, number: int) -> bytes:
    """An order's message under another number."""
    return _number.pack(number) + message[HEAD_BYTES:]


def read_order(message: bytes) -> Asked:
    """What `order` was given."""
    _, kind, length = _order.unpack_from(message)
    at = _order.size
    if kind == PROBE:
        path, decode = from_json(message[at:])
        return str(path), bool(decode)
    if kind == LOOK:
        return LookOrder(*from_json(message[at:]))
    inputs, *rest = from_json(message[at + length :])
    return RenderOrder(inputs, _transformation(message[at : at + length]), *rest)


@lru_cache(maxsize=128)
def _transformation(spelled: bytes) -> Transformation:
    """Few recipes serve many pictures."""
    return spelling.read_json(spelled)


def answer(number: int, told: Told) -> bytes:
    """The message of an answer; a small rendition's bytes are in it."""
    body = b""
    if isinstance(told, Rendition):
        body = told.body or b""
        head = to_json(("Rendition", told.content_type, told.width, told.height, told.size_bytes, told.frames,
                        told.timings_ms, told.body is not None, told.has_alpha, told.sha256))  # fmt: skip
    elif isinstance(told, Facts):
        head = to_json(("Facts", told.format, told.width, told.height, told.frames, told.has_alpha, told.orientation))
    elif isinstance(told, Seen):
        head = to_json(("Seen", told.document))
    elif told is None:
        head = to_json(("Skipped",))
    else:
        facts = {name: value for name, value in vars(told).items() if isinstance(value, str | int | float | None)}
        head = to_json(("Refusal", told.code, str(told), facts))
    return _answer.pack(number, len(head)) + head + body


def read_answer(message: memoryview) -> tuple[int, Told]:
    """The number of an order and what a worker said of it. Raises ValueError for anything that is not an answer."""
    try:
        number, length = _answer.unpack_from(message)
        end = _answer.size + length
        kind, *rest = from_json(bytes(message[_answer.size : end]))
        return number, _TOLD[kind](rest, message[end:])
    except (KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError("not an answer of a render worker") from error


def _rendition(rest: list[Any], body: memoryview) -> Rendition:
    *facts, here, has_alpha, sha256 = rest
    content_type, width, height, size, frames, timings_ms = facts
    data = bytes(body) if here else None
    return Rendition(content_type, width, height, size, frames, timings_ms, data, bool(has_alpha), str(sha256))


def _refusal(rest: list[Any], _: memoryview) -> errors.Refusal:
    """The refusal as it was raised, without its constructor: each class has its own arguments."""
    code, message, facts = rest
    kind = _BY_CODE[code]
    refused = kind.__new__(kind, str(message))
    Exception.__init__(refused, str(message))
    vars(refused).update(dict(facts))
    return refused


_TOLD: dict[str, Any] = {
    "Rendition": _rendition,
    "Facts": lambda rest, _: Facts(*rest),
    "Seen": lambda rest, _: Seen(*rest),
    "Refusal": _refusal,
    "Skipped": lambda rest, _: None,
}


def _family(kind: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


_BY_CODE = {kind.code: kind for kind in _family(errors.Refusal)}
