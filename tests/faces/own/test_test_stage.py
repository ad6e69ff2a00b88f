"""What a test key uploads: handed out with a mark at every door, clean in the library, and there for a time."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from tests.faces.conftest import Caller, caller, client
from tests.faces.own.stage import jpeg, opened, put
from tests.faces.own.test_transform import SMALL, Origin, origin, transform

from imagewell.faces.imager.face import make_face as make_imager
from imagewell.faces.imgix.delivery import ImgixDelivery
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime
from imagewell.storage import keys

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["origin"]

SIDES = (300, 200)
PLAIN = {"stages": [{"flip": "h"}], "output": {"format": "png"}}


@pytest_asyncio.fixture(loop_scope="session")
async def tester(any_runtime: Runtime) -> AsyncIterator[Caller]:
    """A test key, on every backend."""
    yield await caller(any_runtime, make_face(any_runtime).app, stage="test")


def png(width: int = SIDES[0], height: int = SIDES[1]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def is_marked(answer: httpx.Response) -> bool:
    """Whether some of the picture, but less than half of it, is of another colour than the rest."""
    pixels = np.asarray(opened(answer).convert("RGB")).astype(int)
    changed = float((np.abs(pixels - [0, 128, 128]).max(axis=2) > 40).mean())
    assert changed == 0 or 0.005 < changed < 0.5
    return changed > 0


async def library(tester: Caller) -> str:
    """A source of the library of the test stage."""
    name = f"tests-{tester.account_id}"
    made = await tester.http.post("/v1/sources", json={"name": name, "type": "local"})
    assert made.status_code == 201, made.text
    return name


def pictures(runtime: Runtime) -> Handler:
    """The delivery road."""
    return ImgixDelivery(runtime.sources, runtime.delivery, runtime.store)


async def test_every_door_hands_it_out_marked(any_runtime: Runtime, tester: Caller) -> None:
    """Its file, its transformations, its delivery URL, its Imager address: all marked, in its size and format."""
    asset = await put(tester, "/a/b.png", png())
    name = await library(tester)
    road = client(pictures(any_runtime))
    imager = client(make_imager(any_runtime).app)
    doors = {
        "file": await tester.http.get(f"/v1/assets/{asset['id']}/file"),
        "by id": await transform(tester, asset=asset["id"]),
        "by source": await transform(tester, source=name, path="/a/b.png"),
        "transformed": await transform(tester, asset=asset["id"], transformation=PLAIN),
        "delivered": await road.get(f"/i/{name}/a/b.png"),
        "rendered": await road.get(f"/i/{name}/a/b.png?flip=h"),
        "imager": await imager.get(f"/image/{int(asset['id'], 16)}"),
    }
    for door, answer in doors.items():
        assert is_marked(answer), door
        assert (opened(answer).size, opened(answer).format) == (SIDES, "PNG"), door


async def test_a_picture_from_elsewhere_is_marked(tester: Caller, origin: Origin) -> None:
    """A test key's transformation of somebody else's picture too."""
    origin.files["/x.png"] = png()
    assert is_marked(await transform(tester, url=f"{origin.url}/x.png", transformation=PLAIN))


async def test_the_library_stays_clean(any_runtime: Runtime, tester: Caller, origin: Origin) -> None:
    """Stored bytes are those that came; results that are kept have no mark, so that a chain of edits carries one."""
    origin.files["/x.png"] = png()
    asset = await put(tester, "/clean.png", png())
    kept = [
        await transform(tester, asset=asset["id"], transformation=PLAIN, result="asset", path="/kept.png"),
        await transform(tester, url=f"{origin.url}/x.png", transformation=PLAIN, result="asset", path="/fetched.png"),
    ]
    for answer in kept:
        assert answer.status_code == 201, answer.text
        assert answer.json()["format"] == "png"
    for path in ("/clean.png", "/kept.png", "/fetched.png"):
        original = await any_runtime.assets.identify(tester.account_id, "test", path)
        assert original is not None
        stored = await any_runtime.store.get(keys.blob(original.identity))
        assert stored is not None
        assert Image.open(io.BytesIO(stored)).convert("RGB").getextrema() == ((0, 0), (128, 128), (128, 128))
        assert original.gone_at is not None


async def test_unpublished_and_private_ones_for_their_owner(tester: Caller) -> None:
    """The owner's key gets the file all the same, marked."""
    for change in ({"published": False}, {"private": True}):
        asset = await put(tester, f"/{next(iter(change))}.png", png())
        assert (await tester.http.patch(f"/v1/assets/{asset['id']}", json=change)).status_code == 200
        answer = await tester.http.get(f"/v1/assets/{asset['id']}/file", params={"download": True})
        assert is_marked(answer)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["content-disposition"].startswith("attachment")


async def test_facts_are_of_the_clean_picture(tester: Caller) -> None:
    """Answers about a picture show none of the mark."""
    asset = await put(tester, "/facts.png", png())
    answer = await transform(tester, asset=asset["id"], transformation={"output": {"format": "palette_json"}})
    colors = [one["hex"] for one in answer.json()["colors"]]
    assert set(colors) <= {"#008080"}, colors


async def test_a_live_key_gets_its_bytes(any_runtime: Runtime) -> None:
    """Nothing of the live stage is touched."""
    user = await caller(any_runtime, make_face(any_runtime).app)
    data = png()
    asset = await put(user, "/live.png", data)
    assert (await user.http.get(f"/v1/assets/{asset['id']}/file")).content == data
    assert (await transform(user, asset=asset["id"])).content == data


@pytest.mark.parametrize("size", [(8, 8), (30, 20), (1000, 45)])
async def test_small_and_long_pictures(tester: Caller, size: tuple[int, int]) -> None:
    """Marked too, and still of their size."""
    asset = await put(tester, f"/{size[0]}.png", png(*size))
    answer = await tester.http.get(f"/v1/assets/{asset['id']}/file")
    assert is_marked(answer)
    assert opened(answer).size == size


async def test_an_animation_is_marked_on_every_frame(tester: Caller) -> None:
    """Frames, size and format stay."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (120, 90), color) for color in ("red", "lime", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    asset = await put(tester, "/moves.gif", out.getvalue())
    moves = opened(await tester.http.get(f"/v1/assets/{asset['id']}/file"))
    assert (moves.format, moves.size, getattr(moves, "n_frames", 1)) == ("GIF", (120, 90), 3)
    for number in range(3):
        moves.seek(number)
        colors: Any = moves.convert("RGB").getcolors(100_000)
        assert len(colors) > 1, number


async def test_a_small_result(tester: Caller) -> None:
    """A transformation down to 10 px has the mark of 10 px."""
    asset = await put(tester, "/x.jpg", jpeg())
    assert opened(await transform(tester, asset=asset["id"], transformation=SMALL)).size == (10, 10)
