"""Originals on other servers: fetched once, fresh by rule, stale for a while, kept through failures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.delivery.delivery_world import World, inputs, picture, source

from imagewell.errors import (
    AddressRefused,
    Busy,
    InvalidParameter,
    NotFound,
    OriginFailed,
    Refusal,
    TooLarge,
    UnsupportedFormat,
)
from imagewell.imaging.work import BASE
from imagewell.sources.fetch import Credentials
from imagewell.transform.model import IDENTITY

URL = "http://origin.example/files/a.png"


def folder(**more: Any) -> Any:
    return source("web", "webfolder", **{"cache_ttl_value": 100} | more)


async def body(world: World, **more: Any) -> bytes:
    return (await world.get("/a.png", IDENTITY, of=folder(**more))).body


async def settled(world: World) -> None:
    """What goes on behind has come to its end."""
    while world.delivery._remote._refreshes or len(world.delivery._remote._fetches):
        await asyncio.sleep(0.001)


async def test_an_original_is_fetched_once(world: World) -> None:
    """The first order fetches, the next ones find it kept, also after a restart."""
    world.origin.files[URL] = picture("a")
    assert inputs(await world.get("/a.png", of=folder()))[BASE] == picture("a")
    assert await body(world) == picture("a")
    await world.delivery.close()
    world.delivery = world.road()
    assert await body(world) == picture("a")
    assert world.origin.asked == [URL]
    assert not list(world.store.temp().parent.iterdir())


async def test_fetches_are_joined(world: World) -> None:
    """Orders at once for one original are one fetch."""
    world.origin.files[URL] = picture("a")
    world.origin.gate.clear()
    orders = [asyncio.create_task(body(world)) for _ in range(5)]
    while not world.origin.asked:
        await asyncio.sleep(0)
    world.origin.gate.set()
    assert await asyncio.gather(*orders) == [picture("a")] * 5
    assert world.origin.asked == [URL]


async def test_credentials(world: World) -> None:
    """A folder's name and password go to its origin."""
    world.origin.files[URL] = picture("a")
    await body(world, secrets={"username": "u", "password": "p"})
    assert world.origin.credentials == Credentials("u", "p")


async def test_within_its_time_nobody_is_asked(world: World) -> None:
    """A fresh original is not asked for again, and the answer says how long it stays so."""
    world.origin.files[URL] = picture("a")
    await body(world)
    world.clock.advance(60)
    got = await world.get("/a.png", IDENTITY, of=folder())
    assert (got.max_age_s, got.stale_s) == (40, 3600)
    assert len(world.origin.asked) == 1


@pytest.mark.parametrize(
    ("rule", "said", "fresh_s"),
    [("respect_origin", 7, 7), ("respect_origin", None, 100), ("override_origin", 7, 100), ("enforce_minimum", 7, 100),
     ("enforce_minimum", 700, 700)],
)  # fmt: skip
async def test_freshness(world: World, rule: str, said: int | None, fresh_s: int) -> None:
    """The source's rule decides what the origin's own word is worth."""
    world.origin.files[URL] = picture("a")
    world.origin.max_age_s = said
    assert (await world.get("/a.png", IDENTITY, of=folder(cache_ttl_behavior=rule))).max_age_s == fresh_s


async def test_stale_while_it_is_asked_for_again(world: World) -> None:
    """Past its time the old one is answered at once, the new one fetched behind, by one request."""
    world.origin.files[URL] = picture("old")
    await body(world)
    world.origin.files[URL] = picture("new")
    world.clock.advance(101)
    world.origin.gate.clear()
    got = await asyncio.gather(*(world.get("/a.png", IDENTITY, of=folder()) for _ in range(5)))
    assert {each.body for each in got} == {picture("old")}
    assert {each.max_age_s for each in got} == {5}
    world.origin.gate.set()
    await settled(world)
    assert await body(world) == picture("new")
    assert len(world.origin.asked) == 2


async def test_what_has_not_changed_is_not_fetched(world: World) -> None:
    """An origin that confirms what is known makes it fresh again."""
    world.origin.files[URL] = picture("a")
    await body(world)
    world.clock.advance(101)
    await body(world)
    await settled(world)
    assert (await world.get("/a.png", IDENTITY, of=folder())).max_age_s == 100
    assert len(world.origin.asked) == 2


async def test_too_stale(world: World) -> None:
    """After the window the new one is waited for."""
    world.origin.files[URL] = picture("old")
    await body(world)
    world.origin.files[URL] = picture("new")
    world.clock.advance(100 + 3600)
    assert await body(world) == picture("new")


async def test_origins_that_want_to_be_asked(world: World) -> None:
    """An origin that allows no keeping is asked each time, never served stale, and nobody is told to keep it."""
    world.origin.files[URL] = picture("old")
    world.origin.max_age_s = 0
    got = await world.get("/a.png", IDENTITY, of=folder())
    assert (got.max_age_s, got.stale_s, got.valid_until_s) == (0, 0, world.clock.seconds())
    world.origin.files[URL] = picture("new")
    assert await body(world) == picture("new")


