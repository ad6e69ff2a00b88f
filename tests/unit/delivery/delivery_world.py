"""A delivery road with twins for the parts that need a database, a network or libvips; the store is the real one."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagewell.assets.original import Original
from imagewell.clock import HeldClock
from imagewell.delivery.changes import covers
from imagewell.delivery.index import Kept
from imagewell.delivery.order import DeliveryOrder, Place
from imagewell.delivery.remote import Held
from imagewell.delivery.service import Delivery
from imagewell.delivery.settings import DeliverySettings
from imagewell.errors import NotFound, Refusal, UnsupportedFormat
from imagewell.imaging.pool import PoolStats
from imagewell.imaging.probe import sniff
from imagewell.imaging.work import CONTENT_TYPES, Facts, RenderOrder, Rendition
from imagewell.sources.fetch import Fetched
from imagewell.sources.view import SourceView
from imagewell.storage import keys
from imagewell.storage.store import Store
from imagewell.transform import spelling
from imagewell.transform.model import Resize, ServeOptions, Stage, Transformation
from imagewell.transform.values import Length

PNG = b"\x89PNG\r\n\x1a\n"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def picture(text: str = "") -> bytes:
    """Bytes that count as a PNG."""
    return PNG + text.encode()


def resized(width: int = 100, **more: Any) -> Transformation:
    return Transformation(stages=(Stage(resize=Resize(width=Length(width)), **more),))


def source(name: str = "library", type: str = "local", **more: Any) -> SourceView:
    given = {"id": f"id-of-{name}", "account_id": "acc", "stage": "live", "name": name, "type": type, "enabled": True}
    given |= {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    if type == "webfolder":
        given |= {"base_url": "http://origin.example/files"}
    return SourceView(**given | more)


class Engine:
    """Writes a PNG that says what was asked and what the inputs were. `gate` can hold it, `error` make it fail."""

    def __init__(self) -> None:
        self.orders: list[RenderOrder] = []
        self.deadlines: list[float | None] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.padding = self.busy = 0
        self.full = False
        self.installed: frozenset[str] = frozenset()

    async def render(self, order: RenderOrder, deadline_s: float | None = None) -> Rendition:
        self.orders.append(order)
        self.deadlines.append(deadline_s)
        try:
            inputs = {name: Path(path).read_bytes().hex() for name, path in sorted(order.inputs.items())}
        except FileNotFoundError:
            raise NotFound("input") from None
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        said = json.dumps([inputs, spelling.spell(order.transformation)]).encode()
        made = PNG + said + bytes(self.padding)
        format = order.transformation.output.format
        content_type = CONTENT_TYPES[format] if format else "image/png"
        if len(made) <= order.answer_bytes:
            return Rendition(content_type, 100, 50, len(made), body=made)
        Path(order.write_to).write_bytes(made)
        return Rendition(content_type, 100, 50, len(made))

    def stats(self) -> PoolStats:
        return PoolStats(1, self.busy, 0, len(self.orders), 0, 0)

    @property
    def is_full(self) -> bool:
        return self.full

    @property
    def engines(self) -> frozenset[str]:
        return self.installed

    async def probe(self, path: str, decode: bool = False) -> Facts:
        format = sniff(Path(path).read_bytes())
        if format is None:
            raise UnsupportedFormat("something", "pictures")
        return Facts(format, 400, 200)


class Origin:
    """A fetcher over a dictionary: URL to body, or to the refusal it meets."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | Refusal] = {}
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.max_age_s: int | None = None
        self.credentials: Any = None

    async def fetch(self, url: str, *, to: Path, credentials: Any = None, known: Any = None, **how: Any) -> Fetched:
        self.asked.append(url)
        self.max_bytes = how.get("max_bytes")
        self.credentials = credentials
        body = self.files.get(url, NotFound("picture at the origin"))
        await self.gate.wait()
        if isinstance(body, Refusal):
            raise body
        sha256 = hashlib.sha256(body).hexdigest()
        about: Any = {"etag": f'"{sha256}"', "max_age_s": self.max_age_s}
        if known is not None and known.etag == f'"{sha256}"':
            return Fetched(304, url, modified=False, **about)
        to.write_bytes(body)
        return Fetched(200, url, size=len(body), sha256=sha256, **about)


