"""Pictures of the test stage go out marked, whatever road they take, and no longer than they are there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.delivery.delivery_world import PNG, World, inputs, picture, resized, source
from tests.unit.delivery.test_delivery_service import Reader

from imagewell.delivery.mark import STAMP, Marks, marked
from imagewell.delivery.order import DeliveryOrder
from imagewell.errors import NotFound
from imagewell.imaging.work import BASE
from imagewell.transform import spelling
from imagewell.transform.model import (
    IDENTITY,
    Backdrop,
    Format,
    ImageOverlay,
    Output,
    Stage,
    Stamp,
    Text,
    Transformation,
)
from imagewell.transform.values import WHITE

TEST = source("tests", stage="test")
DATA = (Format.JSON, Format.BLURHASH, Format.PALETTE_JSON, Format.PALETTE_CSS)


def made(delivered: Any) -> Transformation:
    """What the engine was asked for."""
    return spelling.read(json.loads(delivered.body[len(PNG) :].rstrip(b"\0"))[1])


def is_marked(delivered: Any) -> bool:
    return any(stage.stamp == STAMP for stage in made(delivered).stages)


async def put(world: World, path: str = "/a.png", stage: str = "test", **more: Any) -> bytes:
    body = picture(stage + path)
    await world.upload(path, body, stage=stage, **more)
    return body


@pytest.mark.parametrize(
    "asked",
    [
        IDENTITY,
        Transformation(output=Output(format=Format.WEBP)),
        resized(),
        Transformation((Stage(flip="h"), Stage(backdrop=Backdrop(WHITE)))),
        Transformation((Stage(stamp=Stamp(" ")),)),
        Transformation(typeset=Text("Hello")),
    ],
    ids=str,
)
def test_a_mark_is_drawn_last_and_changes_nothing_else(asked: Transformation) -> None:
    """The last stage gets it; the stages before, format and frames are the same, and a second mark is none."""
    twin = marked(asked)
    assert twin.stages[-1].stamp == STAMP
    *before, last = asked.stages or (Stage(),)
    assert twin.stages == (*before, replace(last, stamp=STAMP))
    assert (twin.output, twin.frames, twin.typeset) == (asked.output, asked.frames, asked.typeset)
    assert marked(twin) is twin


@pytest.mark.parametrize("format", DATA)
def test_answers_about_a_picture_have_none(format: Format) -> None:
    """Facts, palettes and hashes are of the picture as it is."""
    asked = Transformation(resized().stages, Output(format=format))
    assert marked(asked) is asked


def test_a_twin_is_the_same_each_time() -> None:
    """Recipes know a transformation by being the same object."""
    marks, asked = Marks(), resized()
    order = DeliveryOrder(TEST, "/a.png", asked)
    assert marks.on(order).transformation is marks.on(order).transformation
    assert marks.on(replace(order, source=source())).transformation is asked
    assert marks.on(replace(order, clean=True)).transformation is asked
    first = marks.of(asked)
    for number in range(1000):
        marks.of(resized(number + 1))
    assert marks.of(asked) == first


@pytest.mark.parametrize("wanted", [IDENTITY, resized(), Transformation(typeset=Text("Hello"))])
async def test_whatever_a_source_of_the_test_stage_has_is_marked(world: World, wanted: Transformation) -> None:
    """The original too, and text that is only set."""
    await put(world)
    delivered = await world.get(wanted=wanted, of=TEST)
    assert is_marked(delivered)
    assert (await world.get(wanted=wanted, of=TEST)).cache == "hit"


async def test_live_pictures_are_not(world: World) -> None:
    """The same path of the live stage is another picture, as it came."""
    body = await put(world, stage="live")
    await put(world)
    assert (await world.get(wanted=IDENTITY)).body == body
    assert not is_marked(await world.get())


async def test_for_the_library_itself_there_is_no_mark(world: World) -> None:
    """What an edit is made of stays clean, so that the next one is too."""
    body = await put(world)
    assert (await world.get(wanted=IDENTITY, of=TEST, clean=True)).body == body
    assert not is_marked(await world.get(of=TEST, clean=True))


async def test_a_marked_original_keeps_its_size(world: World) -> None:
    """However long its sides: an original that is handed out is not scaled down, so a marked one is not either."""
    await put(world)
    await world.get(wanted=IDENTITY, of=TEST)
    await world.get(of=TEST)
    whole, small = world.engine.orders
    assert whole.max_side_px == 65_535
    assert small.max_side_px is None


async def test_a_test_picture_on_a_live_one_shows_its_mark(world: World) -> None:
    """Named by its URL it goes through the same door as a visitor."""
    await put(world, stage="live")
    body = await put(world, "/mark.png")
    url = "https://tests.ours.example/mark.png"
    wanted = resized(overlays=(ImageOverlay(image=url),))
    world.delivery.read_urls_with(Reader(TEST))
    delivered = await world.get(wanted=wanted)
    assert not is_marked(delivered)
    inner = spelling.read(json.loads(inputs(delivered)[url][len(PNG) :])[1])
    assert inner.stages == (Stage(stamp=STAMP),)
    assert body not in inputs(delivered).values()


async def test_within_the_test_stage_one_mark_is_enough(world: World) -> None:
    """Pictures laid over one of their own stage are clean; the whole has the mark."""
    await put(world)
    body = await put(world, "/mark.png")
    url = "https://other.ours.example/mark.png"
    world.delivery.read_urls_with(Reader(source("other", stage="test")))
    delivered = await world.get(wanted=resized(overlays=(ImageOverlay(image=url),)), of=TEST)
    assert is_marked(delivered)
    assert inputs(delivered)[url] == body


@pytest.mark.parametrize("with_parameters", [False, True])
@pytest.mark.parametrize("stage", ["live", "test"])
async def test_a_substitute_of_the_test_stage_is_marked(world: World, with_parameters: bool, stage: str) -> None:
    """Whether it goes out as it is or as the request asks, and whoever asks."""
    body = await put(world, "/none.png")
    world.delivery.read_urls_with(Reader(TEST))
    url = "https://tests.ours.example/none.png"
    asking = source("asking", stage=stage, image_missing=url, image_missing_append_qs=with_parameters)
    delivered = await world.get("/missing.png", of=asking)
    assert is_marked(delivered)
    assert inputs(delivered) == {BASE: body}
    assert made(delivered).stages[-1].resize == (resized().stages[0].resize if with_parameters else None)


# ------------------------------------------------------------------ the end of a picture


async def test_an_asset_for_its_owner(world: World) -> None:
    """What its owner may have is handed out without being looked up, marked in the test stage."""
    original = await world.upload("/a.png", picture("a"), stage="test")
    del world.library["acc", "test", "/a.png"]  # as one that is not published
    assert is_marked(await world.delivery.hand_out(DeliveryOrder(TEST, "/a.png", IDENTITY), original))
    assert world.used == ["miss"]


def ending(world: World, seconds: float) -> datetime:
    return datetime.fromtimestamp(world.clock.seconds() + seconds, UTC)


@pytest.mark.parametrize("wanted", [IDENTITY, resized()])
@pytest.mark.parametrize("left_s", [0.5, 1.0, 5.5, 15.0, 40.0, 3600.0, 86_400.0])
async def test_nobody_keeps_an_answer_past_the_end(world: World, wanted: Transformation, left_s: float) -> None:
    """Neither a cache elsewhere, however late the answer is repeated, nor the hot layer."""
    await put(world, stage="live", gone_at=ending(world, left_s))
    delivered = await world.get(wanted=wanted)
    end_s = world.clock.seconds() + left_s
    assert delivered.max_age_s >= 0
    assert delivered.valid_until_s <= end_s
    assert min(delivered.valid_until_s, end_s) + delivered.max_age_s + delivered.stale_s <= end_s


async def test_an_answer_with_a_distant_end_is_kept_hot(world: World) -> None:
    """An end far away costs nothing."""
    await put(world, stage="live", gone_at=ending(world, 86_400))
    delivered = await world.get()
    assert delivered.valid_until_s >= world.clock.seconds() + 10
    assert delivered.max_age_s >= 86_400 - 20


async def test_what_is_remembered_of_a_path_ends_with_its_picture(world: World) -> None:
    """The library is asked again at that moment, not ten seconds later."""
    await put(world, stage="live", gone_at=ending(world, 3))
    await world.get()
    del world.library["acc", "live", "/a.png"]  # nobody is told: time alone does it
    world.clock.advance(2.9)
    assert (await world.get()).cache == "hit"
    world.clock.advance(0.1)
    with pytest.raises(NotFound):
        await world.get()


async def test_the_first_end_of_all_counts(world: World) -> None:
    """A picture with another in it is kept no longer than either."""
    await put(world, stage="live")
    await put(world, "/mark.png", "live", gone_at=ending(world, 60))
    delivered = await world.get(wanted=resized(overlays=(ImageOverlay(image="/mark.png"),)))
    assert delivered.max_age_s <= 60
