"""IMG Processing: every edit, its result decoded and measured."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from tests import pictures
from tests.faces.imgprocessing.stage import (
    BLUE,
    GREEN,
    RED,
    UNLIMITED,
    WHITE,
    Changed,
    User,
    corners,
    form,
    image,
    make_user,
    near,
    opened,
    problem,
)

from imagewell.accounts.subject import system
from imagewell.db.session import WriteSession
from imagewell.faces.imgprocessing.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")

BLACK, CLEAR = (0, 0, 0), (0, 0, 0, 0)
FORMATS = {"jpeg": pictures.jpeg(), "png": pictures.png(), "webp": pictures.webp()}
QUARTERS = [RED, GREEN, BLUE, WHITE]


@pytest_asyncio.fixture(loop_scope="session")
async def user(runtime: Runtime) -> User:
    return await make_user(runtime)


@pytest.fixture(params=sorted(FORMATS))
def format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def flat(color: Any, width: int = 60, height: int = 40, mode: str = "RGB") -> bytes:
    return pictures.saved(Image.new(mode, (width, height), color), "PNG")


async def edited(user: User, data: bytes, operation: str, **body: Any) -> tuple[dict[str, Any], Image.Image]:
    """The result of one edit: its facts, and the picture, which they describe."""
    source = await user.upload(data)
    made = await user.edit(source["id"], operation, **body)
    assert made["id"] != source["id"]
    assert (await user.http.get(f"/v1/images/{source['id']}")).json() == source
    return made, await user.download(made["id"])


async def test_every_edit_on_every_backend(any_runtime: Runtime) -> None:
    """Each is a new image in its own right, listed first; it can be edited again."""
    user = await make_user(any_runtime)
    source = await user.upload(pictures.jpeg(), "photo")
    mark = await user.upload(flat((255, 0, 255), 10, 10), "mark")
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("resize", {"width": 60}), ("crop", {"x1": 0, "y1": 0, "x2": 30, "y2": 20}), ("mirror", {"mode": "both"}),
        ("rotate", {"angle": 30}), ("convert", {"format": "webp"}), ("blur", {}), ("modulate", {"brightness": 10}),
        ("watermark", {"watermarks": [{"id": mark["id"]}]}), ("resize", {}),
    ]  # fmt: skip
    before = source["id"]
    for operation, body in bodies:
        answer = await user.http.post(f"/v1/images/{before}/{operation}", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["x-image-processing-usage"] == "1"
        made = image(answer)
        assert made["name"] == "photo"
        assert (await user.http.get("/v1/images?take=1")).json()["data"] == [made]
        await user.download(made["id"])
        before = made["id"]


async def test_names(user: User) -> None:
    """The source's own, unless the body has one; null is as good as none."""
    source = await user.upload(pictures.png(), "source")
    for body, name in (({}, "source"), ({"name": None}, "source"), ({"name": "n" * 30}, "n" * 30)):
        assert (await user.edit(source["id"], "mirror", mode="both", **body))["name"] == name
    assert (await user.edit(source["id"], "resize", name="copy"))["name"] == "copy"
    for name in ("", "n" * 31, 5):
        answer = await user.http.post(f"/v1/images/{source['id']}/blur", json={"name": name, "sigma": 0})
        problem(answer, 422, "name", "sigma")


async def test_formats_are_kept(user: User, format: str) -> None:
    """By every edit but a conversion."""
    source = await user.upload(FORMATS[format])
    assert source["format"] == format
    for operation, body in (
        ("resize", {"width": 60}),
        ("rotate", {"angle": 45}),
        ("blur", {}),
        ("mirror", {"mode": "both"}),
    ):
        made = await user.edit(source["id"], operation, **body)
        assert made["format"] == format
        await user.download(made["id"])


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"width": 60}, (60, 40)),
        ({"height": 160}, (240, 160)),
        ({"width": 1}, (1, 1)),
        ({"width": 100}, (100, 67)),
        ({"width": 60, "height": 60}, (60, 60)),
        ({"width": 60, "height": 60, "fit": "contain"}, (60, 60)),
        ({"width": 60, "height": 60, "fit": "cover"}, (60, 60)),
        ({"width": 300, "height": 10, "fit": "cover"}, (300, 10)),
        ({"width": 60, "height": None}, (60, 40)),
        ({}, (120, 80)),
    ],
)
async def test_sizes(user: User, format: str, body: dict[str, Any], size: tuple[int, int]) -> None:
    """Exactly what was asked; one side alone keeps the shape."""
    made, picture = await edited(user, FORMATS[format], "resize", **body)
    assert (made["width"], made["height"]) == picture.size == size


