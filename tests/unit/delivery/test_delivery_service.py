"""The road from an order to bytes, over twins of everything slow."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.delivery.delivery_world import LONG_AGO, World, inputs, picture, resized, source

from imagewell.delivery.order import DeliveryOrder, StoreRef
from imagewell.errors import (
    BadSignature,
    Busy,
    InvalidParameter,
    LinkExpired,
    NotFound,
    OriginFailed,
    Refusal,
    RenderFailed,
    SourceDisabled,
    StorageFull,
    TooLarge,
    UnreadableImage,
    UnsupportedFormat,
)
from imagewell.imaging.work import BASE
from imagewell.storage import keys
from imagewell.transform.model import (
    IDENTITY,
    Fit,
    FocalPoint,
    Focus,
    Format,
    ImageOverlay,
    Mask,
    Output,
    Resize,
    ServeOptions,
    Stage,
    Text,
    Transformation,
)
from imagewell.transform.values import Length

WEBFOLDER = source("web", "webfolder")
OVERLAY = {"overlays": (ImageOverlay(image="/mark.png"),)}
NEGOTIATED = Transformation(stages=resized().stages, output=Output(auto=frozenset({"format"})))


# ------------------------------------------------------------------ making and keeping


async def test_a_picture_is_made_once(world: World) -> None:
    """The first order is rendered from the original, the second answered from the cache."""
    await world.upload("/a.png", picture("a"))
    first, second = await world.get(), await world.get()
    assert (first.cache, second.cache) == ("miss", "hit")
    assert first.body == second.body
    assert first.etag == second.etag
    assert inputs(first) == {BASE: picture("a")}
    assert first.content_type == "image/png"
    assert (first.width, first.height, first.last_modified) == (100, 50, LONG_AGO)
    assert len(world.engine.orders) == 1
    assert world.used == ["miss", "hit"]


async def test_a_kept_picture_survives_a_restart(world: World) -> None:
    """A derivative in the store needs no worker, whatever the memory has forgotten."""
    await world.upload("/a.png", picture("a"))
    first = await world.get()
    await world.delivery.close()
    world.delivery = world.road()
    second = await world.get()
    assert (second.cache, second.body, second.etag) == ("hit", first.body, first.etag)
    assert second.content_type == "image/png"
    assert len(world.engine.orders) == 1
    assert [row.path for row in world.rows.rows.values()] == ["/a.png"]


async def test_an_engine_that_is_installed_later_makes_another_picture(world: World) -> None:
    """What was made without it is not taken for what it makes; pictures that have no use for it are kept."""
    crop = Resize(width=Length(50), height=Length(50), fit=Fit.CROP, focus=(Focus.FACES,))
    wanted = Transformation((Stage(resize=crop),))
    await world.upload("/a.png", picture("a"))
    blind, plain = await world.get(wanted=wanted), await world.get()
    world.engine.installed = frozenset({"faces", "text"})
    seeing, again = await world.get(wanted=wanted), await world.get()
    assert (seeing.cache, again.cache) == ("miss", "hit")
    assert seeing.etag != blind.etag
    assert again.etag == plain.etag


async def test_large_pictures_are_streamed(world: World) -> None:
    """What is too large for memory is answered by where it lies, before and after a restart."""
    world.engine.padding = 300 * 1024
    await world.upload("/a.png", picture("a"))
    first = await world.get()
    assert isinstance(first.body, StoreRef)
    assert await world.store.size(first.body.key) == first.body.size == first.size
    second = await world.get()
    assert (second.cache, second.body, second.content_type) == ("hit", first.body, "image/png")


async def test_a_damaged_derivative_is_made_again(world: World) -> None:
    """A derivative that is empty or no picture, as a power cut may leave it, is not handed out."""
    await world.upload("/a.png", picture("a"))
    first = await world.get()
    await world.delivery.close()
    for damage in (b"", bytes(50)):
        await world.store.put_bytes(keys.derivative(first.etag.strip('"')), damage)
        world.delivery = world.road()
        assert (await world.get()).cache == "miss"
        await world.delivery.close()


async def test_data_answers_keep_their_type(world: World) -> None:
    """A derivative that is no picture has its type from the order, also when it is read back."""
    await world.upload("/a.png", picture("a"))
    wanted = Transformation(output=Output(format=Format.PALETTE_CSS))
    assert (await world.get(wanted=wanted)).content_type == "text/css; charset=utf-8"
    await world.delivery.close()
    world.delivery = world.road()
    again = await world.get(wanted=wanted)
    assert (again.cache, again.content_type) == ("hit", "text/css; charset=utf-8")


async def test_equal_orders_share_a_render(world: World) -> None:
    """Orders that are equal and in flight together take one worker."""
    await world.upload("/a.png", picture("a"))
    world.engine.gate.clear()
    orders = [asyncio.create_task(world.get()) for _ in range(8)]
    await world.waited_for(8)
    world.engine.gate.set()
    words = [delivered.cache for delivered in await asyncio.gather(*orders)]
    assert sorted(words) == ["joined"] * 7 + ["miss"]
    assert len(world.engine.orders) == 1


async def test_a_client_that_leaves_fails_nobody(world: World) -> None:
    """The first client's going away does not cost the others their picture."""
    await world.upload("/a.png", picture("a"))
    world.engine.gate.clear()
    leader = asyncio.create_task(world.get())
    await world.waited_for(1)
    follower = asyncio.create_task(world.get())
    await world.waited_for(2)
    leader.cancel()
    await world.waited_for(1)
    world.engine.gate.set()
    assert (await follower).body
    assert len(world.engine.orders) == 1


