"""Pictures that a transformation names: overlays and masks, as references written in a URL.

A path is of the base picture's own source. An absolute URL on one of our hosts is an order of its own, made here; it
may not lead back into the source it came from, or two pictures could wait for each other. Any other URL is fetched.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote

from imagewell.delivery.order import DeliveryOrder, UrlReader
from imagewell.delivery.originals import Found, Originals
from imagewell.errors import InvalidParameter, TooLarge
from imagewell.sources import origins, urls
from imagewell.transform import limits

MAX_DEPTH = 2
"""An overlay may have overlays; theirs may not."""

TYPESET = "/~text"


@dataclass(slots=True)
class Budget:
    """How many more pictures one request may open, its references' references counted."""

    left: int
    most: int

    def take(self, count: int) -> None:
        """Raises: TooLarge."""
        self.left -= count
        if self.left < 0:
            raise TooLarge(self.most, "pictures in one request")


class References:
    """Turns references into originals, or into orders that delivery makes first."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self._reader: UrlReader | None = None

    def read_with(self, reader: UrlReader) -> None:
        """How URLs of our own hosts are read; without a reader there are none."""
        self._reader = reader

    async def identify(self, order: DeliveryOrder, depth: int, budget: Budget) -> dict[str, Found | DeliveryOrder]:
        """What each reference of an order stands for, by the reference as written.

        Raises: InvalidParameter (a loop, too deep, no reference at all), TooLarge, and what finding an original raises.
        """
        names = limits.references(order.transformation)
        if not names:
            return {}
        if depth >= MAX_DEPTH:
            raise InvalidParameter("overlay", names[0], f"overlays nested at most {MAX_DEPTH} deep")
        budget.take(len(names))
        found = await asyncio.gather(*(self._one(order, name) for name in names))
        return dict(zip(names, found, strict=True))

    async def _one(self, order: DeliveryOrder, name: str) -> Found | DeliveryOrder:
        if "://" not in name.partition("?")[0] and not name.startswith("//"):
            return await self._own(order, name)
        url = str(urls.parse("https:" + name if name.startswith("//") else name))
        inner = await self.read(url, order)
        if inner is None:
            return await self._originals.elsewhere(order.source, url)
        if inner.source.id == order.source.id and inner.transformation.typeset is None:
            raise InvalidParameter("overlay", name, "a picture of another source, or a path in this one")
        return inner

    async def _own(self, order: DeliveryOrder, name: str) -> Found | DeliveryOrder:
        """A path in the base's own source; its query has no meaning, save for typeset text."""
        path = "/" + name.partition("?")[0].lstrip("/")
        if path == TYPESET:
            inner = await self.read("/" + name.lstrip("/"), order)
            if inner is None:
                raise InvalidParameter("overlay", name, "a picture")
            return inner
        return await self._originals.identify(order, origins.inside(unquote(path)))

    async def read(self, url: str, order: DeliveryOrder) -> DeliveryOrder | None:
        """The order behind a URL of one of our hosts; None for all others."""
        return None if self._reader is None else await self._reader.read(url, order)
