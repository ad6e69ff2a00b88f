"""How the server and a render worker talk: frames of bytes over two pipes.

All of it is JSON, read field by field: a worker that a hostile picture has taken over can say wrong things, but cannot
make the server run anything. (It is also ten times as quick to write as a pickle of so many small values.)
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from imagewell import errors
from imagewell.imaging.work import Facts, RenderOrder, Rendition

LENGTH = struct.Struct("<I")
MAX_FRAME_BYTES = 16 * 1024 * 1024

READY = b"ready"
"""A worker's first frame: it has imported what it needs."""
RENDER, PROBE = b"r", b"p"
"""First byte of an order."""

_orders: TypeAdapter[RenderOrder] = TypeAdapter(RenderOrder)
_count = struct.Struct("<Q")


class Tally:
    """How many orders a worker has read, in memory that it shares with the server.

    Should it die, this tells whether its last order may be why. A message would do too, but would wake the server in
    the middle of every render.
    """

    def __init__(self, file: int) -> None:
        self._page = mmap.mmap(file, _count.size)

    @property
    def count(self) -> int:
        """Orders read so far."""
        return int(_count.unpack(self._page[:])[0])

    def add(self) -> None:
        """One more was read."""
        self._page[:] = _count.pack(self.count + 1)

    def close(self) -> None:
        """Give the page back."""
        self._page.close()


def frame(body: bytes) -> bytes:
    """`body` with its length before it."""
    return LENGTH.pack(len(body)) + body


def order(asked: RenderOrder | tuple[str, bool]) -> bytes:
    """A render order, or a path to probe and whether to decode all of it."""
    if isinstance(asked, RenderOrder):
        return RENDER + _orders.dump_json(asked, exclude_defaults=True)
    return PROBE + to_json(asked)


def read_order(body: bytes) -> RenderOrder | tuple[str, bool]:
    """What `order` wrote."""
    if body[:1] == RENDER:
        return _orders.validate_json(body[1:])
    path, decode = from_json(body[1:])
    return str(path), bool(decode)


def answer(result: Facts | Rendition, rss_mb: int) -> bytes:
    """What a worker says of an order that went well."""
    return to_json({type(result).__name__: asdict(result), "rss_mb": rss_mb})


def refusal(refused: errors.Refusal, rss_mb: int) -> bytes:
    """What a worker says of an order that it refuses: the class by its code, its facts and its sentence."""
    facts = {name: value for name, value in vars(refused).items() if isinstance(value, str | int | float | None)}
    return to_json({"code": refused.code, "message": str(refused), "facts": facts, "rss_mb": rss_mb})


def read(body: bytes) -> tuple[Facts | Rendition | errors.Refusal, int]:
    """A worker's answer and its private memory in MB. Raises ValueError for anything that is not one."""
    try:
        document = from_json(body)
        return _result(document), int(document["rss_mb"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an answer of a render worker") from error


def _result(document: dict[str, Any]) -> Facts | Rendition | errors.Refusal:
    if "Rendition" in document:
        return Rendition(**document["Rendition"])
    if "Facts" in document:
        return Facts(**document["Facts"])
    return _revived(_BY_CODE[document["code"]], str(document["message"]), dict(document["facts"]))


def _revived(kind: type[errors.Refusal], message: str, facts: dict[str, Any]) -> errors.Refusal:
    """The refusal as it was raised, without its constructor: each class has its own arguments."""
    refused = kind.__new__(kind, message)
    Exception.__init__(refused, message)
    vars(refused).update(facts)
    return refused


def _family(kind: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


_BY_CODE = {kind.code: kind for kind in _family(errors.Refusal)}
