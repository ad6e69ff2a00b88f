"""Paths of assets and folders: absolute, in one spelling, and harmless wherever they are shown or stored."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

from imagewell.db.text import is_clean
from imagewell.errors import InvalidParameter

ROOT = "/"
MAX_BYTES = 1024
MAX_SEGMENT_BYTES = 255
MAX_LEVELS = 50
EXPECTED = (
    f"an absolute path such as /products/shoe.jpg: at most {MAX_BYTES} bytes, {MAX_LEVELS} folders deep, "
    f"{MAX_SEGMENT_BYTES} bytes between slashes, without control characters, empty parts, . or .."
)
SUFFIX_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
SUFFIX_CHARS = 9
SUFFIX_TRIES = 3


def clean_path(name: str, value: object) -> str:
    """The stored spelling (NFC) of an asset's path. Raises: InvalidParameter under `name`."""
    if not isinstance(value, str) or not value.startswith(ROOT) or not is_clean(value) or len(value) > MAX_BYTES:
        raise InvalidParameter(name, value, EXPECTED)
    path = unicodedata.normalize("NFC", value)
    segments = path[1:].split("/")
    if len(path.encode()) > MAX_BYTES or len(segments) > MAX_LEVELS + 1 or not all(map(_is_segment, segments)):
        raise InvalidParameter(name, value, EXPECTED)
    return path


def clean_folder(name: str, value: object) -> str:
    """The stored spelling of a folder's path, without a slash at its end; "/" (or "") is the root."""
    if value in ("", ROOT):
        return ROOT
    if isinstance(value, str) and not value.startswith(ROOT):
        value = ROOT + value
    path = clean_path(name, value.rstrip("/") if isinstance(value, str) else value)
    if path.count("/") > MAX_LEVELS:
        raise InvalidParameter(name, value, EXPECTED)
    return path


def clean_name(name: str, value: object) -> str:
    """One segment: the name of an asset or folder."""
    if not isinstance(value, str) or "/" in value:
        raise InvalidParameter(name, value, "a name without a slash")
    return clean_path(name, ROOT + value)[1:]


def join(path: str | None, folder: str | None, name: str | None) -> str:
    """The path that is meant by either a whole path, or a name in a folder."""
    if path is not None:
        return clean_path("path", path)
    if name is None:
        raise InvalidParameter("name", None, "a name, or a path")
    return clean_path("path", below(clean_folder("folder", folder or ROOT)) + clean_name("name", name))


def parent(path: str) -> str:
    """The folder that a path lies in."""
    return path.rpartition("/")[0] or ROOT


def last(path: str) -> str:
    """The name at the end of a path."""
    return path.rpartition("/")[2]


def below(folder: str) -> str:
    """What every path below a folder begins with."""
    return folder if folder == ROOT else folder + "/"


def lineage(folder: str) -> list[str]:
    """A folder and those it lies in, outermost first, without the root."""
    segments = folder[1:].split("/") if folder != ROOT else []
    return [ROOT + "/".join(segments[: n + 1]) for n in range(len(segments))]


def fold(text: str) -> str:
    """For comparing without regard to case, width or accents' spelling."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def candidates(path: str, unique: bool) -> Iterator[str]:
    """The path itself; when it has to be unique, then a few others with a random suffix before the extension."""
    yield path
    for _ in range(SUFFIX_TRIES if unique else 0):
        yield _with_suffix(path)


def within(column: InstrumentedAttribute[Any], folder: str) -> ColumnElement[bool]:
    """A filter for paths below a folder, as a range that the index on the column answers.

    "0" is the character after "/", so that nothing lies between the two ends but what is below the folder.
    """
    start = below(folder)
    return and_(column >= start, column < start[:-1] + "0")


def _is_segment(segment: str) -> bool:
    return segment not in ("", ".", "..") and len(segment.encode()) <= MAX_SEGMENT_BYTES


def _with_suffix(path: str) -> str:
    """As long as it may be: a long name gives way to its suffix."""
    folder, name = below(parent(path)), last(path)
    stem, dot, extension = name.rpartition(".") if "." in name[1:] else (name, "", "")
    suffix = "_" + "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_CHARS)) + dot + extension
    room = min(MAX_SEGMENT_BYTES, MAX_BYTES - len(folder.encode())) - len(suffix.encode())
    return folder + stem.encode()[: max(0, room)].decode(errors="ignore") + suffix