class Shelf:
    """Fetched originals in a dictionary; their bytes in the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows: dict[Place, Held] = {}
        self.read = 0

    def temp(self) -> Path:
        return self.store.temp()

    async def get(self, place: Place) -> Held | None:
        self.read += 1
        return self.rows.get(place)

    async def keep(self, place: Place, held: Held, file: Path) -> None:
        await self.store.put_file(held.original.key, file, keep=True)
        self.rows[place] = held

    async def renew(self, place: Place, held: Held) -> None:
        self.rows[place] = held

    async def forget(self, owner: str, path: str) -> None:
        self.rows = {
            place: held for place, held in self.rows.items() if place[0] != owner or not covers(path, place[1])
        }


class IndexRows:
    """The index in a dictionary. `error` makes writing fail."""

    def __init__(self) -> None:
        self.rows: dict[str, Kept] = {}
        self.used: list[str] = []
        self.error: Refusal | None = None

    async def add(self, kept: Sequence[Kept], used: Sequence[str], now_s: float) -> None:
        if self.error is not None:
            raise self.error
        self.rows |= {each.digest: each for each in kept}
        self.used += used

    async def take(self, source_id: str, path: str) -> list[str]:
        gone = [key for key, row in self.rows.items() if (row.source_id, row.path) == (source_id, path)]
        for key in gone:
            del self.rows[key]
        return gone


class World:
    """The parts, and the road over them."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.store = Store.open(str(folder / "store"), folder / "scratch")
        self.clock = HeldClock(1_000_000.0)
        self.engine = Engine()
        self.origin = Origin()
        self.shelf = Shelf(self.store)
        self.rows = IndexRows()
        self.library: dict[tuple[str, str, str], Original] = {}
        self.identified: list[str] = []
        self.used: list[str] = []
        self.delivery = self.road(**settings)

    def road(self, **settings: Any) -> Delivery:
        """A road over the same parts, as after a restart."""
        return Delivery(
            store=self.store,
            engine=self.engine,
            fetcher=self.origin,
            identify=self.identify,
            shelf=self.shelf,
            index=self.rows,
            settings=DeliverySettings(**settings),
            clock=self.clock,
            used=lambda order, delivered: self.used.append(delivered.cache),
        )

    async def identify(self, account_id: str, stage: str, path: str) -> Original | None:
        self.identified.append(path)
        found = self.library.get((account_id, stage, path))
        await asyncio.sleep(0)
        return found

    async def upload(self, path: str, body: bytes, *, tell: bool = True, stage: str = "live", **more: Any) -> Original:
        """Put a picture into the library, as a committed upload does."""
        sha256 = hashlib.sha256(body).hexdigest()
        await self.store.put_bytes(keys.blob(sha256), body)
        format = sniff(body) or "png"
        facts = Facts(format, 400, 200)
        original = Original(sha256, keys.blob(sha256), len(body), facts, f"image/{format}", LONG_AGO, path)
        self.library["acc", stage, path] = replace(original, **more)
        if tell:
            self.delivery.changed("acc", stage, path)
        return self.library["acc", stage, path]

    def remove(self, path: str) -> None:
        del self.library["acc", "live", path]
        self.delivery.changed("acc", "live", path)

    async def waited_for(self, count: int) -> None:
        """Until so many orders wait for a render."""
        flown = self.delivery._renderer._flight._flown
        while sum(each.waiting for each in flown.values()) != count:
            await asyncio.sleep(0.001)

    async def get(
        self, path: str = "/a.png", wanted: Transformation | None = None, of: SourceView | None = None, **more: Any
    ) -> Any:
        """Deliver `path` 100 px wide, unless something else is wanted."""
        wanted = resized() if wanted is None else wanted
        expires_s = more.pop("expires_s", None)
        order = DeliveryOrder(of or source(), path, wanted, ServeOptions(expires_s=expires_s), **more)
        return await self.delivery.deliver(order)


def inputs(delivered: Any) -> dict[str, bytes]:
    """What the engine was given for a delivered rendition, by name."""
    said = json.loads(delivered.body[len(PNG) :].rstrip(b"\0"))
    return {name: bytes.fromhex(body) for name, body in said[0].items()}