async def test_fill_stretches(user: User) -> None:
    """The whole picture, squeezed."""
    _, picture = await edited(user, pictures.png(), "resize", width=80, height=160)
    assert near(corners(picture), QUARTERS)


@pytest.mark.parametrize(
    ("position", "place"),
    [("center", (0, 30)), ("top", (0, 0)), ("bottom", (0, 60)), ("left", (0, 30)), ("top-left", (0, 0)),
     ("bottom-right", (0, 60)), (None, (0, 30))],
)  # fmt: skip
async def test_contain_places_the_picture_between_bars(user: User, position: Any, place: tuple[int, int]) -> None:
    """A wide picture in a square: bars above and below, as the position says; transparent in a PNG."""
    _, picture = await edited(
        user, pictures.png(120, 60), "resize", width=120, height=120, fit="contain", position=position
    )
    assert picture.mode == "RGBA"
    top = place[1]
    assert picture.getbbox() == (0, top, 120, top + 60)
    assert near(picture.getpixel((2, top + 2)), (*RED, 255))
    assert near(picture.getpixel((117, top + 57)), (*WHITE, 255))


@pytest.mark.parametrize(
    ("position", "left"), [("left", 0), ("center", 30), ("right", 60), ("top", 30), ("bottom-right", 60)]
)
async def test_contain_places_a_tall_picture(user: User, position: str, left: int) -> None:
    """Bars on both sides."""
    _, picture = await edited(
        user, pictures.png(60, 120), "resize", width=120, height=120, fit="contain", position=position
    )
    assert picture.getbbox() == (left, 0, left + 60, 120)


@pytest.mark.parametrize(
    ("format", "color", "bar"),
    [
        ("jpeg", None, BLACK), ("jpeg", "transparent", BLACK), ("jpeg", "#ff8800", (255, 136, 0)),
        ("png", None, CLEAR), ("png", "blue", (*BLUE, 255)), ("png", "#00ff0080", (0, 255, 0, 128)),
        ("webp", None, CLEAR), ("webp", "transparent", CLEAR), ("webp", "White", (*WHITE, 255)),
    ],
)  # fmt: skip
async def test_the_colour_of_bars(user: User, format: str, color: Any, bar: tuple[int, ...]) -> None:
    """As asked; else clear where the format can be, black in a JPEG."""
    _, picture = await edited(
        user, FORMATS[format], "resize", width=100, height=200, fit="contain", letterbox_color=color
    )
    found = picture.convert("RGBA").getpixel((50, 5))
    assert near(found[3], (*bar, 255)[3])
    if len(bar) == 3 or bar[3]:
        assert near(found[:3], bar[:3])


@pytest.mark.parametrize(
    ("position", "seen"),
    [
        ("left", [RED, RED, BLUE, BLUE]), ("right", [GREEN, GREEN, WHITE, WHITE]), ("center", QUARTERS),
        ("top", QUARTERS), ("top-left", [RED, RED, BLUE, BLUE]), ("bottom-right", [GREEN, GREEN, WHITE, WHITE]),
        (None, QUARTERS),
    ],
)  # fmt: skip
async def test_cover_keeps_what_the_position_names(user: User, position: Any, seen: list[Any]) -> None:
    """A narrow window on a wide picture."""
    _, picture = await edited(
        user, pictures.png(200, 50), "resize", width=50, height=50, fit="cover", position=position
    )
    assert near(corners(picture), seen)


