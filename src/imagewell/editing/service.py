"""What one may do with a picture of the library besides looking at it: each edit is a new asset.

The pixels are made by the render workers from the one picture model; the result is kept as an upload is: bytes durable,
then rows, then the answer.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Subject
from imagewell.assets.models import Asset
from imagewell.assets.names import safe_name
from imagewell.assets.service import Assets
from imagewell.assets.values import Details, Upload
from imagewell.db.session import WriteSession
from imagewell.editing.plain import Plain, Workers, facts_of, still
from imagewell.errors import NotFound, RenderFailed, StorageFull, TooLarge, UnsupportedFormat
from imagewell.imaging.work import BASE, Facts, LookOrder, RenderOrder, Rendition
from imagewell.storage.store import Store
from imagewell.transform import limits
from imagewell.transform.canonical import canonical
from imagewell.transform.limits import Limits
from imagewell.transform.model import Fit, Format, Output, Resize, Stage, Transformation
from imagewell.transform.values import Length

EXTENSIONS: Mapping[str, str] = {"jpeg": "jpg"}
SUFFIX_BYTES = 6

Also = Callable[[WriteSession], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken, and how large results may get.

    formats: of uploads, as `Facts.format` has them. max_pixels: of an upload, by its header. max_side_px: of a result.
    """

    formats: Collection[str]
    max_pixels: int
    max_side_px: int = 10_000


