"""IMG Processing: images in, looked up, listed, downloaded, published, deleted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update
from tests import pictures
from tests.faces.conftest import PUBLIC_URL, caller, client
from tests.faces.imgprocessing.stage import (
    GREEN,
    RED,
    UNLIMITED,
    Changed,
    User,
    corners,
    difference,
    form,
    image,
    make_user,
    near,
    opened,
    problem,
)

from imagewell.accounts.subject import Stage, system
from imagewell.assets.models import Asset
from imagewell.assets.values import Upload
from imagewell.faces.imgprocessing.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def user(runtime: Runtime) -> User:
    return await make_user(runtime)


@pytest_asyncio.fixture(loop_scope="session")
async def tester(runtime: Runtime) -> User:
    return await make_user(runtime, "test")


async def test_an_image_comes_and_goes(any_runtime: Runtime) -> None:
    """Upload, look up, list, download, publish, unpublish, delete: facts and bytes agree, on every backend."""
    user = await make_user(any_runtime)
    data = pictures.png()
    answer = await user.http.post("/v1/images/upload", files=form(data, "my-photo"))
    assert answer.status_code == 201
    assert answer.headers["x-image-processing-usage"] == "1"
    made = image(answer)
    id = made["id"]
    assert re.fullmatch("image_[0-9a-f]{24}", id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["created_at"])
    assert {**made, "id": None, "created_at": None} == {
        "id": None, "name": "my-photo", "url": None, "width": 120, "height": 80, "format": "png", "size": len(data),
        "created_at": None,
    }  # fmt: skip
    assert image(await user.http.get(f"/v1/images/{id}")) == made
    listed = (await user.http.get("/v1/images")).json()
    assert listed == {"data": [made], "links": {"previous": None, "next": None}}

    got = await user.http.get(f"/v1/images/{id}/download")
    assert (got.status_code, got.content) == (200, data)
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-length"] == str(len(data))
    assert got.headers["content-disposition"] == f'inline; filename="{id}.png"'
    assert "access-control-allow-origin" not in got.headers
    again = await user.http.get(f"/v1/images/{id}/download", headers={"if-none-match": got.headers["etag"]})
    assert again.status_code == 304
    head = await user.http.head(f"/v1/images/{id}/download")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(data)))

    stranger = client(user.app)
    assert (await stranger.get(f"/images/{id}")).status_code == 404
    answer = await user.http.post(f"/v1/images/{id}/publish")
    assert answer.status_code == 201
    assert answer.headers["x-image-processing-usage"] == "0"
    url = image(answer)["url"]
    assert url == f"{PUBLIC_URL}/images/{id}"
    assert image(await user.http.post(f"/v1/images/{id}/publish"))["url"] == url
    assert (await user.http.get(f"/v1/images/{id}")).json()["url"] == url
    public = await stranger.get(url)
    assert (public.status_code, public.content) == (200, data)
    assert public.headers["cache-control"] == "public, max-age=60"
    assert (await stranger.get(url, headers={"if-none-match": public.headers["etag"]})).status_code == 304
    part = await stranger.get(url, headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, data[1:4])
    assert (await stranger.head(url)).headers["content-length"] == str(len(data))
    refused = await stranger.post(url)
    problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD"

    copy = await user.edit(id, "mirror", mode="horizontal")
    assert copy["url"] is None
    for _ in range(2):
        answer = await user.http.post(f"/v1/images/{id}/unpublish")
        assert (answer.status_code, image(answer)["url"]) == (201, None)
        problem(await stranger.get(url), 404)
    assert (await user.http.get(f"/v1/images/{id}/download")).content == data

    await user.http.post(f"/v1/images/{id}/publish")
    gone = await user.http.delete(f"/v1/images/{id}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-type" not in gone.headers
    for answer in (
        await user.http.delete(f"/v1/images/{id}"),
        await user.http.get(f"/v1/images/{id}"),
        await user.http.get(f"/v1/images/{id}/download"),
        await user.http.post(f"/v1/images/{id}/publish"),
        await user.http.post(f"/v1/images/{id}/blur", json={}),
    ):
        assert problem(answer, 404)["message"] == f"Image with id {id} not found."
    assert (await stranger.get(url)).status_code == 404
    assert (await user.download(copy["id"])).size == (120, 80)


@pytest.mark.parametrize(
    ("data", "format"),
    [(pictures.jpeg(), "jpeg"), (pictures.png(), "png"), (pictures.webp(), "webp"),
     (pictures.jpeg(progressive=True), "jpeg"), (pictures.saved(pictures.quarters().convert("P"), "PNG"), "png"),
     (pictures.saved(pictures.quarters().convert("L"), "JPEG"), "jpeg")],
)  # fmt: skip
async def test_three_formats_by_their_bytes(user: User, data: bytes, format: str) -> None:
    """Whatever name and type the client gives."""
    for name, kind in (("blob", "application/octet-stream"), ("x.txt", "text/plain"), ("a.gif", "image/gif")):
        answer = await user.http.post(
            "/v1/images/upload", files={"image": (name, data, kind), "name": (None, "image first")}
        )
        made = image(answer)
        assert (made["format"], made["width"], made["height"], made["name"]) == (format, 120, 80, "image first")


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_pictures_stand_upright(user: User, orientation: int) -> None:
    """All eight orientations of EXIF are obeyed on the way in, and forgotten."""
    made = await user.upload(pictures.oriented_jpeg(orientation))
    assert (made["width"], made["height"]) == (120, 80)
    picture = await user.download(made["id"])
    assert near(corners(picture), pictures.CORNERS, 12)
    assert not picture.getexif()


async def test_metadata_and_profiles_do_not_come_in(user: User) -> None:
    """No place, no comment, no profile; wide colours become sRGB."""
    for data in (pictures.gps_jpeg(), pictures.iptc_jpeg(), pictures.wide_gamut_jpeg(), pictures.cmyk_jpeg()):
        made = await user.upload(data)
        picture = await user.download(made["id"])
        assert picture.mode == "RGB"
        assert not picture.getexif()
        assert "icc_profile" not in picture.info


async def test_the_first_frame_of_an_animation(user: User) -> None:
    """An animated WebP becomes a still."""
    made = await user.upload(pictures.animated_webp())
    picture = await user.download(made["id"])
    assert getattr(picture, "n_frames", 1) == 1


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", pictures.jpeg()[:300], pictures.png()[:-60], pictures.gif(), pictures.svg(),
     pictures.avif(), pictures.tiff(), pictures.bmp(), pictures.polyglot_html_gif(), pictures.png_bomb(),
     pictures.jpeg_lie(), pictures.webp_lie()],
)  # fmt: skip
async def test_other_files_are_refused(user: User, data: bytes) -> None:
    """No picture, half a picture, another format, more pixels than are taken: 422 on `image`."""
    problem(await user.http.post("/v1/images/upload", files=form(data)), 422, "image")


async def test_the_ceilings_of_an_upload(runtime: Runtime) -> None:
    """Pixels by the header; bytes while they are read, wherever in the form they are."""
    app = make_face(Changed(runtime, UNLIMITED, max_pixels=100 * 80, max_file_bytes=50_000)).app  # type: ignore[arg-type]
    user = await make_user(runtime, app=app)
    assert (
        "8,000 pixels"
        in problem(await user.http.post("/v1/images/upload", files=form(pictures.png(101, 80))), 422, "image")[
            "message"
        ]
    )
    await user.upload(pictures.png(100, 80))
    fits = pictures.png(100, 80).ljust(50_000, b"\0")
    await user.upload(fits)
    problem(await user.http.post("/v1/images/upload", files=form(fits + b"\0")), 413)
    problem(await user.http.post("/v1/images/upload", content=b"x" * 400_000, headers=MULTIPART), 413)


MULTIPART = {"content-type": "multipart/form-data; boundary=B"}


def part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


FILE = part("image", pictures.png(), '; filename="blob"')
NAME = part("name", b"photo")
END = b"--B--\r\n"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (END, ("name", "image")),
        (NAME + END, ("image",)),
        (FILE + END, ("name",)),
        (FILE + NAME + FILE + END, ("image",)),
        (NAME + FILE + NAME + END, ("name",)),
        (NAME + part("image", b"text") + END, ("image",)),
        (part("name", b"") + FILE + END, ("name",)),
        (part("name", b"x" * 31) + FILE + END, ("name",)),
        (part("name", b"a\0b") + FILE + END, ("name",)),
        (part("name", b"x", '; filename="x"') + FILE + END, ("name",)),
        (part("name", b"") + part("images", b"x") + END, ("name", "image")),
    ],
)
async def test_fields_of_an_upload(user: User, body: bytes, fields: tuple[str, ...]) -> None:
    """Each once, the one as text and the other as a file; all faults at once."""
    problem(await user.http.post("/v1/images/upload", content=body, headers=MULTIPART), 422, *fields)


async def test_forms_in_any_shape(user: User) -> None:
    """Fields in any order and others beside them; a file in pieces without a length."""

    async def pieces() -> Any:
        body = part("extra", b"1") + FILE + part("more", b"x", '; filename="y"') + NAME + END
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    answer = await user.http.post("/v1/images/upload", content=pieces(), headers=MULTIPART)
    assert "content-length" not in answer.request.headers
    assert image(answer)["name"] == "photo"


async def test_what_is_no_form(user: User) -> None:
    """Another content type is 415, a form that cannot be read 400."""
    for kind in ("application/json", "image/png", ""):
        headers = {"content-type": kind} if kind else {}
        problem(await user.http.post("/v1/images/upload", content=b"{}", headers=headers), 415)
    problem(
        await user.http.post("/v1/images/upload", content=b"x", headers={"content-type": "multipart/form-data"}), 400
    )
    for body in (b"", b"nonsense", NAME, FILE[:-20]):
        problem(await user.http.post("/v1/images/upload", content=body, headers=MULTIPART), 400)


async def test_pages(any_runtime: Runtime) -> None:
    """Newest first; `from` is the first item of its page; links lead both ways and never overlap."""
    user = await make_user(any_runtime)
    made = [await user.upload(pictures.png(4 + n, 4), f"n{n}") for n in range(7)]
    made.reverse()

    async def page(target: str) -> tuple[list[Any], str | None, str | None]:
        answer = await user.http.get(target)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return body["data"], body["links"]["previous"], body["links"]["next"]

    items, previous, following = await page("/v1/images?take=3&from=undefined")
    assert (items, previous) == (made[:3], None)
    assert following == f"{PUBLIC_URL}/v1/images?take=3&from={made[3]['id']}"
    items, previous, following = await page(following)
    assert items == made[3:6]
    assert previous == f"{PUBLIC_URL}/v1/images?take=3&from={made[0]['id']}"
    last, back, end = await page(following or "")
    assert (last, end) == (made[6:], None)
    assert (await page(back or ""))[0] == made[3:6]
    assert (await page(previous))[:2] == (made[:3], None)
    assert (await page("/v1/images?take=undefined&from=undefined"))[0] == made
    assert (await page("/v1/images?take=7")) == (made, None, None)
    assert (await page(f"/v1/images?take=2&from={made[1]['id']}"))[
        1
    ] == f"{PUBLIC_URL}/v1/images?take=2&from={made[0]['id']}"
    assert (await page(f"/v1/images?take=100&from={made[6]['id']}"))[0] == made[6:]


async def test_wrong_pages(user: User, runtime: Runtime) -> None:
    """A `from` that is nobody's, somebody else's, or gone; a `take` out of its range."""
    other = await (await make_user(runtime)).upload(pictures.png())
    gone = await user.upload(pictures.png())
    await user.http.delete(f"/v1/images/{gone['id']}")
    for start in (other["id"], gone["id"], "image_000000000000000000000000", "nope", "%00", "null"):
        problem(await user.http.get(f"/v1/images?from={start}"), 422, "from")
    for take in ("0", "101", "ten", "1.5", "-3", "99999999999999999999999"):
        problem(await user.http.get(f"/v1/images?take={take}"), 422, "take")
    problem(await user.http.get("/v1/images?take=0&from=x"), 422, "take", "from")


async def test_another_account_and_another_stage_see_nothing(runtime: Runtime, user: User) -> None:
    """Exactly as if the image did not exist, for every call."""
    made = await user.upload(pictures.png())
    id = made["id"]
    missing = id[:-6] + "000000"
    for other in (
        await make_user(runtime),
        await make_user(runtime, "test", account_id=user.account_id),
    ):
        assert (await other.http.get("/v1/images")).json()["data"] == []
        for method, path in (("GET", ""), ("GET", "/download"), ("DELETE", ""), ("POST", "/publish"),
                             ("POST", "/unpublish"), ("POST", "/mirror"), ("POST", "/classify"),
                             ("POST", "/visualize")):  # fmt: skip
            answers = [await other.http.request(method, f"/v1/images/{one}{path}") for one in (id, missing)]
            told = [problem(answer, 404) for answer in answers]
            assert told[0] == {**told[1], "message": f"Image with id {id} not found."}
    twin = await make_user(runtime, account_id=user.account_id)
    assert (await twin.http.get(f"/v1/images/{id}")).json() == made


async def test_test_keys_hand_out_marked_pictures(runtime: Runtime, tester: User) -> None:
    """In download and in the public copy alike, one mark however often it was edited; facts and format unharmed."""
    data = pictures.png(600, 400)
    made = await tester.upload(data)
    marked = await tester.download(made["id"])
    clean = opened(data)
    assert 0.005 <= difference(marked, clean) < 0.5
    again = await tester.edit(
        (await tester.edit(made["id"], "mirror", mode="vertical"))["id"], "mirror", mode="vertical"
    )
    assert difference(await tester.download(again["id"]), marked) == 0
    public = image(await tester.http.post(f"/v1/images/{made['id']}/publish"))["url"]
    shown = await client(tester.app).get(public)
    assert difference(opened(shown.content), marked) == 0
    assert shown.headers["cache-control"] == "public, max-age=60"
    small = await tester.upload(pictures.jpeg(30, 20))
    assert difference(await tester.download(small["id"]), opened(pictures.jpeg(30, 20))) > 0.005


async def test_test_images_end(runtime: Runtime, tester: User) -> None:
    """After their days an image is not found by any call, whether the sweep was here or not."""
    made = await tester.upload(pictures.png())
    await tester.http.post(f"/v1/images/{made['id']}/publish")
    past = runtime.clock.now() - timedelta(days=runtime.settings.assets.test_retention_days, minutes=1)
    async with runtime.db.write() as session:
        id = made["id"].removeprefix("image_")
        await session.execute(update(Asset).where(Asset.id == id).values(created_at=past))
    for path in ("", "/download"):
        problem(await tester.http.get(f"/v1/images/{made['id']}{path}"), 404)
    problem(await tester.http.post(f"/v1/images/{made['id']}/blur"), 404)
    assert made["id"] not in (await tester.http.get("/v1/images?take=100")).text
    problem(await client(tester.app).get(f"/images/{made['id']}"), 404)


async def test_a_test_key_counts_nothing(tester: User) -> None:
    """The header says 0 for all it does."""
    answer = await tester.http.post("/v1/images/upload", files=form(pictures.png()))
    assert answer.headers["x-image-processing-usage"] == "0"
    answer = await tester.http.post(f"/v1/images/{answer.json()['id']}/blur", json={})
    assert answer.headers["x-image-processing-usage"] == "0"


async def test_pictures_of_other_doors(runtime: Runtime, user: User) -> None:
    """What came in elsewhere is here too, under its file's name; formats that this API does not know are not."""
    subject = system(user.account_id, Stage.live)

    async def elsewhere(data: bytes, path: str) -> str:
        import hashlib

        temp = runtime.store.temp()
        temp.write_bytes(data)
        upload = Upload(temp, hashlib.sha256(data).hexdigest(), len(data))
        return f"image_{(await runtime.assets.create(subject, upload, path=path)).id}"

    before = len((await user.http.get("/v1/images?take=100")).json()["data"])
    known = await elsewhere(pictures.jpeg(), "/shop/a-rather-long-name-of-a-photograph.jpg")
    unknown = await elsewhere(pictures.gif(), "/shop/moving.gif")
    found = image(await user.http.get(f"/v1/images/{known}"))
    assert (found["name"], found["url"]) == ("a-rather-long-name-of-a-photog", None)
    assert len((await user.http.get("/v1/images?take=100")).json()["data"]) == before + 1
    problem(await user.http.get(f"/v1/images/{unknown}"), 404)
    problem(await user.http.post(f"/v1/images/{unknown}/publish"), 404)
    assert (await user.edit(known, "blur"))["name"] == found["name"]


