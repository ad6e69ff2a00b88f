"""Ids: 96 bits, 32 of seconds and 64 random, as 24 lower-case hex digits that sort by time.

Faces only spell them: `image_<hex>`, Imager's decimal digits of the same number.
"""

from __future__ import annotations

import re
import secrets
import time

HEX = re.compile(r"[0-9a-f]{24}")


def new_id(now_s: float | None = None) -> str:
    """A fresh id; `now_s` is seconds since the epoch, for tests."""
    seconds = int(time.time() if now_s is None else now_s) & 0xFFFFFFFF
    return f"{seconds:08x}{secrets.token_hex(8)}"


def is_id(text: str) -> bool:
    """Whether `text` is an id in its stored spelling."""
    return HEX.fullmatch(text) is not None


def to_decimal(id: str) -> str:
    """The same number in decimal digits, without leading zeros."""
    return str(int(id, 16))


def from_decimal(digits: str) -> str | None:
    """The id behind decimal digits, or None when they cannot be one."""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 29 or digits.startswith("0"):
        return None
    number = int(digits)
    return f"{number:024x}" if number < 1 << 96 else None
