"""The pages that the `type` of an error leads to: what happened, and what to do about it."""

from __future__ import annotations

import html
from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from imagewell.errors import NotFound
from imagewell.faces.imgprocessing.errors import ROWS, TITLES

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
ABOUT: Mapping[str, str] = {
    "bad-request": "The body is not a JSON object, or not a form that can be read. Send one, with its content type.",
    "unauthorized": "No valid API key came in the header x-api-key. Keys begin with live_ or test_.",
    "quota-exceeded": "What the account may do in a month is used up. The operator can raise the quota.",
    "forbidden": "The key may not do this: a scope is missing, or text was to be extracted under a test key.",
    "not-found": "There is no such image or address. Images of another account or stage answer the same.",
    "method-not-allowed": "The address is right and the method is not; the header Allow names those that are.",
    "request-timeout": "The body stopped coming. Send it again.",
    "conflict": "Two changes met at one moment. Send yours again.",
    "payload-too-large": "The file or the body is larger than is allowed; the message says how large it may be.",
    "unsupported-media-type": "The content type of the request is not the one that is read at this address.",
    "validation-error": "Fields break their rules. “errors” names each field and says what it must be.",
    "too-many-requests": "The key has made its requests for this minute. Come back after Retry-After seconds.",
    "internal-error": "The server failed. Its operator finds the reason by the X-Request-Id of the answer.",
    "unavailable": "Busy, out of time, or an engine is not installed (the message then names the command that "
    "installs it). Come back after Retry-After seconds.",
}
STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"
STATUSES: Mapping[str, int] = {row.code: row.status for row in ROWS.values() if row.code and row.status}

router = APIRouter(include_in_schema=False)


@router.get("/docs/errors/{kind}")
async def error_page(kind: str) -> HTMLResponse:
    """Where the `type` of an error leads."""
    title = TITLES.get(kind)
    if title is None:
        raise NotFound("path")
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{STATUSES[kind]} {html.escape(title)}</h1>"
        f'<p>{html.escape(ABOUT[kind])}</p><p><a href="../../docs">The API</a></p></body></html>'
    )
    return HTMLResponse(page, headers={"content-security-policy": POLICY, "x-content-type-options": "nosniff"})