async def test_a_full_engine_refuses_new_renders_alone(world: World) -> None:
    """What is kept is still answered, and who wants what is being made joins it; a new order never gets there."""
    await world.upload("/a.png", picture("a"))
    assert (await world.get()).cache == "miss"
    world.engine.gate.clear()
    leader = asyncio.create_task(world.get(wanted=resized(7)))
    await world.waited_for(1)
    world.engine.full = True
    follower = asyncio.create_task(world.get(wanted=resized(7)))
    await world.waited_for(2)
    with pytest.raises(Busy):
        await world.get(wanted=resized(8))
    assert (await world.get()).cache == "hit"
    world.engine.gate.set()
    assert [(await leader).cache, (await follower).cache] == ["miss", "joined"]
    assert len(world.engine.orders) == 2


async def test_failures_are_not_kept(world: World) -> None:
    """A refusal of the engine is told, leaves nothing in the store, and the next order tries again."""
    await world.upload("/a.png", picture("a"))
    for error in (Busy(), RenderFailed("it died"), UnreadableImage()):
        world.engine.error = error
        with pytest.raises(type(error)):
            await world.get()
    world.engine.error = None
    assert (await world.get()).cache == "miss"


async def test_a_full_disk_costs_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a derivative cannot be kept its picture is still answered, and its file does not stay behind."""

    async def full(*args: Any, **named: Any) -> None:
        raise StorageFull

    await world.upload("/a.png", picture("a"))
    monkeypatch.setattr(world.store, "put_many", full)
    assert (await world.get()).cache == "miss"
    await world.delivery.close()
    assert not list((world.store.temp().parent).iterdir())
    assert not world.rows.rows


async def test_an_unreachable_index_costs_no_answer(world: World) -> None:
    """Rows wait for a database that cannot be reached, and are written when it is back."""
    await world.upload("/a.png", picture("a"))
    world.rows.error = StorageFull()
    assert (await world.get()).cache == "miss"
    await world.delivery._cache.settled()
    await world.delivery._index._flush_or_log()
    assert not world.rows.rows
    world.rows.error = None
    await world.delivery.close()
    assert len(world.rows.rows) == 1


async def test_the_deadline_is_handed_down(world: World) -> None:
    """What is left of the order's time is the worker's."""
    await world.upload("/a.png", picture("a"))
    await world.get()
    assert world.engine.deadlines[0] is not None
    assert 0 < world.engine.deadlines[0] <= 9


# ------------------------------------------------------------------ what an order may be


async def test_missing_pictures(world: World) -> None:
    """A path without a picture is not found, and asked for once."""
    for _ in range(3):
        with pytest.raises(NotFound):
            await world.get("/none.png")
    assert world.identified == ["/none.png"]


@pytest.mark.parametrize("path", ["", "a.png", "/../a.png", "/a\x00", "/a/../../etc/passwd", "/a\\b/../c", "/\ud800"])
@pytest.mark.parametrize("of", [source(), WEBFOLDER, source(path_prefix="/in")], ids=["library", "web", "prefixed"])
async def test_hostile_paths(world: World, path: str, of: Any) -> None:
    """What cannot be a path is not found, and asks nobody."""
    with pytest.raises(NotFound):
        await world.get(path, of=of)
    assert not world.identified
    assert not world.origin.asked


async def test_a_source_shows_its_folder_only(world: World) -> None:
    """A local source with a prefix shows what is below it, and its own account and stage."""
    await world.upload("/in/a.png", picture("in"))
    await world.upload("/a.png", picture("out"))
    await world.upload("/a.png", picture("test"), stage="test")
    assert inputs(await world.get(of=source(path_prefix="/in/")))[BASE] == picture("in")
    assert inputs(await world.get())[BASE] == picture("out")
    assert inputs(await world.get(of=source(stage="test")))[BASE] == picture("test")
    with pytest.raises(NotFound):
        await world.get(of=source(account_id="other"))


async def test_sources_that_are_off(world: World) -> None:
    """A disabled source delivers nothing."""
    await world.upload("/a.png", picture("a"))
    with pytest.raises(SourceDisabled):
        await world.get(of=source(enabled=False))


async def test_links_end(world: World) -> None:
    """A URL is dead from the second it names; before, no cache may keep it longer."""
    await world.upload("/a.png", picture("a"))
    alive = await world.get(expires_s=1_000_010)
    assert (alive.max_age_s, alive.stale_s, alive.valid_until_s) == (10, 0, 1_000_000.0)
    for end in (1_000_000, 999_999, 0, -5):
        with pytest.raises(LinkExpired):
            await world.get(expires_s=end)


async def test_private_pictures(world: World) -> None:
    """A private picture is only delivered under a signature, rendered or not."""
    await world.upload("/a.png", picture("a"), private=True)
    for wanted in (resized(), IDENTITY):
        with pytest.raises(BadSignature):
            await world.get(wanted=wanted)
        assert await world.get(wanted=wanted, signed=True)


async def test_too_much(world: World) -> None:
    """An order beyond the limits never reaches a worker."""
    await world.upload("/a.png", picture("a"))
    with pytest.raises(Refusal):
        await world.get(wanted=Transformation(stages=resized().stages * 50))
    assert not world.engine.orders


async def test_accept_has_a_say(world: World) -> None:
    """Clients that read other formats get other pictures, and caches are told."""
    await world.upload("/a.png", picture("a"))
    plain = await world.get(wanted=NEGOTIATED)
    webp = await world.get(wanted=NEGOTIATED, accept="image/webp,*/*")
    assert (plain.varies, webp.varies, (await world.get()).varies) == (True, True, False)
    assert (plain.content_type, webp.content_type) == ("image/png", "image/webp")
    assert plain.etag != webp.etag


async def test_the_kept_focal_point(world: World) -> None:
    """A crop around the focal point uses the one kept with the picture, unless the order names one."""
    await world.upload("/a.png", picture("a"), focus=(0.25, 0.75))
    for given, used in ((None, FocalPoint(0.25, 0.75)), (FocalPoint(0.1, 0.1), FocalPoint(0.1, 0.1))):
        crop = Resize(Length(100), Length(100), Fit.CROP, focus=(Focus.FOCALPOINT,), focal=given)
        await world.get(wanted=Transformation(stages=(Stage(resize=crop),)))
        resize = world.engine.orders[-1].transformation.stages[0].resize
        assert resize is not None
        assert resize.focal == used


# ------------------------------------------------------------------ untouched originals


async def test_the_original_itself(world: World) -> None:
    """Without any wish the original's own bytes are the answer; no worker is asked."""
    await world.upload("/a.png", picture("a"))
    got = await world.get(wanted=IDENTITY)
    assert (got.body, got.content_type, got.cache) == (picture("a"), "image/png", "original")
    assert got.etag == f'"{world.library["acc", "live", "/a.png"].identity[:40]}"'
    await world.upload("/b.png", picture("b" * 300_000))
    large = await world.get("/b.png", IDENTITY)
    assert large.body == StoreRef(world.library["acc", "live", "/b.png"].key, 300_008)
    assert not world.engine.orders