class Editing:
    """Keeps, edits and looks at pictures of the library. Whoever calls has found the assets by what they may know of.

    Every new asset gets a path of its own, made from its title.
    """

    def __init__(self, assets: Assets, store: Store, workers: Workers, ceilings: Limits | None = None) -> None:
        self._assets = assets
        self._store = store
        self._workers = workers
        self._limits = ceilings or Limits()
        self._plain = Plain(store, workers)

    async def keep(
        self,
        subject: Subject,
        upload: Upload,
        *,
        folder: str,
        rules: Rules,
        id: str | None = None,
        also: Also | None = None,
        **details: Unpack[Details],
    ) -> Asset:
        """Keep an upload as a picture and nothing else: upright, sRGB, its first frame, without metadata.

        Samples are left as they are where the picture stays the same without all that.

        Args:
            id: of the asset, where it was settled before. also: written in the same transaction.
        Raises: UnsupportedFormat, TooLarge, UnreadableImage, Conflict for an id that is there, StorageFull.
        """
        subject.require(Scope.assets_write)
        try:
            facts = await self._workers.probe(str(upload.temp))
            _check(facts, rules)
            await self._workers.probe(str(upload.temp), True)
            async with self._plain.of(upload, facts) as (plain, plain_facts):
                return await self._create(subject, plain, plain_facts, folder, id, also, details)
        finally:
            upload.temp.unlink(missing_ok=True)

    async def edit(
        self,
        subject: Subject,
        source: Asset,
        transformation: Transformation,
        *,
        folder: str,
        rules: Rules,
        others: Mapping[str, Asset] | None = None,
        deadline_s: float | None = None,
        also: Also | None = None,
        **details: Unpack[Details],
    ) -> Asset:
        """A new asset: `source` as the transformation makes it. The source is left alone.

        Args:
            others: the assets that references in the transformation stand for, by the reference as written.
            deadline_s: for the render. also: written in the same transaction.
        Raises: what is wrong with the transformation, NotFound where an input is gone, Busy, RenderFailed,
        EngineMissing.
        """
        subject.require(Scope.assets_write)
        temp = self._store.temp()
        try:
            order = await self._order(source, transformation, temp, rules)
            made = await self._render(order, {BASE: source, **(others or {})}, deadline_s)
            upload = Upload(temp, made.sha256, made.size_bytes)
            return await self._create(subject, upload, facts_of(made), folder, None, also, details)
        finally:
            temp.unlink(missing_ok=True)

    async def copy(
        self,
        subject: Subject,
        source: Asset,
        *,
        folder: str,
        also: Also | None = None,
        **details: Unpack[Details],
    ) -> Asset:
        """A new asset of the same bytes. Raises: NotFound where they are gone, StorageFull."""
        subject.require(Scope.assets_write)
        temp = self._store.temp()
        try:
            async with self._file(source) as path:
                try:
                    await asyncio.to_thread(_link, Path(path), temp)
                except FileNotFoundError:
                    raise _gone(source) from None
                except OSError as error:
                    raise StorageFull from error
            upload = Upload(temp, source.sha256, source.size)
            return await self._create(subject, upload, source.facts, folder, None, also, details)
        finally:
            temp.unlink(missing_ok=True)

    async def look(
        self, source: Asset, engine: str, options: Mapping[str, str] | None = None, deadline_s: float | None = None
    ) -> Any:
        """What an engine says of an asset, as JSON: see `imaging/look.py`.

        Raises: EngineMissing, Busy, RenderFailed, NotFound where its bytes are gone.
        """
        async with self._file(source) as path:
            try:
                return await self._workers.look(LookOrder(engine, path, options or {}), deadline_s)
            except NotFound:
                raise _gone(source) from None

    async def preview(self, source: Asset, max_side_px: int) -> bytes:
        """An asset as a JPEG whose longer side is at most `max_side_px`: for models that look at pictures."""
        side = Length(float(max_side_px))
        wanted = Transformation(
            (Stage(resize=Resize(width=side, height=side, fit=Fit.MAX)),), Output(format=Format.JPEG, quality=85)
        )
        temp = self._store.temp()
        try:
            await self._render(RenderOrder({}, canonical(wanted), str(temp)), {BASE: source}, None)
            return await asyncio.to_thread(temp.read_bytes)
        finally:
            temp.unlink(missing_ok=True)

    async def _order(self, source: Asset, transformation: Transformation, temp: Path, rules: Rules) -> RenderOrder:
        limits.check(transformation, self._limits)
        wanted = still(transformation, source.facts)
        return RenderOrder({}, wanted, str(temp), max_side_px=rules.max_side_px, hashed=True)

    async def _render(self, order: RenderOrder, inputs: Mapping[str, Asset], deadline_s: float | None) -> Rendition:
        async with AsyncExitStack() as stack:
            files = {name: await stack.enter_async_context(self._file(asset)) for name, asset in inputs.items()}
            try:
                return await self._workers.render(replace(order, inputs=files), deadline_s)
            except NotFound:
                raise await self._missing(inputs) from None

    async def _missing(self, inputs: Mapping[str, Asset]) -> Exception:
        for asset in inputs.values():
            if await self._store.size(asset.original().key) is None:
                return _gone(asset)
        return RenderFailed("one of the pictures in it was removed meanwhile")

    @asynccontextmanager
    async def _file(self, asset: Asset) -> AsyncIterator[str]:
        """A path that holds an asset's bytes while the block runs. Raises: NotFound, Unavailable."""
        key = asset.original().key
        own = self._store.own_path(key)
        if own is not None:
            yield own  # whether it is there, the worker will see
            return
        async with AsyncExitStack() as stack:
            try:
                path = await stack.enter_async_context(self._store.local(key))
            except NotFound:
                raise _gone(asset) from None
            yield str(path)

    async def _create(
        self,
        subject: Subject,
        upload: Upload,
        facts: Facts,
        folder: str,
        id: str | None,
        also: Also | None,
        details: Details,
    ) -> Asset:
        name = _name(details.get("title") or "picture", facts.format)
        return await self._assets.create(
            subject, upload, folder=folder, name=name, unique=True, facts=facts, id=id, also=also, **details
        )


def _check(facts: Facts, rules: Rules) -> None:
    """By the header, before any pixel is decoded."""
    if facts.format not in rules.formats:
        raise UnsupportedFormat(facts.format, ", ".join(sorted(rules.formats)))
    if facts.size.pixels > rules.max_pixels:
        raise TooLarge(rules.max_pixels, "pixels", facts.size.pixels)


def _name(title: str, format: str) -> str:
    """A file name of its own for a title that many may share."""
    stem = safe_name(title.replace("/", "_").replace("\\", "_"), "picture")
    return f"{stem}-{secrets.token_hex(SUFFIX_BYTES)}.{EXTENSIONS.get(format, format)}"


def _gone(asset: Asset) -> NotFound:
    return NotFound("asset", asset.id)


def _link(path: Path, temp: Path) -> None:
    """A second name for the same bytes, or a copy where the file system has no such thing."""
    try:
        temp.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, temp)