async def test_crop(user: User, format: str) -> None:
    """From corner to corner, the second one excluded."""
    made, picture = await edited(user, FORMATS[format], "crop", x1=60, y1=0, x2=120, y2=40)
    assert (made["width"], made["height"]) == (60, 40)
    assert near(corners(picture), [GREEN] * 4, 12)
    whole, _ = await edited(user, FORMATS[format], "crop", x1=0, y1=0, x2=120, y2=80)
    assert (whole["width"], whole["height"]) == (120, 80)
    one, _ = await edited(user, FORMATS[format], "crop", x1=119, y1=79, x2=120, y2=80)
    assert (one["width"], one["height"]) == (1, 1)


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("horizontal", [GREEN, RED, WHITE, BLUE]),
        ("vertical", [BLUE, WHITE, RED, GREEN]),
        ("both", [WHITE, BLUE, GREEN, RED]),
    ],
)
async def test_mirror(user: User, format: str, mode: str, seen: list[Any]) -> None:
    """Horizontal swaps left and right."""
    made, picture = await edited(user, FORMATS[format], "mirror", mode=mode)
    assert (made["width"], made["height"]) == (120, 80)
    assert near(corners(picture), seen, 12)


@pytest.mark.parametrize(
    ("angle", "unit", "size", "seen"),
    [
        (90, None, (80, 120), [BLUE, RED, WHITE, GREEN]),
        (-270, "degrees", (80, 120), [BLUE, RED, WHITE, GREEN]),
        (180, None, (120, 80), [WHITE, BLUE, GREEN, RED]),
        (270, None, (80, 120), [GREEN, WHITE, RED, BLUE]),
        (360, None, (120, 80), QUARTERS),
        (math.pi / 2, "radians", (80, 120), [BLUE, RED, WHITE, GREEN]),
        (-math.pi, "radians", (120, 80), [WHITE, BLUE, GREEN, RED]),
    ],
)
async def test_quarter_turns(user: User, angle: float, unit: Any, size: tuple[int, int], seen: list[Any]) -> None:
    """Clockwise, exact, without a pixel of another colour."""
    _, picture = await edited(user, pictures.png(), "rotate", angle=angle, unit=unit)
    assert picture.size == size
    assert corners(picture, 0) == seen
    assert picture.mode == "RGB"


@pytest.mark.parametrize(
    ("format", "color", "corner"),
    [
        ("jpeg", None, BLACK), ("png", None, BLACK), ("webp", None, BLACK), ("png", "red", RED),
        ("jpeg", "#00f", BLUE), ("jpeg", "transparent", BLACK), ("png", "transparent", CLEAR),
    ],
)  # fmt: skip
async def test_corners_of_a_turn(user: User, format: str, color: Any, corner: tuple[int, ...]) -> None:
    """The canvas grows to hold the picture; its corners are black, or the colour that was asked for."""
    made, picture = await edited(user, FORMATS[format], "rotate", angle=45, background_color=color)
    assert abs(made["width"] - 200 / math.sqrt(2)) <= 1
    assert made["width"] == made["height"]
    for found in corners(picture.convert("RGBA"), 0):
        assert near(found[3], (*corner, 255)[3])
        assert not found[3] or near(found[:3], corner[:3], 12)


