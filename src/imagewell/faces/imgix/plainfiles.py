"""The two files of a source that are no pictures, and the answer to a CORS preflight."""

from __future__ import annotations

from imagewell.faces.kit.asgi import Headers, Send, send_body
from imagewell.sources.view import SourceView

ALLOW = ("GET", "HEAD", "OPTIONS")
AGE_S = 3600
ROBOTS = {
    "allow-all": b"User-agent: *\nAllow: /\n",
    "disallow-all": b"User-agent: *\nDisallow: /\n",
}
CROSSDOMAIN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<cross-domain-policy>'
    b'<allow-access-from domain="*" secure="false"/></cross-domain-policy>\n'
)


def plain_file(source: SourceView, path: str) -> tuple[bytes, bytes] | None:
    """Body and content type of `/robots.txt` or `/crossdomain.xml`, where the source's settings make one."""
    if path == "/robots.txt" and source.robots in ROBOTS:
        return ROBOTS[source.robots], b"text/plain; charset=utf-8"
    if path == "/crossdomain.xml" and source.crossdomain_xml_enabled:
        return CROSSDOMAIN, b"text/x-cross-domain-policy"
    return None


async def send_file(send: Send, method: str, file: tuple[bytes, bytes]) -> None:
    """Answer with one of them."""
    body, content_type = file
    headers: Headers = [
        (b"content-type", content_type),
        (b"cache-control", b"public, max-age=%d" % AGE_S),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if method == "HEAD":
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": b""})
        return
    await send_body(send, 200, headers, body)


async def send_preflight(send: Send) -> None:
    """Answer OPTIONS: any page may read pictures, with the headers that matter to them."""
    headers: Headers = [
        (b"allow", ", ".join(ALLOW).encode()),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", ", ".join(ALLOW).encode()),
        (b"access-control-allow-headers", b"Range, If-None-Match, If-Modified-Since, Width, DPR, Save-Data"),
        (b"access-control-max-age", b"86400"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