@pytest.mark.parametrize(
    ("svg", "handed_out"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="5" height="5"/></svg>', True),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', False),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', False),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://evil.example/x.png"/></svg>', False),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect></svg>', False),
    ],
)
async def test_svg_as_it_is(world: World, svg: bytes, handed_out: bool) -> None:
    """An SVG is handed out as it is only when nothing in it can act or reach outside."""
    await world.upload("/a.svg", svg)
    for _ in range(2):
        if handed_out:
            assert (await world.get("/a.svg", IDENTITY)).body == svg
        else:
            with pytest.raises(UnsupportedFormat):
                await world.get("/a.svg", IDENTITY)


# ------------------------------------------------------------------ changes


async def test_a_replaced_picture_is_seen_at_once(world: World) -> None:
    """After a new version is committed the next order shows it, in every size."""
    await world.upload("/a.png", picture("old"))
    old = await world.get()
    await world.upload("/a.png", picture("new"))
    new = await world.get()
    assert inputs(new)[BASE] == picture("new")
    assert new.etag != old.etag
    assert (await world.get(wanted=IDENTITY)).body == picture("new")


async def test_a_deleted_picture_is_gone_at_once(world: World) -> None:
    """After a delete is committed the next order finds nothing, although derivatives are still kept."""
    await world.upload("/f/a.png", picture("a"))
    await world.get("/f/a.png")
    world.remove("/f/a.png")
    for wanted in (resized(), IDENTITY):
        with pytest.raises(NotFound):
            await world.get("/f/a.png", wanted)


