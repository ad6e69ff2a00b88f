"""What goes into the assets service: an upload, the details of an asset, and what a list is narrowed to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, TypedDict

from imagewell.imaging.work import Facts

Changed = Callable[[str, str, str], None]
"""Called after a commit with account id, stage and path; a path that ends in "/" stands for everything below it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file that is complete but not yet kept.

    temp: a file made by `Store.temp()`; whoever takes the upload removes it, whatever happens.
    sha256: of its bytes, 64 lower-case hex digits, computed while they were received. size: bytes.
    """

    temp: Path
    sha256: str
    size: int

    @classmethod
    def of(cls, temp: Path) -> Upload:
        """A file that was made here, as a received one. Reads all of it: for a thread."""
        with temp.open("rb") as file:
            return cls(temp, file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size)


@dataclass(frozen=True, slots=True)
class Content:
    """What one version holds: a blob, by digest and size in bytes, and what its header says."""

    sha256: str
    size: int
    facts: Facts


class Details(TypedDict, total=False):
    """What can be said about an asset besides its path and bytes; what is left out stays as it is.

    title: what a person calls it, or None. tags: in their order, replaced as a whole. custom: a JSON object, replaced
    as a whole. focus: focal point as shares of width and height, or None for none. focus_box: left, top, width, height
    in px, or None. published: False hides it from delivery. private: only delivered under a signature. shared_at: since
    when anyone may fetch it by its id alone, or None.
    """

    title: str | None
    tags: Sequence[str]
    description: str
    custom: dict[str, Any]
    focus: tuple[float, float] | None
    focus_box: tuple[float, float, float, float] | None
    published: bool
    private: bool
    shared_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wish:
    """Where an asset should go, what to do when the path is taken, and what is said about it.

    overwrite: the asset there gets a new version. unique: else another path is found. Neither: it is a Conflict.
    id: of the new asset, where it was settled before; another asset that has it is a Conflict too.
    """

    path: str
    overwrite: bool = False
    unique: bool = False
    details: Details = field(default_factory=Details)
    id: str | None = None


class AssetFilter(TypedDict, total=False):
    """What a list is narrowed to; all that are given must hold. None is the same as left out.

    q: words, each of which must occur somewhere in the name, without regard to case. name_prefix: the name begins so.
    tags_all, tags_any: tags, compared exactly. folder: lies directly in it, or anywhere below with `recursive`.
    formats: such as "jpeg". ids: these assets only. Times: created_from inclusive, created_until exclusive.
    """

    q: str | None
    name_prefix: str | None
    tags_all: Sequence[str] | None
    tags_any: Sequence[str] | None
    folder: str | None
    recursive: bool | None
    formats: Sequence[str] | None
    ids: Sequence[str] | None
    published: bool | None
    created_from: datetime | None
    created_until: datetime | None
