"""What the delivery road reads of a request: the raw target, the host, and the few headers that count."""

from __future__ import annotations

from typing import NamedTuple

from imagewell.faces.imgix.hints import NO_HINTS, Hints
from imagewell.faces.kit.asgi import Scope
from imagewell.sources.names import host_of as host_name

__all__ = ["Request", "host_name", "read"]

_READ = frozenset(
    {b"host", b"accept", b"width", b"sec-ch-width", b"dpr", b"sec-ch-dpr", b"save-data"},
)
NOT_HINTS = frozenset({b"host", b"accept"})


class Request(NamedTuple):
    """One request. A tuple, since one is made for every request and is compared with others.

    host: lower case, without port. path, query: the bytes of the request target, nothing decoded. length: characters
    of the whole URL.
    """

    method: str
    host: str
    path: bytes
    query: bytes
    accept: str
    client: Hints
    length: int


def read(scope: Scope) -> Request:
    """The request of an ASGI scope. The server gives the raw target as `raw_path` and `query_string`."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            text = value.decode("latin-1")
            found[name] = f"{found[name]},{text}" if name == b"accept" and name in found else text
    path, query = scope["raw_path"], scope["query_string"]
    authority = found.get(b"host", "")
    length = len(scope["scheme"]) + len("://") + len(authority) + len(path) + (1 + len(query) if query else 0)
    return Request(scope["method"], host_name(authority), path, query, found.get(b"accept", ""), _hints(found), length)


def _hints(found: dict[bytes, str]) -> Hints:
    if found.keys() <= NOT_HINTS:
        return NO_HINTS
    return Hints(
        found.get(b"sec-ch-width") or found.get(b"width", ""),
        found.get(b"sec-ch-dpr") or found.get(b"dpr", ""),
        found.get(b"save-data", ""),
    )