async def test_stale_while_the_origin_fails(world: World) -> None:
    """When the origin fails the last known original stays for a day, and it is not asked at every request."""
    world.origin.files[URL] = picture("a")
    await body(world)
    world.origin.files[URL] = OriginFailed("it is down")
    world.clock.advance(100 + 3600)
    for _ in range(3):
        assert await body(world) == picture("a")
    assert len(world.origin.asked) == 2
    world.clock.advance(61)
    assert await body(world) == picture("a")
    assert len(world.origin.asked) == 3
    world.clock.advance(86_400)
    with pytest.raises(OriginFailed):
        await body(world)


async def test_a_picture_that_goes_at_the_origin(world: World) -> None:
    """When the origin says it is gone, it is gone here, and nothing is left of it."""
    world.origin.files[URL] = picture("a")
    await body(world)
    del world.origin.files[URL]
    world.clock.advance(100 + 3600)
    with pytest.raises(NotFound):
        await body(world)
    assert not world.shelf.rows


@pytest.mark.parametrize(
    "error",
    [NotFound("picture"), OriginFailed("x"), AddressRefused(), TooLarge(5, "bytes")],
    ids=lambda error: error.code,
)
async def test_failures_are_remembered_for_a_minute(world: World, error: Refusal) -> None:
    """A failure is not repeated at every request, and forgotten after a minute at most."""
    world.origin.files[URL] = error
    for _ in range(3):
        with pytest.raises(type(error)):
            await body(world)
    assert len(world.origin.asked) == 1
    world.clock.advance(60)
    world.origin.files[URL] = picture("a")
    assert await body(world) == picture("a")


async def test_overload_is_not_remembered(world: World) -> None:
    """A fetch that found no room is tried again at once."""
    world.origin.files[URL] = Busy()
    with pytest.raises(Busy):
        await body(world)
    world.origin.files[URL] = picture("a")
    assert await body(world) == picture("a")


async def test_what_is_no_picture(world: World) -> None:
    """A file that is no picture is refused, remembered, and not kept."""
    world.origin.files[URL] = b"<html>"
    for _ in range(2):
        with pytest.raises(UnsupportedFormat):
            await body(world)
    assert len(world.origin.asked) == 1
    assert not world.shelf.rows
    assert not list(world.store.temp().parent.iterdir())


async def test_slow_origins(world: World) -> None:
    """Who waits too long is told; the fetch goes on, and whoever asks later has it."""
    world.delivery = world.road(origin_wait_s=0.05)
    world.origin.files[URL] = picture("a")
    world.origin.gate.clear()
    with pytest.raises(OriginFailed, match="in time"):
        await body(world)
    world.origin.gate.set()
    await settled(world)
    assert await body(world) == picture("a")
    assert len(world.origin.asked) == 1


async def test_purge(world: World) -> None:
    """After a purge the original is fetched anew."""
    world.origin.files[URL] = picture("old")
    await body(world)
    world.origin.files[URL] = picture("new")
    await world.delivery.purge(folder(), "/a.png")
    assert not world.shelf.rows
    assert await body(world) == picture("new")


async def test_purge_while_it_is_fetched(world: World) -> None:
    """A fetch that was under way when the path was purged is answered to who waits for it, and kept for nobody."""
    world.origin.files[URL] = picture("old")
    world.origin.gate.clear()
    early = asyncio.create_task(body(world))
    while not world.origin.asked:
        await asyncio.sleep(0)
    world.origin.files[URL] = picture("new")
    await world.delivery.purge(folder(), "/a.png")
    world.origin.gate.set()
    assert await early == picture("old")
    await settled(world)
    assert await body(world) == picture("new")
    assert len(world.origin.asked) == 2


async def test_a_failure_is_purged_too(world: World) -> None:
    """A remembered failure goes with a purge."""
    with pytest.raises(NotFound):
        await body(world)
    world.origin.files[URL] = picture("a")
    await world.delivery.purge(folder(), "/a.png")
    assert await body(world) == picture("a")


async def test_a_row_without_bytes(world: World) -> None:
    """An original whose blob is gone is fetched anew at the next order but one."""
    world.origin.files[URL] = picture("a")
    await body(world)
    await world.store.delete([held.original.key for held in world.shelf.rows.values()])
    with pytest.raises(NotFound):
        await body(world)
    assert await body(world) == picture("a")


async def test_closing_ends_what_goes_on_behind(world: World) -> None:
    """A refresh that is under way ends with the server."""
    world.origin.files[URL] = picture("a")
    await body(world)
    world.clock.advance(101)
    world.origin.gate.clear()
    await body(world)
    await world.delivery.close()
    assert not world.delivery._remote._refreshes


async def test_a_base_that_cannot_be_used(world: World) -> None:
    """A web folder without a plain base URL is a refusal, not an accident."""
    for base in (None, "ftp://x", "http://o.example/?q"):
        with pytest.raises((AddressRefused, InvalidParameter)):
            await body(world, base_url=base)
