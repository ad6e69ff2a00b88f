"""Delivery with real workers, a real store and a real origin: pixels come out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests import pictures
from tests.unit.delivery.delivery_world import IndexRows, Shelf, resized, source
from tests.unit.sources.scripted_origin import Origin, listening

from imagewell.clock import HeldClock
from imagewell.delivery.order import DeliveryOrder
from imagewell.delivery.service import Delivery
from imagewell.errors import AddressRefused, OriginFailed, UnreadableImage, UnsupportedFormat
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.settings import RenderSettings
from imagewell.sources.fetch import Fetcher
from imagewell.sources.settings import FetchSettings
from imagewell.storage.store import Store
from imagewell.transform.model import IDENTITY, Format, ImageOverlay, Output, Place, Text, Transformation


class Road:
    """A delivery road, the origin of its only source, and how to drive on it."""

    def __init__(self, folder: Path, pool: RenderPool, origin: Origin) -> None:
        self.store = Store.open(str(folder / "store"), folder / "scratch")
        self.origin = origin
        self.fetcher = Fetcher(FetchSettings(allow_networks=(ip_network("127.0.0.1/32"),)))
        self.source = source("web", "webfolder", base_url=origin.url("/files"))
        self.delivery = Delivery(
            store=self.store,
            engine=pool,
            fetcher=self.fetcher,
            identify=self._nothing,
            shelf=Shelf(self.store),
            index=IndexRows(),
            clock=HeldClock(),
        )

    async def _nothing(self, account_id: str, stage: str, path: str) -> None:
        return None

    async def get(self, path: str, wanted: Transformation) -> Any:
        return await self.delivery.deliver(DeliveryOrder(self.source, path, wanted))


@pytest.fixture
async def road(tmp_path: Path) -> AsyncIterator[Road]:
    """A road of its own, with one worker."""
    pool = RenderPool(RenderSettings(workers=1))
    await pool.start()
    async with listening() as origin:
        road = Road(tmp_path, pool, origin)
        yield road
        await road.delivery.close()
        await road.fetcher.close()
    await pool.close()


def opened(delivered: Any) -> Image.Image:
    return Image.open(io.BytesIO(delivered.body))


async def test_pixels_come_out(road: Road) -> None:
    """A picture of an origin is fetched, made smaller, laid over with another and with text, and kept."""
    road.origin.answers("/files/a.jpg", pictures.jpeg(400, 200), content_type="text/html")
    road.origin.answers("/files/mark.png", pictures.png(10, 10))
    first = await road.get("/a.jpg", resized(100))
    assert (first.content_type, first.width, first.height) == ("image/jpeg", 100, 50)
    assert opened(first).size == (100, 50)
    marked = await road.get("/a.jpg", resized(100, overlays=(ImageOverlay(image="mark.png", place=Place()),)))
    assert opened(marked).size == (100, 50)
    assert marked.body != first.body
    assert (await road.get("/a.jpg", resized(100))).cache == "hit"
    assert sorted(heard.target for heard in road.origin.heard) == ["/files/a.jpg", "/files/mark.png"]
    await road.delivery._cache.settled()
    assert not list(road.store.temp().parent.iterdir())


async def test_text_and_data_come_out(road: Road) -> None:
    """Text without an original, and facts about a picture, take the same road."""
    text = await road.get("/~text", Transformation(typeset=Text(text="hi")))
    assert opened(text).mode == "RGBA"
    road.origin.answers("/files/a.jpg", pictures.jpeg(400, 200))
    facts = await road.get("/a.jpg", Transformation(output=Output(format=Format.JSON)))
    assert facts.content_type == "application/json"
    assert b'"PixelWidth"' in facts.body


async def test_what_is_no_picture(road: Road) -> None:
    """Files that are no pictures, or broken ones, are refused, whatever their origin calls them."""
    road.origin.answers("/files/a.jpg", b"<html>", content_type="image/jpeg")
    road.origin.answers("/files/b.jpg", pictures.jpeg(400, 200)[:300], content_type="image/jpeg")
    for path, error in (("/a.jpg", UnsupportedFormat), ("/b.jpg", UnreadableImage)):
        with pytest.raises(error):
            await road.get(path, resized(100))
    await road.delivery._cache.settled()
    assert not list(road.store.temp().parent.iterdir())


async def test_origins_cannot_lead_inside(road: Road) -> None:
    """An origin's redirect to another inside address is refused."""
    road.origin.answers("/files/a.jpg", status="302 Found", location="http://127.0.0.2/secret.jpg")
    with pytest.raises(AddressRefused):
        await road.get("/a.jpg", IDENTITY)


async def test_clients_that_leave(road: Road) -> None:
    """Clients that leave in the middle of a render harm nobody: the next one has the picture."""
    road.origin.answers("/files/a.jpg", pictures.jpeg(2000, 1000))
    for width in range(50, 60):
        left = asyncio.create_task(road.get("/a.jpg", resized(width)))
        await asyncio.sleep(0.01)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
    assert opened(await road.get("/a.jpg", resized(55))).size == (55, 28)


async def test_origins_in_trouble(road: Road) -> None:
    """Trouble with an origin is told as such."""
    road.origin.answers("/files/a.jpg", status="500 X")
    with pytest.raises(OriginFailed):
        await road.get("/a.jpg", resized(100))