async def test_an_unpublished_picture_has_no_other_way_out(runtime: Runtime, user: User) -> None:
    """Its path is not delivered without a signature, and its id is nothing to the other faces."""
    from imagewell.delivery.order import DeliveryOrder
    from imagewell.errors import BadSignature
    from imagewell.faces.kit.library import library_of
    from imagewell.transform.model import IDENTITY

    made = await user.upload(pictures.png())
    subject = system(user.account_id, Stage.live)
    asset = await runtime.assets.get(subject, made["id"].removeprefix("image_"))
    assert asset.path.startswith("/imgprocessing/")
    with pytest.raises(BadSignature):
        await runtime.delivery.deliver(DeliveryOrder(library_of(user.account_id, "live"), asset.path, IDENTITY))
    assert await runtime.assets.published(asset.id) is None


async def test_links_under_a_prefix(runtime: Runtime, user: User) -> None:
    """Reached below /imgprocessing, the links are below it too."""
    from imagewell.roads import mounted

    await user.upload(pictures.png(), "one")
    await user.upload(pictures.png(), "two")
    below = client(mounted(user.app, "/imgprocessing"), **{"x-api-key": user.key})
    body = (await below.get("/imgprocessing/v1/images?take=1")).json()
    assert body["links"]["next"].startswith(f"{PUBLIC_URL}/imgprocessing/v1/images?take=1&from=image_")
    followed = (await below.get(body["links"]["next"])).json()
    assert followed["data"][0]["name"] == "one"


async def test_corner_colours_survive(user: User) -> None:
    """A PNG goes out as it came in."""
    made = await user.upload(pictures.png())
    assert corners(await user.download(made["id"]))[:2] == [RED, GREEN]


async def test_scopes(runtime: Runtime) -> None:
    """A key without a scope is told so; it learns nothing of ids."""
    app = make_face(Changed(runtime, UNLIMITED)).app  # type: ignore[arg-type]
    from imagewell.accounts.scopes import Scope

    reader = await caller(runtime, app, scopes=[Scope.assets_read])
    http = client(app, **{"x-api-key": reader.key})
    assert (await http.get("/v1/images")).status_code == 200
    for path in ("/upload", "/x/blur", "/x/publish", "/x/classify"):
        problem(await http.post(f"/v1/images{path}"), 403)
    problem(await http.delete("/v1/images/x"), 403)