async def test_a_new_picture_is_seen_at_once(world: World) -> None:
    """A path that was asked for in vain is found as soon as something is there."""
    with pytest.raises(NotFound):
        await world.get("/é.png")
    await world.upload("/é.png", picture("a"))
    assert await world.get("/é.png")
    assert await world.get("/é.png")


async def test_a_changed_folder(world: World) -> None:
    """A change of a folder concerns all that was below it."""
    await world.upload("/f/g/a.png", picture("old"))
    await world.get("/f/g/a.png")
    await world.upload("/f/g/a.png", picture("new"), tell=False)
    world.delivery.changed("acc", "live", "/f/")
    assert inputs(await world.get("/f/g/a.png"))[BASE] == picture("new")


async def test_a_change_while_it_is_looked_up(world: World) -> None:
    """A look-up that began before a change is not remembered after it."""
    await world.upload("/a.png", picture("old"))
    asked = asyncio.create_task(world.get(wanted=IDENTITY))
    while not world.identified:
        await asyncio.sleep(0)
    await world.upload("/a.png", picture("new"))
    await asked
    assert (await world.get(wanted=IDENTITY)).body == picture("new")


async def test_a_change_by_another_process(world: World) -> None:
    """What nobody here was told of is seen after a few seconds."""
    await world.upload("/a.png", picture("old"))
    await world.get(wanted=IDENTITY)
    await world.upload("/a.png", picture("new"), tell=False)
    world.clock.advance(10)
    assert (await world.get(wanted=IDENTITY)).body == picture("new")


