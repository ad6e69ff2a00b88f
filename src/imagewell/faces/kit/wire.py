"""Entity tags of things that can be changed: a row's revision, out as ETag, back as If-Match."""

from __future__ import annotations

import re

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from imagewell.errors import InvalidParameter, PreconditionFailed
from imagewell.faces.kit.ranges import etag_listed

TAG = re.compile(r'"r(\d{1,15})"')


def etag_of(revision: int) -> str:
    """The strong entity tag of a revision."""
    return f'"r{revision}"'


def if_match(request: Request) -> int | None:
    """The revision a change is for; None without If-Match, or with `*`.

    Raises: PreconditionFailed for a tag that no revision has, InvalidParameter for a list of several.
    """
    text = request.headers.get("if-match", "").strip()
    if not text or text == "*":
        return None
    if "," in text:
        raise InvalidParameter("If-Match", text, "one entity tag, or *")
    match = TAG.fullmatch(text)
    if match is None:
        raise PreconditionFailed
    return int(match.group(1))


def shown(request: Request, model: BaseModel, revision: int, status: int = 200) -> Response:
    """A thing with its ETag; 304 when the client has this revision already."""
    etag = etag_of(revision)
    known = request.headers.get("if-none-match")
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if request.method == "GET" and known and etag_listed(known.encode("latin-1"), etag.encode()):
        return Response(status_code=304, headers=headers)
    return Response(model.model_dump_json(), status, headers, media_type="application/json")
