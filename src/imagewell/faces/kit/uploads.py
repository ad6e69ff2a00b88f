"""Uploads in: a form or a raw body becomes fields and temporary files, within ceilings, and nothing is left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from imagewell.assets.values import Upload
from imagewell.errors import TooLarge
from imagewell.faces.kit.asgi import Receive, Scope, header_text
from imagewell.faces.kit.bodies import Pace, chunks
from imagewell.faces.kit.multipart import PartData, Parts, PartStart, boundary_of
from imagewell.faces.kit.settings import UploadSettings
from imagewell.faces.kit.spool import Spool


class TempFiles(Protocol):
    """The part of the store that uploads are written through."""

    def temp(self) -> Path:
        """A path for a new temporary file, on the store's own disk."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a form, complete."""

    name: str
    filename: str
    content_type: str
    upload: Upload


@dataclass(slots=True)
class Form:
    """What a form brought, in its order. `texts`: names of text parts; `fields`: their values, where collected."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[FilePart] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def named(self, name: str) -> list[FilePart]:
        """The files of one name."""
        return [file for file in self.files if file.name == name]

    def values(self, name: str) -> list[str]:
        """The texts of one name."""
        return [value for found, value in self.fields if found == name]


@dataclass(frozen=True, slots=True)
class FormRules:
    """What is read of a form.

    files: names of the parts whose bytes are kept; other files are read past. collect: whether text parts are kept.
    max_body_bytes: of the whole body; None is the file ceiling plus room for fields.
    """

    files: Collection[str]
    max_file_bytes: int
    collect: bool = True
    max_body_bytes: int | None = None


@asynccontextmanager
async def form(
    scope: Scope, receive: Receive, store: TempFiles, rules: FormRules, settings: UploadSettings
) -> AsyncIterator[Form]:
    """Read a form; its temporary files are gone when the block ends, unless they were moved.

    Raises: UnsupportedMediaType, MalformedRequest, TooLarge, SlowRequest, ClientGone, StorageFull.
    """
    boundary = boundary_of(header_text(scope, b"content-type"))
    reader = _Reader(store, rules, settings)
    ceiling = rules.max_body_bytes or rules.max_file_bytes + settings.max_field_bytes * 2
    try:
        parts = Parts(boundary, settings.max_parts, settings.max_part_header_bytes)
        async for chunk in chunks(scope, receive, ceiling, Pace.of(settings)):
            for event in parts.feed(chunk):
                await reader.take(event)
        parts.close()
        yield reader.form
    finally:
        reader.discard()


@asynccontextmanager
async def raw(
    scope: Scope, receive: Receive, store: TempFiles, max_bytes: int, settings: UploadSettings
) -> AsyncIterator[Upload]:
    """Read a body that is the file itself; the temporary file is gone when the block ends, unless it was moved."""
    spool = Spool(store.temp(), max_bytes)
    try:
        async for chunk in chunks(scope, receive, max_bytes, Pace.of(settings)):
            await spool.add(chunk)
        yield await spool.finish()
    finally:
        spool.discard()


class _Reader:
    """Turns a form's events into a Form."""

    def __init__(self, store: TempFiles, rules: FormRules, settings: UploadSettings) -> None:
        self.form = Form()
        self._store = store
        self._rules = rules
        self._max_field_bytes = settings.max_field_bytes
        self._spools: list[Spool] = []
        self._part: PartStart | None = None
        self._spool: Spool | None = None
        self._text: bytearray | None = None

    async def take(self, event: object) -> None:
        """One event of `multipart.Parts`."""
        if isinstance(event, PartStart):
            self._begin(event)
        elif isinstance(event, PartData):
            await self._add(event.data)
        else:
            await self._end()

    def discard(self) -> None:
        """Remove every temporary file that was not moved."""
        for spool in self._spools:
            spool.discard()

    def _begin(self, part: PartStart) -> None:
        self._part, self._spool, self._text = part, None, None
        if part.is_file and part.name in self._rules.files:
            self._spool = Spool(self._store.temp(), self._rules.max_file_bytes)
            self._spools.append(self._spool)
        elif not part.is_file:
            self.form.texts.append(part.name)
            self._text = bytearray() if self._rules.collect else None

    async def _add(self, data: bytes) -> None:
        if self._spool is not None:
            await self._spool.add(data)
        elif self._text is not None:
            if len(self._text) + len(data) > self._max_field_bytes:
                raise TooLarge(self._max_field_bytes, "bytes in a text field")
            self._text += data

    async def _end(self) -> None:
        assert self._part is not None, "a part ends after it began"
        if self._spool is not None:
            upload = await self._spool.finish()
            part = self._part
            self.form.files.append(FilePart(part.name, part.filename or "", part.content_type, upload))
        elif self._text is not None:
            self.form.fields.append((self._part.name, self._text.decode("utf-8", "replace")))