async def test_the_library_is_not_asked_each_time(world: World) -> None:
    """Within those seconds a path is looked up once."""
    await world.upload("/a.png", picture("a"))
    for width in range(1, 20):
        await world.get(wanted=resized(width))
    assert world.identified == ["/a.png"]


@pytest.mark.parametrize("written", [True, False])
async def test_purge(world: World, written: bool) -> None:
    """A purge forgets every derivative of the path and of no other: bytes, rows, memory and what is not yet written."""
    world.engine.busy = 1
    await world.upload("/a.png", picture("a"))
    await world.upload("/b.png", picture("b"))
    for path in ("/a.png", "/b.png"):
        for width in (1, 2):
            await world.get(path, resized(width))
    if written:
        await world.delivery._cache.settled()
    await world.delivery.purge(source(), "/a.png")
    await world.delivery._cache.settled()
    await world.delivery._index.flush()
    assert {row.path for row in world.rows.rows.values()} == {"/b.png"}
    kept = {key async for key, _, _ in world.store.list("derivatives")}
    assert kept == {keys.derivative(digest) for digest in world.rows.rows}
    assert (await world.get("/b.png", resized(1))).cache == "hit"
    assert (await world.get("/a.png", resized(1))).cache == "miss"


async def test_blobs_that_are_lost(world: World) -> None:
    """An original whose bytes are gone is not found, and looked up anew at the next order."""
    original = await world.upload("/a.png", picture("a"))
    await world.get(wanted=IDENTITY)
    await world.store.delete([original.key])
    for wanted in (resized(), IDENTITY):
        with pytest.raises(NotFound):
            await world.get(wanted=wanted)
    await world.upload("/a.png", picture("a"), tell=False)
    assert (await world.get()).cache == "miss"


# ------------------------------------------------------------------ hot


async def hot(world: World, path: str = "/a.png", wanted: Transformation | None = None, **more: Any) -> str:
    """As a face does it: look, else deliver and put."""
    key = (path, str(wanted), str(more))
    found = world.delivery.hot.get(key)
    if found is not None:
        return f"hot {found}"
    since = world.delivery.hot.mark()
    delivered = await world.get(path, wanted, **more)
    world.delivery.hot.put(key, delivered.etag, delivered, "id-of-library", since)
    return f"cold {delivered.etag}"


async def test_hot_answers_follow_changes(world: World) -> None:
    """A hot answer goes with a change of the picture or of an overlay in it, and with its source's settings."""
    await world.upload("/a.png", picture("a"))
    await world.upload("/mark.png", picture("m"))
    wanted = resized(**OVERLAY)
    assert (await hot(world, wanted=wanted)).startswith("cold")
    assert (await hot(world, wanted=wanted)).startswith("hot")
    seen = set()
    for path in ("/a.png", "/mark.png"):
        await world.upload(path, picture("new" + path))
        seen.add(await hot(world, wanted=wanted))
        assert (await hot(world, wanted=wanted)).startswith("hot")
    world.delivery.source_changed("id-of-library")
    seen.add(await hot(world, wanted=wanted))
    assert all(each.startswith("cold") for each in seen)
    assert len(seen) == 2  # the settings did not change the picture


async def test_a_hot_answer_never_outlives_its_url(world: World) -> None:
    """A URL with an end is looked at each time."""
    await world.upload("/a.png", picture("a"))
    assert (await hot(world, expires_s=1_000_005)).startswith("cold")
    assert (await hot(world, expires_s=1_000_005)).startswith("cold")


# ------------------------------------------------------------------ other pictures in it


