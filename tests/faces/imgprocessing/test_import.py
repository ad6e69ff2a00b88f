"""IMG Processing: images from URLs, of other servers and of our own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests import pictures
from tests.faces.conftest import PUBLIC_URL, client
from tests.faces.imgprocessing.stage import UNLIMITED, Changed, User, difference, image, make_user, opened, problem
from tests.unit.sources.scripted_origin import Heard, Origin, listening

from imagewell.accounts.subject import Stage, system
from imagewell.assets.values import Upload
from imagewell.faces.imgprocessing.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def origin() -> AsyncIterator[Origin]:
    async with listening() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def user(runtime: Runtime, origin: Origin) -> User:
    """Its face imports from the test's origin, besides the usual places."""
    return await importer(runtime, origin)


async def importer(runtime: Runtime, origin: Origin, stage: str = "live", **own: Any) -> User:
    patterns = (f"http://127.0.0.1:{origin.port}/*",)
    app = make_face(Changed(runtime, UNLIMITED, add_import_patterns=patterns, **own)).app  # type: ignore[arg-type]
    return await make_user(runtime, stage, app=app)


async def asked(user: User, url: Any, name: str = "from afar") -> Any:
    return await user.http.post("/v1/images", json={"name": name, "url": url})


async def test_a_picture_from_elsewhere(any_runtime: Runtime, origin: Origin) -> None:
    """Fetched and kept as an upload is: by its bytes, upright."""
    user = await importer(any_runtime, origin)
    origin.answers("/a", pictures.oriented_jpeg(6), content_type="text/plain")
    answer = await asked(user, origin.url("/a?sig=1"))
    assert answer.status_code == 201
    assert answer.headers["x-image-processing-usage"] == "1"
    made = image(answer)
    assert (made["name"], made["url"], made["format"]) == ("from afar", None, "jpeg")
    assert (made["width"], made["height"]) == (120, 80)
    assert origin.heard[0].target == "/a?sig=1"
    assert (await user.download(made["id"])).size == (120, 80)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ("name", "url")),
        ({"name": "x"}, ("url",)),
        ({"url": "https://storage.googleapis.com/a"}, ("name",)),
        ({"name": "x" * 31, "url": 5}, ("name", "url")),
        ({"name": "x", "url": ""}, ("url",)),
        ({"name": "x", "url": "not a url"}, ("url",)),
        ({"name": "x", "url": "https://example.com/a.jpg"}, ("url",)),
        ({"name": "x", "url": "http://storage.googleapis.com/a.jpg"}, ("url",)),
        ({"name": "x", "url": "https://storage.googleapis.com@127.0.0.1/a.jpg"}, ("url",)),
        ({"name": "x", "url": "https://127.0.0.1/a.jpg"}, ("url",)),
        ({"name": "x", "url": "http://169.254.169.254/latest/meta-data"}, ("url",)),
        ({"name": "x", "url": "file:///etc/passwd"}, ("url",)),
        ({"name": "x", "url": "https://storage.googleapis.com/" + "a" * 9000}, ("url",)),
        ({"name": "x", "url": "https://storage.googleapis.com/\ud800"}, ("url",)),
    ],
)
async def test_what_is_not_imported(user: User, body: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Both fields; a place that may be imported from."""
    import json

    content = json.dumps(body).encode()
    answer = await user.http.post("/v1/images", content=content, headers={"content-type": "application/json"})
    problem(answer, 422, *fields)


async def test_origins_that_fail(user: User, origin: Origin) -> None:
    """Missing, refused, broken off, no picture, too large: 422 on `url`, and nothing is left behind."""
    origin.answers("/text", b"hello")
    origin.answers("/gif", pictures.gif())
    origin.answers("/half", pictures.jpeg()[:400])
    origin.answers("/bomb", pictures.png_bomb())
    origin.answers("/no", status="403 Forbidden")
    origin.answers("/oops", status="500 Oops")
    origin.writes("/short", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
    origin.writes("/lie", b"HTTP/1.1 200 OK\r\ncontent-length: 30000000\r\n\r\nabc")
    origin.answers("/huge", b"\0" * (20 * 1024 * 1024 + 1))
    for path in ("/text", "/gif", "/half", "/bomb", "/no", "/oops", "/short", "/lie", "/huge", "/missing"):
        problem(await asked(user, origin.url(path)), 422, "url")
    assert (await user.http.get("/v1/images")).json()["data"] == []


async def test_slow_origins_are_given_up(runtime: Runtime, origin: Origin) -> None:
    """In time for the client to hear of it."""

    async def never(heard: Heard, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    origin.scripts["/slow"] = never
    user = await importer(runtime, origin, import_s=0.3)
    assert "did not finish in time" in problem(await asked(user, origin.url("/slow")), 422, "url")["message"]


async def test_redirects(user: User, origin: Origin) -> None:
    """Five are followed, each only to where it may lead; a place that is no target is never asked."""
    origin.answers("/5", pictures.png())
    for hop in range(5):
        origin.answers(f"/{hop}", status="302 Found", location=f"/{hop + 1}")
    origin.answers("/six", status="302 Found", location="/0")
    image(await asked(user, origin.url("/0")))
    assert "redirects too often" in problem(await asked(user, origin.url("/six")), 422, "url")["message"]
    async with listening() as other:
        other.answers("/x", pictures.png())
        origin.answers("/away", status="302 Found", location=other.url("/x"))
        origin.answers("/inside", status="302 Found", location="http://169.254.169.254/")
        for path in ("/away", "/inside"):
            problem(await asked(user, origin.url(path)), 422, "url")
        assert other.opened == 0


async def test_pictures_of_our_own(runtime: Runtime, user: User) -> None:
    """By their public address, while they are published: read from the store, under any name for this server."""
    other = await make_user(runtime)
    data = pictures.png()
    made = await other.upload(data)
    url = f"{PUBLIC_URL}/images/{made['id']}"
    problem(await asked(user, url), 422, "url")
    await other.http.post(f"/v1/images/{made['id']}/publish")
    for known in (url, f"https://storage.img-processing.com/images/{made['id']}?v=1"):
        copy = image(await asked(user, known, "copy"))
        assert copy["id"] != made["id"]
        assert (copy["name"], copy["url"], copy["size"]) == ("copy", None, len(data))
        assert (await user.http.get(f"/v1/images/{copy['id']}/download")).content == data
    problem(await asked(user, f"http://pictures.test/images/{made['id']}"), 422, "url")
    problem(await asked(user, f"{PUBLIC_URL}/image/{made['id']}"), 422, "url")
    await other.http.post(f"/v1/images/{made['id']}/unpublish")
    problem(await asked(user, url), 422, "url")
    assert (await user.download(copy["id"])).size == (120, 80)


async def put(runtime: Runtime, user: User, path: str, data: bytes) -> str:
    """A picture that came through another door, as it came; its id in this API."""
    temp = runtime.store.temp()
    temp.write_bytes(data)
    upload = Upload(temp, hashlib.sha256(data).hexdigest(), len(data))
    made = await runtime.assets.create(system(user.account_id, Stage.live), upload, path=path)
    return f"image_{made.id}"


@pytest.mark.parametrize(
    "data",
    [pictures.oriented_jpeg(6), pictures.gps_jpeg(), pictures.wide_gamut_jpeg(), pictures.cmyk_jpeg(),
     pictures.animated_webp()],
    ids=("turned", "with a place", "wide gamut", "cmyk", "animated"),
)  # fmt: skip
async def test_our_own_are_kept_as_all_are(runtime: Runtime, user: User, data: bytes) -> None:
    """Upright, sRGB, one frame, no metadata, whatever door the published picture once came through."""
    elsewhere = await put(runtime, user, f"/{hashlib.sha256(data).hexdigest()[:8]}", data)
    url = image(await user.http.post(f"/v1/images/{elsewhere}/publish"))["url"]
    made = image(await asked(user, url))
    picture = await user.download(made["id"])
    assert picture.size == (120, 80)
    assert picture.mode in ("RGB", "RGBA")
    assert getattr(picture, "n_frames", 1) == 1
    assert not picture.getexif()
    assert "icc_profile" not in picture.info


async def test_a_mark_is_not_lost_on_the_way(runtime: Runtime, user: User) -> None:
    """A live key that imports a published test picture gets it with its mark; a test key marks once."""
    tester = await make_user(runtime, "test")
    data = pictures.png(400, 300)
    made = await tester.upload(data)
    url = image(await tester.http.post(f"/v1/images/{made['id']}/publish"))["url"]
    marked = opened((await client(tester.app).get(url)).content)
    assert difference(marked, opened(data)) > 0.005
    live = image(await asked(user, url))
    assert difference(await user.download(live["id"]), marked) == 0
    again = image(await asked(tester, url))
    assert difference(await tester.download(again["id"]), marked) == 0


async def test_ceilings_hold_for_our_own(runtime: Runtime, user: User, origin: Origin) -> None:
    """A published picture that is too large for this face is not copied."""
    made = await user.upload(pictures.png(200, 100))
    url = image(await user.http.post(f"/v1/images/{made['id']}/publish"))["url"]
    small = await importer(runtime, origin, max_pixels=100)
    problem(await asked(small, url), 422, "url")
