"""Values from a stranger's metadata as bounded, plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from numbers import Real

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]

MAX_TEXT = 2000
"""Characters that are kept of a text."""

MAX_LIST = 64
"""Lists longer than this are no facts but tables."""

MAX_FIELDS = 200
"""Fields that are read of a group."""


def text(raw: bytes | str) -> str:
    """UTF-8, else Latin-1, cut at the first zero; control characters and what is too long are dropped."""
    if isinstance(raw, str):
        written = raw
    else:
        try:
            written = raw.decode("utf-8")
        except UnicodeDecodeError:
            written = raw.decode("latin-1")
    written = written.partition("\0")[0][:MAX_TEXT]
    return "".join(c for c in written if c.isprintable() or c in "\n\t").strip()


def number(value: Real) -> int | float | None:
    """A finite number, whole where it is whole."""
    try:
        found = float(value)
    except (ArithmeticError, ValueError):
        return None
    if not isfinite(found):
        return None
    return int(found) if found == int(found) else round(found, 9)