class Reader:
    """Knows two hosts of ours: one for each source."""

    def __init__(self, *sources: Any, wanted: Transformation = IDENTITY) -> None:
        self.sources = {each.name: each for each in sources}
        self.wanted = wanted

    async def read(self, url: str, base: DeliveryOrder) -> DeliveryOrder | None:
        if url.startswith("/~text"):
            text = Transformation(typeset=Text(text=url.partition("=")[2]))
            return DeliveryOrder(base.source, "/~text", text)
        host, _, path = url.removeprefix("https://").partition("/")
        of = self.sources.get(host.removesuffix(".ours.example"))
        return None if of is None else DeliveryOrder(of, "/" + path, self.wanted)


async def test_overlays_of_the_same_source(world: World) -> None:
    """A relative reference is a path in the base's own source, prefix and all; its query means nothing."""
    await world.upload("/in/a.png", picture("a"))
    await world.upload("/in/my mark.png", picture("m"))
    stage = Stage(overlays=(ImageOverlay(image="my%20mark.png?w=5"),), mask=Mask("image", image="/my mark.png"))
    got = await world.get(wanted=Transformation(stages=(stage,)), of=source(path_prefix="/in"))
    assert inputs(got) == {BASE: picture("a"), "my%20mark.png?w=5": picture("m"), "/my mark.png": picture("m")}


@pytest.mark.parametrize(
    "name", ["../mark.png", "/../mark.png", "%2e%2e/mark.png", "/x/%2e%2e/%2e%2e/mark.png", "..%2fmark.png"]
)
async def test_overlays_stay_inside(world: World, name: str) -> None:
    """A relative reference cannot leave its source's folder."""
    await world.upload("/in/a.png", picture("a"))
    await world.upload("/mark.png", picture("m"))
    with pytest.raises(NotFound):
        await world.get(wanted=resized(overlays=(ImageOverlay(image=name),)), of=source(path_prefix="/in"))


async def test_overlays_from_elsewhere(world: World) -> None:
    """Another server's picture is fetched once and kept like a web folder's."""
    await world.upload("/a.png", picture("a"))
    world.origin.files["https://other.example/m.png?v=1"] = picture("m")
    wanted = resized(overlays=(ImageOverlay(image="https://other.example/m.png?v=1"),))
    assert inputs(await world.get(wanted=wanted))["https://other.example/m.png?v=1"] == picture("m")
    await world.get(wanted=resized(50, overlays=wanted.stages[0].overlays))
    assert world.origin.asked == ["https://other.example/m.png?v=1"]


async def test_overlays_of_another_source_of_ours(world: World) -> None:
    """A URL on one of our hosts is an order of its own, made here and laid over as it comes out."""
    other = source("other", account_id="acc2")
    await world.upload("/a.png", picture("a"))
    world.library["acc2", "live", "/m.png"] = await world.upload("/m.png", picture("m"))
    world.delivery.read_urls_with(Reader(source(), other, wanted=resized(7)))
    name = "https://other.ours.example/m.png"
    got = await world.get(wanted=resized(overlays=(ImageOverlay(image=name),)))
    assert b'"width": 7' in inputs(got)[name]
    assert len(world.engine.orders) == 2
    assert set(got.places) == {("acc/live", "/a.png"), ("acc2/live", "/m.png")}
    assert not world.origin.asked
    assert (await world.get(wanted=resized(overlays=(ImageOverlay(image=name),)))).etag == got.etag
    await world.delivery._cache.settled()
    assert not list(world.store.temp().parent.iterdir())


async def test_overlays_that_lead_back(world: World) -> None:
    """A URL that leads into the same source could wait for itself: it is refused, save for text."""
    await world.upload("/a.png", picture("a"))
    world.delivery.read_urls_with(Reader(source()))
    with pytest.raises(InvalidParameter):
        await world.get(wanted=resized(overlays=(ImageOverlay(image="https://library.ours.example/a.png"),)))
    assert await world.get(wanted=resized(overlays=(ImageOverlay(image="/~text?txt=hi"),)))


