"""How the server and a render worker talk: frames of bytes over two pipes.

Orders go down as pickles: the server is trusted. Answers come up as JSON and are read field by field: a worker that a
hostile picture has taken over can say wrong things, but cannot make the server run anything.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from imagewell import errors
from imagewell.imaging.work import Facts, Rendition

LENGTH = struct.Struct("<I")
MAX_FRAME_BYTES = 16 * 1024 * 1024

READY = b"ready"
"""A worker's first frame: it has imported what it needs."""
BEGUN = b"begun"
"""A worker has read an order: should it die now, this order may be why."""


def frame(body: bytes) -> bytes:
    """`body` with its length before it."""
    return LENGTH.pack(len(body)) + body


def answer(result: Facts | Rendition, rss_mb: int) -> bytes:
    """What a worker says of an order that went well."""
    return json.dumps({type(result).__name__: asdict(result), "rss_mb": rss_mb}, default=dict).encode()


def refusal(refused: errors.Refusal, rss_mb: int) -> bytes:
    """What a worker says of an order that it refuses: the class by its code, its facts and its sentence."""
    facts = {name: value for name, value in vars(refused).items() if isinstance(value, str | int | float | None)}
    return json.dumps({"code": refused.code, "message": str(refused), "facts": facts, "rss_mb": rss_mb}).encode()


def read(body: bytes) -> tuple[Facts | Rendition | errors.Refusal, int]:
    """A worker's answer and its private memory in MB. Raises ValueError for anything that is not one."""
    document = json.loads(body)
    try:
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
