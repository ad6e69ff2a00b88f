"""Preconditions and byte ranges, read from header bytes. Source: RFC 9110 §8.8, §13, §14."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RANGE = re.compile(rb"\s*bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.IGNORECASE)
TAG = re.compile(rb'(?:W/)?("[^"]*")')
MAX_BYTES = 100
"""Of a Range or date that is looked at: far longer than any that means something, far shorter than a server takes."""


def etag_listed(header: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match header names `etag`; weak comparison, `*` names every one."""
    if header == etag or header.strip() == b"*":
        return True
    opaque = etag.removeprefix(b"W/")
    return opaque in TAG.findall(header[:8192])


def unmodified(header: bytes, modified: bytes) -> bool:
    """Whether nothing changed since the If-Modified-Since date; a date that cannot be read is ignored."""
    if not modified:
        return False
    if header == modified:
        return True
    since, last = http_date(header), http_date(modified)
    return since is not None and last is not None and last <= since


def http_date(text: bytes) -> datetime | None:
    """A date of an HTTP header in UTC, or None when it is not one."""
    if len(text) > MAX_BYTES:
        return None
    try:
        found = parsedate_to_datetime(text.decode("ascii"))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def single(header: bytes, size: int) -> tuple[int, int, int]:
    """Status, start and exclusive end for a Range header on `size` bytes.

    One range gives 206, one that lies outside 416; several ranges, other units and broken syntax are ignored, which
    the standard allows, and give the whole with 200.
    """
    whole = 200, 0, size
    match = RANGE.fullmatch(header) if len(header) <= MAX_BYTES else None
    if match is None:
        return whole
    first, last = match.groups()
    if not first:
        if not last:
            return whole
        count = min(int(last), size)
        return (206, size - count, size) if count else (416, 0, 0)
    start = int(first)
    if last and int(last) < start:
        return whole
    if start >= size:
        return 416, 0, 0
    return 206, start, min(int(last) + 1, size) if last else size