async def test_overlays_in_circles(world: World) -> None:
    """Two sources that name each other end at a depth."""
    other = source("other")
    await world.upload("/a.png", picture("a"))

    class Circle(Reader):
        async def read(self, url: str, base: DeliveryOrder) -> DeliveryOrder | None:
            there = other if base.source.name == "library" else source()
            return DeliveryOrder(there, "/a.png", resized(overlays=(ImageOverlay(image=url),)))

    world.delivery.read_urls_with(Circle())
    with pytest.raises(InvalidParameter, match="nested"):
        await world.get(wanted=resized(overlays=(ImageOverlay(image="https://x.ours.example/a.png"),)))


async def test_too_many_overlays(world: World) -> None:
    """One request opens ten other pictures at most, those within others counted."""
    await world.upload("/a.png", picture("a"))
    for number in range(11):
        await world.upload(f"/{number}.png", picture(str(number)))
    overlays = tuple(ImageOverlay(image=f"/{number}.png") for number in range(11))
    with pytest.raises(TooLarge):
        await world.get(wanted=resized(overlays=overlays))
    assert await world.get(wanted=resized(overlays=overlays[:10]))
    inner = source("other", path_prefix="")
    world.delivery.read_urls_with(Reader(inner, wanted=resized(overlays=overlays[:6])))
    outer = tuple(ImageOverlay(image=f"https://other.ours.example/{number}.png") for number in range(2))
    with pytest.raises(TooLarge):
        await world.get(wanted=resized(overlays=outer))


@pytest.mark.parametrize(
    "name", ["ftp://x/a.png", "http://u:p@x.example/a", "http://0x7f.1/a", "//[::1", "file:///etc/passwd"]
)
async def test_hostile_references(world: World, name: str) -> None:
    """A reference that is no plain URL and no path is refused before anything is fetched."""
    await world.upload("/a.png", picture("a"))
    with pytest.raises(Refusal):
        await world.get(wanted=resized(overlays=(ImageOverlay(image=name),)))
    assert not world.origin.asked


async def test_a_picture_from_elsewhere_has_a_lower_ceiling(world: World) -> None:
    """A web folder's own file may be as large as the fetcher allows, a picture that a URL names only a part of that."""
    world.origin.files["http://origin.example/files/a.png"] = picture("a")
    world.origin.files["https://other.example/mark.png"] = picture("mark")
    of = source("web", "webfolder")
    await world.get("/a.png", of=of)
    assert world.origin.max_bytes is None
    await world.get("/a.png", resized(overlays=(ImageOverlay(image="https://other.example/mark.png"),)), of=of)
    assert world.origin.max_bytes == 20 * 1024 * 1024


async def test_typeset_text(world: World) -> None:
    """Text needs no original."""
    got = await world.get("/~text", Transformation(typeset=Text(text="hi")))
    assert inputs(got) == {}
    assert (got.content_type, got.last_modified) == ("image/png", None)
    assert got.max_age_s > 0


# ------------------------------------------------------------------ substitutes


async def test_a_picture_for_missing_ones(world: World) -> None:
    """A source's own picture stands in for a missing one, and says so; it goes as soon as the real one is there."""
    world.origin.files["https://other.example/none.png"] = picture("none")
    of = source(image_missing="https://other.example/none.png", cache_ttl_error=20)
    got = await world.get("/x.png", of=of)
    assert (got.body, got.cache) == (picture("none"), "original")
    assert isinstance(got.instead_of, NotFound)
    assert (got.max_age_s, got.valid_until_s, got.stale_s) == (20, 1_000_020.0, 0)
    await world.upload("/x.png", picture("x"))
    assert inputs(await world.get("/x.png", of=of))[BASE] == picture("x")


async def test_a_substitute_with_parameters(world: World) -> None:
    """With its switch on, the order's own parameters apply to the substitute."""
    world.origin.files["https://other.example/none.png"] = picture("none")
    of = source(image_missing="https://other.example/none.png", image_missing_append_qs=True)
    assert inputs(await world.get("/x.png", of=of))[BASE] == picture("none")


