"""The raw query of a URL as a bag: text by canonical parameter name.

Aliases are resolved, `<name>64` is decoded, `+` is a space, the last of several wins except for `auto`, whose lists
add up. Names that are not in the table (`ixlib`, `ixid`, `s`, anything unknown) are left out.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_to_bytes

from imagewell.errors import InvalidParameter
from imagewell.faces.imgix.table import PLAIN_ONLY, TABLE

Bag = dict[str, str]

_NAMES: Mapping[str, tuple[str, bool]] = {
    **{name: (param.name, False) for name, param in TABLE.by_name.items()},
    **{f"{name}64": (param.name, True) for name, param in TABLE.by_name.items() if param.name not in PLAIN_ONLY},
}
"""Every spelling of a name: the canonical name, and whether its value is base64url."""

_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def of_query(raw: bytes) -> Bag:
    """The bag of a raw query string.

    Raises: InvalidParameter for a `…64` value that is not base64url.
    """
    return collect(_pairs(raw))


def collect(pairs: Iterable[tuple[str, str]]) -> Bag:
    """The bag of names and decoded values, in the order they came."""
    bag: Bag = {}
    for written, value in pairs:
        known = _NAMES.get(written)
        if known is None:
            continue
        name, encoded = known
        text = decode64(written, value) if encoded else value
        if name == "auto" and name in bag:
            text = f"{bag[name]},{text}"
        bag[name] = text
    return bag


def decode64(name: str, value: str) -> str:
    """The text behind base64url, with or without padding. Raises: InvalidParameter."""
    digits = value.rstrip("=")
    if not _BASE64.issuperset(digits) or len(digits) % 4 == 1:
        raise InvalidParameter(name, value, "base64url: A to Z, a to z, 0 to 9, - and _, without padding")
    padded = digits.encode("ascii") + b"=" * (-len(digits) % 4)
    return binascii.a2b_base64(padded.replace(b"-", b"+").replace(b"_", b"/")).decode("utf-8", "replace")


def _pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    for part in raw.split(b"&"):
        name, _, value = part.partition(b"=")
        if name:
            yield _decoded(name), _decoded(value)


def _decoded(raw: bytes) -> str:
    """Percent-encoding undone, `+` a space; bytes that are no UTF-8 become replacement characters."""
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw.decode("utf-8", "replace")
