"""Which text may go into a column: neither database takes everything that a client can send."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from imagewell.errors import InvalidParameter

MAX_DEPTH = 32


def storable(name: str, value: object, *, max_chars: int, empty: bool = False) -> str:
    """`value` in Unicode NFC, if it is text without control characters.

    PostgreSQL has no NUL in text and no driver can write a lone surrogate; the other control characters are refused
    since they have no business in names. Raises: InvalidParameter under `name`.
    """
    if not isinstance(value, str) or not (is_clean(value) and len(value) <= max_chars):
        raise InvalidParameter(name, value, f"text of at most {max_chars} characters without control characters")
    text = unicodedata.normalize("NFC", value)
    if not empty and not text.strip():
        raise InvalidParameter(name, value, "text that is not empty")
    return text


def is_clean(text: str) -> bool:
    """Without control characters and lone surrogates."""
    return text.isprintable() or not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def storable_json(name: str, value: object, *, max_bytes: int) -> Any:
    """`value` if it is JSON that both databases keep as it is. Raises: InvalidParameter under `name`."""
    if not _keepable(value, MAX_DEPTH):
        raise InvalidParameter(name, value, "JSON without NUL characters, infinite numbers or deep nesting")
    if len(json.dumps(value).encode()) > max_bytes:
        raise InvalidParameter(name, "…", f"at most {max_bytes} bytes of JSON")
    return value


def _keepable(value: object, depth: int) -> bool:
    if depth == 0:
        return False
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, int):  # bool is one
        return -(1 << 63) <= value < 1 << 63
    if isinstance(value, dict):
        return all(isinstance(k, str) and _keepable(k, depth) and _keepable(v, depth - 1) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(_keepable(item, depth - 1) for item in value)
    return value is None
