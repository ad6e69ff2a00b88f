"""JSON bodies, read strictly: an object, each name once, numbers that are numbers.

The first generation of clients sends `{}` where nothing is said, the second no body and no content type.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from fastapi import Request

from imagewell.errors import MalformedRequest, UnsupportedMediaType
from imagewell.faces.kit.asgi import header_text

JSON_TYPE = re.compile(r"application/(json|[a-z0-9.+-]{1,100}\+json)")
Document = dict[str, Any]


async def document_of(request: Request) -> Document:
    """The object that a request brought; an empty one when it brought nothing.

    Raises: UnsupportedMediaType, MalformedRequest, TooLarge, SlowRequest.
    """
    content_type = header_text(request.scope, b"content-type").partition(";")[0].strip().lower()
    return parse(content_type, await request.body())


def parse(content_type: str, body: bytes) -> Document:
    """The object in `body`. Raises: UnsupportedMediaType, MalformedRequest."""
    if not content_type and not body:
        return {}
    if not JSON_TYPE.fullmatch(content_type):
        raise UnsupportedMediaType(content_type or "(none)", "application/json")
    if not body.strip():
        raise MalformedRequest("The request's body is empty; with this content type it must be a JSON object.")
    try:
        found = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        # Also text that is not UTF-8, and numbers with thousands of digits.
        raise MalformedRequest("The request's body is not valid JSON.") from error
    if not isinstance(found, dict):
        raise MalformedRequest("The request's body must be a JSON object.")
    return found


def _object(pairs: list[tuple[str, Any]]) -> Document:
    """Each name once: which of two values would count is anyone's guess."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