async def test_corners_stay_clear_with_alpha(user: User) -> None:
    """A picture with alpha gets clear corners, unless a colour is asked for; its own holes stay."""
    _, picture = await edited(user, pictures.png_with_alpha(), "rotate", angle=45)
    assert picture.mode == "RGBA"
    assert [corner[3] for corner in corners(picture, 0)] == [0, 0, 0, 0]
    _, picture = await edited(user, pictures.png_with_alpha(), "rotate", angle=45, background_color="red")
    assert near(corners(picture, 0), [(*RED, 255)] * 4)
    assert picture.getpixel((picture.width // 2, picture.height // 2))[3] == 0


async def test_a_turn_is_clockwise(user: User) -> None:
    """By 30 degrees the top left goes to the right and up."""
    _, picture = await edited(user, pictures.png(200, 200), "rotate", angle=30)
    top = next(x for x in range(picture.width) if picture.getpixel((x, 4)) != BLACK)
    assert picture.width * 0.2 < top < picture.width * 0.5


@pytest.mark.parametrize(
    ("format", "quality", "written"),
    [("jpg", None, "jpeg"), ("jpeg", 30, "jpeg"), ("png", 30, "png"), ("webp", None, "webp")],
)
async def test_conversion(user: User, format: str, quality: Any, written: str) -> None:
    """Into each of the three; `jpg` is JPEG."""
    for source in FORMATS.values():
        made, picture = await edited(user, source, "convert", format=format, quality=quality)
        assert made["format"] == written
        assert near(corners(picture), QUARTERS, 14)


async def test_quality_counts(user: User) -> None:
    """Less is fewer bytes; the default is 90."""
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    source = await user.upload(pictures.saved(Image.fromarray(noise), "PNG"))
    for format in ("jpeg", "webp"):
        sizes = [(await user.edit(source["id"], "convert", format=format, quality=q))["size"] for q in (10, 90, 100)]
        assert sizes == sorted(sizes)
        assert (await user.edit(source["id"], "convert", format=format))["size"] == sizes[1]


async def test_alpha_becomes_white_or_the_operators_colour(runtime: Runtime, user: User) -> None:
    """When a picture with holes becomes a JPEG."""
    _, picture = await edited(user, pictures.png_with_alpha(), "convert", format="jpeg")
    assert near(picture.getpixel((60, 40)), WHITE)
    app = make_face(Changed(runtime, UNLIMITED, flatten_color="#00f")).app  # type: ignore[arg-type]
    blue = await make_user(runtime, app=app)
    _, picture = await edited(blue, pictures.png_with_alpha(), "convert", format="jpeg")
    assert near(picture.getpixel((60, 40)), BLUE)
    _, picture = await edited(user, pictures.png_with_alpha(), "convert", format="webp")
    assert picture.convert("RGBA").getpixel((60, 40))[3] == 0


async def test_blur(user: User, format: str) -> None:
    """Edges soften; size and format stay; sigma 20 unless it is said."""
    _, usual = await edited(user, FORMATS[format], "blur")
    _, little = await edited(user, FORMATS[format], "blur", sigma=1)
    _, twenty = await edited(user, FORMATS[format], "blur", sigma=20)
    _, all_of_it = await edited(user, FORMATS[format], "blur", sigma=1000)
    assert usual.size == (120, 80)
    assert usual.tobytes() == twenty.tobytes()
    assert near(corners(little), QUARTERS, 14)
    spread = np.asarray(all_of_it.convert("RGB"), int)
    assert spread.max(axis=(0, 1)).max() - spread.min(axis=(0, 1)).min() < 60


GREY, LEVELS = (128, 128, 128), (200, 100, 50)


@pytest.mark.parametrize(
    ("color", "body", "expected"),
    [
        (GREY, {}, GREY),
        (GREY, {"brightness": 50}, (192, 192, 192)),
        (GREY, {"brightness": -100}, BLACK),
        (GREY, {"exposure": 50}, (255, 255, 255)),
        (GREY, {"exposure": -50}, (64, 64, 64)),
        ((200, 200, 200), {"contrast": -100}, (128, 128, 128)),
        ((178, 178, 178), {"contrast": 100}, (228, 228, 228)),
        (GREY, {"exposure": -50, "brightness": 100}, GREY),
        (LEVELS, {"brightness": 0, "saturation": 0, "contrast": 0, "exposure": 0}, LEVELS),
        (GREY, {"brightness": 0.5, "lightness": 0}, (60, 60, 60)),
        (GREY, {"brightness": 1, "hue": 0}, GREY),
        (BLACK, {"lightness": 50}, (119, 119, 119)),
    ],
)
async def test_modulation(
    user: User, color: tuple[int, int, int], body: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """Either generation's figures, on a flat colour. CIE lightness 50 is the grey 119."""
    _, picture = await edited(user, flat(color), "modulate", **body)
    assert near(picture.convert("RGB").getpixel((30, 20)), expected, 3)


async def test_modulation_of_colours(user: User) -> None:
    """−100 saturation is grey in the later words, 0 in the first ones; a hue turns."""
    for body in ({"saturation": -100}, {"saturation": 0, "hue": 0}):
        _, picture = await edited(user, flat(LEVELS), "modulate", **body)
        red, green, blue = picture.convert("RGB").getpixel((30, 20))  # type: ignore[misc]
        assert max(red, green, blue) - min(red, green, blue) <= 2
    _, picture = await edited(user, flat((200, 60, 60)), "modulate", hue=120)
    red, green, blue = picture.convert("RGB").getpixel((30, 20))  # type: ignore[misc]
    assert green > red
    assert green > blue


async def test_the_first_generation_by_a_switch(runtime: Runtime) -> None:
    """An operator makes every body mean multipliers."""
    app = make_face(Changed(runtime, UNLIMITED, modulate_first_generation=True)).app  # type: ignore[arg-type]
    user = await make_user(runtime, app=app)
    _, picture = await edited(user, flat(LEVELS), "modulate", saturation=0)
    assert near(picture.getpixel((30, 20))[:1], picture.getpixel((30, 20))[1:2], 2)
    source = await user.upload(flat(LEVELS))
    problem(await user.http.post(f"/v1/images/{source['id']}/modulate", json={"brightness": -50}), 422, "brightness")


MARK = (255, 0, 255)


async def marked(user: User, *marks: dict[str, Any], ground: bytes | None = None) -> Image.Image:
    _, picture = await edited(user, ground or flat(WHITE, 100, 60), "watermark", watermarks=list(marks))
    return picture


def box_of(picture: Image.Image, color: tuple[int, ...] = MARK) -> Any:
    """Where a colour is."""
    found = np.abs(np.asarray(picture.convert("RGB"), int) - color).max(axis=2) < 12
    return Image.fromarray(found).getbbox(), int(found.sum())


async def test_marks_are_pasted_where_they_are_told(user: User) -> None:
    """At their own size, at a size, outside in part or altogether; in order, over one another."""
    mark = (await user.upload(flat(MARK, 20, 10)))["id"]
    other = (await user.upload(flat(GREEN, 20, 10)))["id"]
    assert box_of(await marked(user, {"id": mark})) == ((0, 0, 20, 10), 200)
    assert box_of(await marked(user, {"id": mark, "left": 30, "top": 40})) == ((30, 40, 50, 50), 200)
    assert box_of(await marked(user, {"id": mark, "width": 40})) == ((0, 0, 40, 20), 800)
    assert box_of(await marked(user, {"id": mark, "height": 30})) == ((0, 0, 60, 30), 1800)
    assert box_of(await marked(user, {"id": mark, "width": 5, "height": 50})) == ((0, 0, 5, 50), 250)
    assert box_of(await marked(user, {"id": mark, "left": -15, "top": -5})) == ((0, 0, 5, 5), 25)
    assert box_of(await marked(user, {"id": mark, "left": 90, "top": 55})) == ((90, 55, 100, 60), 50)
    assert box_of(await marked(user, {"id": mark, "left": 100_000, "top": -100_000})) == (None, 0)
    assert box_of(await marked(user, {"id": mark, "width": 10_000, "left": -50, "top": -50}))[1] == 6000
    two = await marked(user, {"id": mark}, {"id": other, "left": 10})
    assert box_of(two)[0] == (0, 0, 10, 10)
    assert box_of(two, GREEN)[0] == (10, 0, 30, 10)
    five = await marked(user, *({"id": mark, "left": 20 * n} for n in range(5)))
    assert box_of(five) == ((0, 0, 100, 10), 1000)


async def test_marks_have_alpha_and_pictures_keep_their_format(user: User, format: str) -> None:
    """A half-clear mark mixes; a mark with a hole shows what is below."""
    half = (await user.upload(flat((0, 0, 0, 128), 20, 20, "RGBA")))["id"]
    ground = pictures.saved(Image.new("RGB", (60, 40), WHITE), format.upper())
    made, picture = await edited(user, ground, "watermark", watermarks=[{"id": half, "left": 10, "top": 10}])
    assert made["format"] == format
    assert near(picture.convert("RGB").getpixel((20, 20)), (127, 127, 127), 10)
    assert near(picture.convert("RGB").getpixel((50, 35)), WHITE, 6)


@pytest.mark.parametrize(
    ("mode", "box", "count"),
    [
        ("no_repeat", (30, 20, 40, 30), 100),
        ("repeat_x", (0, 20, 100, 30), 1000),
        ("repeat_y", (30, 0, 40, 60), 600),
        ("repeat", (0, 0, 100, 60), 6000),
    ],
)
async def test_marks_repeat_both_ways(user: User, mode: str, box: Any, count: int) -> None:
    """From where they are told, in the directions that are named, over the whole picture."""
    mark = (await user.upload(flat(MARK, 10, 10)))["id"]
    picture = await marked(user, {"id": mark, "left": 30, "top": 20, "repetition_mode": mode})
    assert box_of(picture) == (box, count)


async def test_repeats_keep_their_beat(user: User) -> None:
    """A mark half of which is clear: its copies lie on the grid that it is on itself."""
    half = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    half.paste((*MARK, 255), (0, 0, 5, 10))
    mark = (await user.upload(pictures.saved(half, "PNG")))["id"]
    picture = await marked(user, {"id": mark, "left": 33, "repetition_mode": "repeat_x"})
    row = [near(picture.convert("RGB").getpixel((x, 5)), MARK) for x in range(100)]
    assert row == [(x - 33) % 10 < 5 for x in range(100)]


async def test_unknown_marks(user: User, runtime: Runtime) -> None:
    """404 with the mark's id: unknown, no id at all, another account's, one deleted."""
    source = await user.upload(pictures.png())
    other = await (await make_user(runtime)).upload(pictures.png())
    for id in ("image_000000000000000000000000", "nope", "", other["id"], "image_" + "Z" * 24, "x" * 9000):
        answer = await user.http.post(
            f"/v1/images/{source['id']}/watermark", json={"watermarks": [{"id": source["id"]}, {"id": id}]}
        )
        assert id[:100] in problem(answer, 404)["message"]


async def test_results_that_are_too_large_are_refused_before_they_are_made(user: User) -> None:
    """By arithmetic: more pixels than are allowed, or more than a format has a side."""
    source = await user.upload(pictures.webp(120, 20))
    for operation, body, field in (
        ("resize", {"width": 10_000, "height": 10_000}, "width"),
        ("resize", {"height": 10_000}, "height"),
        ("convert", {"format": "gif"}, "format"),
    ):
        problem(await user.http.post(f"/v1/images/{source['id']}/{operation}", json=body), 422, field)
    tall = await user.upload(pictures.jpeg(8, 1700))
    problem(await user.http.post(f"/v1/images/{tall['id']}/resize", json={"width": 10_000}), 422, "width")


async def test_large_results_are_exact(user: User) -> None:
    """Up to 10,000 px a side, never scaled down on the way."""
    source = await user.upload(pictures.png(100, 40))
    made = await user.edit(source["id"], "resize", width=10_000, height=400)
    assert (made["width"], made["height"]) == (10_000, 400)
    turned = await user.edit(made["id"], "rotate", angle=2)
    assert turned["width"] > 10_000


async def test_pictures_with_alpha_keep_it(user: User) -> None:
    """Through sizes, crops, turns and colours."""
    source = await user.upload(pictures.png_with_alpha())
    for operation, body in (
        ("resize", {"width": 60}),
        ("resize", {"width": 50, "height": 50, "fit": "cover"}),
        ("mirror", {"mode": "both"}),
        ("rotate", {"angle": 90}),
        ("blur", {"sigma": 1}),
        ("modulate", {"brightness": 10}),
        ("crop", {"x1": 10, "y1": 10, "x2": 110, "y2": 70}),
        ("watermark", {"watermarks": [{"id": source["id"], "left": 500}]}),
    ):
        made = await user.edit(source["id"], operation, **body)
        picture = await user.download(made["id"])
        assert picture.mode == "RGBA", operation
        assert picture.getpixel((picture.width // 2, picture.height // 2))[3] == 0, operation  # type: ignore[index]


async def test_a_removed_background_needs_its_engine(user: User) -> None:
    """Without it: 503 in words, with the command; when to come back; and nothing is counted."""
    source = await user.upload(pictures.jpeg())
    answer = await user.http.post(f"/v1/images/{source['id']}/remove-background")
    assert "imagewell models pull" in problem(answer, 503)["message"]
    assert int(answer.headers["retry-after"]) >= 1


async def test_quotas(runtime: Runtime) -> None:
    """Each 201 counts as the table says; used up, the answer is 402 and nothing is made."""
    user = await make_user(runtime)
    await runtime.usage.set_limit(system(user.account_id), "operations", 3)
    source = await user.upload(pictures.png())
    await user.edit(source["id"], "mirror", mode="both")
    await user.http.post(f"/v1/images/{source['id']}/publish")
    assert (await user.http.post(f"/v1/images/{source['id']}/crop", json={})).status_code == 422
    await user.edit(source["id"], "blur")
    problem(await user.http.post(f"/v1/images/{source['id']}/blur", json={}), 402)
    problem(await user.http.post("/v1/images/upload", files=form(pictures.png())), 402)
    assert (await user.http.post(f"/v1/images/{source['id']}/unpublish")).status_code == 201
    assert len((await user.http.get("/v1/images")).json()["data"]) == 3


async def test_bytes_are_pictures(user: User) -> None:
    """A progressive chain of edits ends in one that opens."""
    before = (await user.upload(pictures.jpeg()))["id"]
    for operation, body in (("resize", {"width": 90}), ("rotate", {"angle": 10}), ("convert", {"format": "png"})):
        before = (await user.edit(before, operation, **body))["id"]
    got = await user.http.get(f"/v1/images/{before}/download")
    assert opened(got.content).format == "PNG"


class Dawdling(Changed):
    """The runtime with a deadline, in which to count takes longer than that."""

    @property
    def ledger(self) -> Any:
        return self

    @asynccontextmanager
    async def metered(self, *asked: Any) -> AsyncIterator[Any]:
        async with self._runtime.ledger.metered(*asked) as metered:
            take = metered.take

            async def late(session: WriteSession) -> None:
                await take(session)
                await asyncio.sleep(self.settings.imgprocessing.deadline_s * 1.5)

            metered.take = late  # type: ignore[method-assign]  # one operation's own
            yield metered


async def test_what_was_told_to_be_late_is_not_there(any_runtime: Runtime) -> None:
    """A deadline that passes while the result is being written undoes it: nothing is kept, nothing counted."""
    usual = await make_user(any_runtime)
    source = await usual.upload(pictures.png())
    app = make_face(Dawdling(any_runtime, UNLIMITED, deadline_s=0.4)).app  # type: ignore[arg-type]
    hurried = await make_user(any_runtime, app=app, account_id=usual.account_id)
    problem(await hurried.http.post(f"/v1/images/{source['id']}/mirror", json={"mode": "both"}), 503)
    after = await usual.upload(pictures.png())  # written after whatever was still being written
    assert (await usual.http.get("/v1/images")).json()["data"] == [after, source]
    (standing,) = await any_runtime.usage.quotas(system(usual.account_id))
    assert (standing.used, standing.held) == (2, 0)