async def test_a_picture_for_broken_ones(world: World) -> None:
    """Trouble with an origin has a substitute of its own; a wrong order has none."""
    world.origin.files["http://origin.example/files/x.png"] = OriginFailed("it is down")
    world.origin.files["https://other.example/sorry.png"] = picture("sorry")
    of = source("web", "webfolder", image_error="https://other.example/sorry.png")
    got = await world.get("/x.png", of=of)
    assert (got.body, type(got.instead_of)) == (picture("sorry"), OriginFailed)
    with pytest.raises(TooLarge):
        await world.get("/x.png", Transformation(stages=resized().stages * 50), of=of)
    with pytest.raises(NotFound):
        await world.get("/none.png", of=of)


async def test_a_substitute_that_fails(world: World) -> None:
    """When the substitute is missing too, the first refusal is told."""
    with pytest.raises(NotFound, match=r"/x\.png"):
        await world.get("/x.png", of=source(image_missing="https://other.example/gone.png"))


async def test_a_substitute_lends_no_rights(world: World) -> None:
    """What a request names beside a missing picture is looked for in its own source, and with its own rights: the
    substitute's URL may be signed, the request is not."""
    await world.upload("/none.png", picture("none"))
    await world.upload("/secret.png", picture("secret"), private=True)

    class Signed(Reader):
        async def read(self, url: str, base: DeliveryOrder) -> DeliveryOrder | None:
            return DeliveryOrder(source("vault"), "/none.png", IDENTITY, signed=True)

    world.delivery.read_urls_with(Signed())
    of = source(
        "open", path_prefix="/open", image_missing="https://ours.example/none.png?s=x", image_missing_append_qs=True
    )
    assert inputs(await world.get("/x.png", of=of))[BASE] == picture("none")
    with pytest.raises(NotFound, match=r"/x\.png"):
        await world.get("/x.png", resized(overlays=(ImageOverlay(image="/secret.png"),)), of=of)


async def test_no_answer_outlives_a_url_in_it(world: World) -> None:
    """An overlay, a mask, or a substitute by a URL that ends: nobody keeps the answer past that end."""
    await world.upload("/a.png", picture("a"))
    inner = source("other")

    class Ending(Reader):
        async def read(self, url: str, base: DeliveryOrder) -> DeliveryOrder | None:
            wanted = resized(5) if "small" in url else IDENTITY
            return DeliveryOrder(inner, "/a.png", wanted, ServeOptions(expires_s=1_000_030))

    world.delivery.read_urls_with(Ending())
    for name in ("https://ours.example/a.png", "https://ours.example/small.png"):
        wanted = resized(overlays=(ImageOverlay(image=name),))
        got = await world.get(wanted=wanted)
        assert (got.max_age_s, got.stale_s, got.valid_until_s) == (30, 0, 1_000_000.0)
        assert (await world.get(wanted=wanted, expires_s=1_000_007)).max_age_s == 7
    of = source(image_missing="https://ours.example/a.png")
    assert (await world.get("/x.png", of=of)).max_age_s == 30


async def test_paths_that_no_database_takes(world: World) -> None:
    """A purge of what cannot be a path finds nothing."""
    for path in ("/a\0.png", "/\ud800"):
        with pytest.raises(NotFound):
            await world.delivery.purge(source("web", "webfolder"), path)


async def test_a_remembered_refusal_holds_nothing(world: World) -> None:
    """A path that is asked for again and again and is not there costs no more than its own words."""
    web = source("web", "webfolder")
    for of in (source(), web):
        for _ in range(2):
            with pytest.raises(NotFound):
                await world.get("/none.png", of=of)
    originals = world.delivery._originals
    for known in (originals._known, originals._remote._known):
        kept = [entry[0] for entry in known._entries.values()]
        assert [type(each) for each in kept] == [NotFound]
        assert [(each.__traceback__, each.__context__, each.__cause__) for each in kept] == [(None, None, None)]
