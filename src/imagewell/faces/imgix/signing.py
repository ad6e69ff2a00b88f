"""Signed URLs: `s` is the MD5 of token, path and query, all as raw bytes of the request target.

Nothing is decoded, sorted or normalised, since every library spells the same URL in its own way. imgix fixes the
algorithm; the token is what keeps it secret.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from imagewell.errors import BadSignature


def signature(token: bytes, path: bytes, query: bytes) -> bytes:
    """32 lower-case hexadecimal digits.

    Args:
        path: still percent-encoded, with its leading slash.
        query: everything before `&s=`, without the question mark; empty when there is none.
    """
    signed = token + path + (b"?" + query if query else b"")
    return hashlib.md5(signed, usedforsecurity=False).hexdigest().encode("ascii")


def sign(path: str, query: str, token: str) -> str:
    """The query with its signature behind it."""
    made = signature(token.encode(), path.encode(), query.encode()).decode("ascii")
    return f"{query}&s={made}" if query else f"s={made}"


def split(query: bytes) -> tuple[bytes, bytes | None]:
    """What is signed of a raw query, and the signature: `s` must be the last pair. None when it is not there."""
    before, found, given = query.rpartition(b"&s=")
    if found:
        return (before, given) if b"&" not in given else (query, None)
    if query.startswith(b"s=") and b"&" not in query:
        return b"", query[2:]
    return query, None


def verify(paths: Iterable[bytes], query: bytes, tokens: Iterable[str]) -> None:
    """Check the signature of a raw request target against every token that is good at the moment.

    Args:
        paths: the raw paths that may have been signed. tokens: newest first; several while one is being replaced.
    Raises: BadSignature when there is none, or it fits no path and token.
    """
    if not is_signed(paths, query, tokens):
        raise BadSignature


def is_signed(paths: Iterable[bytes], query: bytes, tokens: Iterable[str]) -> bool:
    """Whether a raw request target carries a good signature. Every candidate is compared, each in constant time."""
    signed, given = split(query)
    if given is None:
        return False
    keys = [token.encode() for token in tokens]
    matches = [hmac.compare_digest(signature(key, path, signed), given) for path in paths for key in keys]
    return any(matches)
