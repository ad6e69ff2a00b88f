"""`/docs/errors`: every error code, which is where a problem document's `type` leads."""

from __future__ import annotations

import html
import re

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from imagewell.errors import Refusal

router = APIRouter(include_in_schema=False)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@router.get("/docs/errors")
def error_page() -> HTMLResponse:
    """One line a code."""
    rows = "".join(
        f'<tr id="{kind.code}"><td>{kind.code}</td><td>{kind.status}</td><td>{html.escape(words)}</td></tr>'
        for kind, words in sorted(known().items(), key=lambda pair: pair[0].code)
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Imagewell errors</title></head><body>'
        f"<h1>Errors</h1><table><tr><th>code</th><th>status</th><th>meaning</th></tr>{rows}</table></body></html>"
    )
    return HTMLResponse(page, headers={"content-security-policy": POLICY, "x-content-type-options": "nosniff"})


def known() -> dict[type[Refusal], str]:
    """Every refusal with a code of its own, and the first sentence of what it means."""
    found: dict[str, type[Refusal]] = {}
    for kind in _below(Refusal)[1:]:
        if "code" in vars(kind) and kind.__module__.startswith("imagewell."):
            found.setdefault(kind.code, kind)
    return {kind: _words(kind) for kind in found.values()}


def _words(kind: type[Refusal]) -> str:
    """The first paragraph of its docstring, else its name as a sentence."""
    if kind.__doc__:
        return " ".join(kind.__doc__.split("\n\n")[0].split())
    return re.sub(r"(?<!^)([A-Z])", lambda match: " " + match[1].lower(), kind.__name__) + "."


def _below(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _below(child))]
