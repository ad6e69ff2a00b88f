"""Pictures out: one prepared answer, sent as plain ASGI messages; the hot path of every delivery road.

`prepare` builds the headers once. Keep the `Prepared` beside the cached bytes: a hot request is then a look-up and
two messages. `respond` decides between 200, 206, 304 and 416 (RFC 9110 §13, §14) and knows GET and HEAD; a router
refuses other methods before it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from imagewell.delivery.headers import cache_control as max_age
from imagewell.delivery.order import StoreRef
from imagewell.faces.kit import ranges
from imagewell.faces.kit.asgi import Headers, Scope, Send
from imagewell.faces.kit.middleware import request_id_of
from imagewell.faces.kit.pictures import ByteStore, Picture

SVG_POLICY = b"sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""An SVG opened by its address runs nothing and loads nothing."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer made once and sent many times.

    headers: all of a 200 but Content-Length, names in lower case; `full` are the same with it.
    etag: quoted; modified: the HTTP date, or empty.
    """

    body: bytes | StoreRef
    size: int
    headers: Headers
    full: Headers
    etag: bytes
    modified: bytes


def prepare(
    picture: Picture,
    *,
    cache_control: str | None = None,
    download: str | None = None,
    inline: str | None = None,
    extra: Iterable[tuple[str, str]] = (),
) -> Prepared:
    """The reusable answer for `picture`.

    Args:
        cache_control: in place of the one made from the picture's own figures.
        download: file name of an attachment. inline: file name to save under, shown in place.
        extra: further headers, names in lower case, values free of control characters; a `vary` here is the only one.
    """
    etag = _quoted(picture.etag)
    modified = b"" if picture.last_modified is None else _http_date(picture.last_modified)
    headers = [
        (b"content-type", picture.content_type.encode("latin-1")),
        (b"etag", etag),
        (b"cache-control", (cache_control or max_age(picture.max_age_s, picture.stale_s)).encode("latin-1")),
        (b"accept-ranges", b"bytes"),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if modified:
        headers.append((b"last-modified", modified))
    named = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in extra]
    if picture.varies and not any(name == b"vary" for name, _ in named):
        headers.append((b"vary", b"Accept"))
    if picture.content_type.startswith("image/svg"):
        headers.append((b"content-security-policy", SVG_POLICY))
    if download is not None or inline is not None:
        kind = "inline" if download is None else "attachment"
        headers.append((b"content-disposition", disposition(kind, download or inline or "").encode("ascii")))
    headers.extend(named)
    size = len(picture.body) if isinstance(picture.body, bytes) else picture.body.size
    full = [*headers, (b"content-length", b"%d" % size)]
    return Prepared(picture.body, size, headers, full, etag, modified)


async def respond(
    scope: Scope, send: Send, prepared: Prepared, store: ByteStore | None = None, extra: Headers | None = None
) -> int:
    """Answer a GET or HEAD request; returns the status for the log line.

    Args:
        store: where a `StoreRef` is read; not needed when the body is in memory.
        extra: headers of this one answer, such as what the cache said.
    Raises: whatever the store raises, before the first message where it can be known by then.
    """
    status, start, end = decide(scope, prepared)
    own = [(b"x-request-id", request_id_of(scope).encode("ascii")), *(extra or ())]
    if status == 200:
        headers = [*prepared.full, *own]
    elif status == 206:
        span = b"bytes %d-%d/%d" % (start, end - 1, prepared.size)
        headers = [*prepared.headers, (b"content-length", b"%d" % (end - start)), (b"content-range", span), *own]
    elif status == 416:
        refused = (b"content-range", b"bytes */%d" % prepared.size)
        headers = [*prepared.headers, (b"content-length", b"0"), refused, *own]
    else:
        headers = [*prepared.headers, *own]
    if status >= 300 or scope["method"] == "HEAD":
        await _send_whole(send, status, headers, b"")
    elif isinstance(prepared.body, bytes):
        body = prepared.body if status == 200 else prepared.body[start:end]
        await _send_whole(send, status, headers, body)
    else:
        assert store is not None, "a picture in the store needs the store"
        await _send_stream(send, status, headers, store.stream(prepared.body.key, start, end))
    return status


def decide(scope: Scope, prepared: Prepared) -> tuple[int, int, int]:
    """Status and the bytes to send, `start` inclusive and `end` exclusive: preconditions first, then the range."""
    none_match = modified_since = span = if_range = None
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            none_match = value if none_match is None else none_match + b"," + value
        elif name == b"if-modified-since":
            modified_since = value
        elif name == b"range":
            span = value
        elif name == b"if-range":
            if_range = value
    if none_match is not None:
        if ranges.etag_listed(none_match, prepared.etag):
            return 304, 0, 0
    elif modified_since is not None and ranges.unmodified(modified_since, prepared.modified):
        return 304, 0, 0
    if span is None or scope["method"] != "GET" or not _range_holds(if_range, prepared):
        return 200, 0, prepared.size
    return ranges.single(span, prepared.size)


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition value (RFC 6266): an ASCII name for old clients, the true one in `filename*`.

    Nothing of `name` can end the value or begin another header: control characters, quotes, slashes go.
    """
    clean = "".join("_" if c in '"\\/' or not c.isprintable() else c for c in name)[:200].strip() or "file"
    ascii_name = "".join(c if c.isascii() else "_" for c in clean)
    value = f'{kind}; filename="{ascii_name}"'
    if ascii_name == clean:
        return value
    return f"{value}; filename*=UTF-8''{quote(clean.encode('utf-8', 'replace'), safe='')}"


@lru_cache(maxsize=256)
def _http_date(moment: datetime) -> bytes:
    return format_datetime(moment, usegmt=True).encode()


def _quoted(etag: str) -> bytes:
    return (etag if etag.endswith('"') else f'"{etag}"').encode("latin-1")


def _range_holds(if_range: bytes | None, prepared: Prepared) -> bool:
    """If-Range: a strong entity tag or an exact date (RFC 9110 §13.1.5)."""
    if if_range is None:
        return True
    if prepared.etag.startswith(b"W/"):
        return bool(prepared.modified) and if_range == prepared.modified
    return if_range == prepared.etag or (bool(prepared.modified) and if_range == prepared.modified)


async def _send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def _send_stream(send: Send, status: int, headers: Headers, chunks: AsyncIterator[bytes]) -> None:
    """The first chunk is read before the status goes out, so that a missing blob can still be refused in words."""
    async with aclosing(_generator(chunks)) as stream:
        chunk = await anext(stream, b"")
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for following in stream:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = following
        await send({"type": "http.response.body", "body": chunk})


async def _generator(chunks: AsyncIterator[bytes]):  # type: ignore[no-untyped-def]  # a generator can be closed
    async for chunk in chunks:
        yield chunk
