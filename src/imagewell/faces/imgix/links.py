"""URLs of this server that a picture names: an overlay on one of our hosts is an order, not a fetch."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from imagewell.clock import Clock
from imagewell.delivery.order import DeliveryOrder
from imagewell.faces.imgix.delivery import read_order
from imagewell.faces.imgix.hints import NO_HINTS
from imagewell.faces.imgix.request import Request, host_name
from imagewell.faces.imgix.roads import PREFIX, Road, Roads
from imagewell.faces.imgix.typeset import PATH


class Links:
    """Reads delivery URLs for `Delivery.read_urls_with`.

    Args:
        public_url: how clients reach this server; on its host `/i/<source>/…` is ours. A source's own hosts are known
            by themselves.
    """

    def __init__(self, roads: Roads, public_url: str, clock: Clock | None = None) -> None:
        self._roads = roads
        self._own_host = host_name(urlsplit(public_url).netloc)
        self._seconds = (clock or Clock()).seconds

    async def read(self, url: str, base: DeliveryOrder) -> DeliveryOrder | None:
        """The order behind `url`, or None when it is not ours.

        Args:
            url: absolute, or `/~text?…`, which belongs to the source of `base` and needs no signature of its own.
        Raises: any Refusal that a request for that URL would meet.
        """
        if url.startswith("/"):
            return self._of_base(url, base)
        parts = urlsplit(url)
        host, path = host_name(parts.netloc.rpartition("@")[2]), parts.path.encode() or b"/"
        ours = host == self._own_host and path.startswith(PREFIX)
        if not ours and not await self._roads.is_source(host):
            return None
        road = await self._roads.find(host, path)
        return read_order(road, _request(host, path, parts.query), base.request_id, self._seconds())[0]

    def _of_base(self, url: str, base: DeliveryOrder) -> DeliveryOrder:
        path, _, query = url.partition("?")
        unsigned = base.source.model_copy(update={"secure_url_enabled": False})
        request = _request("", path.encode(), query)
        order = read_order(Road(unsigned, PATH, ()), request, base.request_id, self._seconds())[0]
        return replace(order, source=base.source, signed=base.signed)


def _request(host: str, path: bytes, query: str) -> Request:
    """A request without a client behind it."""
    return Request("GET", host, path, query.encode(), "", NO_HINTS, len(path) + len(query))
