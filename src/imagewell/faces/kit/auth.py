"""Where a credential sits in a request. A face picks one of these; `gate.Gate` asks the accounts who it is."""

from __future__ import annotations

import base64
import binascii
import re

from imagewell.faces.kit.asgi import Scope, header, header_text

BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
BASIC = re.compile(r"basic +([A-Za-z0-9+/=_-]+) *", re.IGNORECASE)
MAX_CREDENTIAL = 4096


def bearer(scope: Scope) -> str | None:
    """The token of `Authorization: Bearer …`: the scheme in any case, one space or more (RFC 6750)."""
    match = BEARER.fullmatch(header_text(scope, b"authorization")[:MAX_CREDENTIAL])
    return match.group(1) if match else None


def basic(scope: Scope) -> tuple[str, str] | None:
    """User name and password of `Authorization: Basic …` (RFC 7617)."""
    match = BASIC.fullmatch(header_text(scope, b"authorization")[:MAX_CREDENTIAL])
    if match is None:
        return None
    try:
        text = base64.b64decode(match.group(1), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def basic_user(scope: Scope) -> str | None:
    """A key sent as the user name of Basic authentication, with any password."""
    pair = basic(scope)
    return pair[0] or None if pair else None


def api_key_header(scope: Scope) -> str | None:
    """The value of `x-api-key`."""
    value = header(scope, b"x-api-key")
    return value.decode("latin-1").strip()[:MAX_CREDENTIAL] or None if value else None
