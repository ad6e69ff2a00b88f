"""Clients' file names, made fit for a path of the library."""

from __future__ import annotations

import unicodedata

MAX_BYTES = 120


def safe_name(filename: str, fallback: str) -> str:
    """The last part of a client's file name without anything that a path may not hold; `fallback` if nothing is left.

    Slashes and backslashes end folders, as browsers on every system send them; control characters, unpaired
    surrogates and leading dots go; length is cut at the stem, so that the extension stays.
    """
    last = filename.replace("\\", "/").rstrip("/").rpartition("/")[2]
    clean = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable() and c != "\ufffd")
    clean = clean.strip().lstrip(".").strip()
    if not clean:
        return fallback
    stem, dot, extension = clean.rpartition(".")
    if not dot or len(extension.encode()) > 10:
        stem, extension = clean, ""
    kept = stem.encode()[: MAX_BYTES - len(extension.encode())].decode("utf-8", "ignore").strip()
    return f"{kept or fallback}.{extension}" if extension else kept or fallback
