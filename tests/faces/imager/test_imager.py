"""Imager, as its notes say it: conversations, the order of checks, every message."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image
from tests import pictures
from tests.faces.conftest import PUBLIC_URL, Caller, caller, client
from tests.unit.faces.kit.test_errors import all_refusals

from imagewell import errors
from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import system
from imagewell.assets.values import Upload
from imagewell.faces.imager.errors import TABLE, TooManyPixels
from imagewell.faces.imager.face import make_face
from imagewell.faces.imager.routes import MAX_BODY_BYTES
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.kit.errors import InternalError, MethodNotAllowed
from imagewell.ids import from_decimal, to_decimal
from imagewell.roads import mounted
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")

UPLOAD = "/api/images/upload"
BOUNDARY = "multipart/form-data; boundary=B"


@pytest.fixture
def app(runtime: Runtime) -> Handler:
    return make_face(runtime).app


@pytest_asyncio.fixture(loop_scope="session")
async def user(runtime: Runtime, app: Handler) -> Caller:
    return await caller(runtime, app)


def file(data: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> dict[str, Any]:
    return {"image": (name, data, kind)}


def said(answer: httpx.Response) -> tuple[int, Any]:
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-request-id"]
    return answer.status_code, answer.json()


def error(status: int, message: str) -> tuple[int, Any]:
    return status, {"status": "error", "message": message}


def jpeg(width: int = 40, height: int = 20, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG", **options)
    return out.getvalue()


async def test_a_picture_goes_in_and_comes_back(any_runtime: Runtime) -> None:
    """Upload, look up, fetch: ids, addresses, sizes and bytes agree, on every backend."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    data = jpeg()
    status, body = said(await user.http.post(UPLOAD, files=file(data)))
    assert status == 200
    assert set(body) == {"status", "data"}
    assert body["status"] == "success"
    id, url = body["data"]["id"], body["data"]["url"]
    assert body["data"] == {"id": id, "url": f"{PUBLIC_URL}/image/{id}"}
    assert id.isdigit()
    assert not id.startswith("0")
    status, found = said(await user.http.get(f"/api/images/{id}"))
    assert (status, found) == (
        200,
        {"status": "success", "data": {"id": id, "url": url, "width": 40, "height": 20}},
    )
    picture = await client(app).get(f"/image/{id}")
    assert (picture.status_code, picture.content) == (200, data)
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["content-length"] == str(len(data))
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["cache-control"] == "public, max-age=86400"
    again = await client(app, **{"if-none-match": picture.headers["etag"]}).get(f"/image/{id}")
    assert again.status_code == 304
    part = await client(app, range="bytes=1-3").get(f"/image/{id}")
    assert (part.status_code, part.content) == (206, data[1:4])
    head = await client(app).head(f"/image/{id}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(data)))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (pictures.jpeg, "image/jpeg"),
        (lambda: pictures.raw_png(8, 6), "image/png"),
        (pictures.webp, "image/webp"),
        (pictures.animated_gif, "image/gif"),
    ],
)
async def test_four_formats_by_content(user: Caller, app: Handler, make: Callable[[], bytes], kind: str) -> None:
    """JPEG, PNG, WebP and GIF are taken whatever they are called, and kept as they came, animation included."""
    data = make()
    status, body = said(await user.http.post(UPLOAD, files=file(data, "wrong.txt", "text/plain")))
    assert status == 200
    picture = await client(app).get(f"/image/{body['data']['id']}")
    assert (picture.content, picture.headers["content-type"]) == (data, kind)


async def test_sizes_are_after_the_exif_turn(user: Caller) -> None:
    """A picture that lies on its side is described as it is seen."""
    _, body = said(await user.http.post(UPLOAD, files=file(pictures.oriented_jpeg(6))))
    _, found = said(await user.http.get(f"/api/images/{body['data']['id']}"))
    upright = said(await user.http.post(UPLOAD, files=file(pictures.oriented_jpeg(1))))[1]["data"]["id"]
    other = said(await user.http.get(f"/api/images/{upright}"))[1]
    assert (found["data"]["width"], found["data"]["height"]) == (other["data"]["width"], other["data"]["height"])


async def test_the_same_file_twice_makes_two_images(user: Caller) -> None:
    """Every upload is an image of its own."""
    first, second = [said(await user.http.post(UPLOAD, files=file(jpeg())))[1]["data"] for _ in range(2)]
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        jpeg()[:200],
        jpeg(400, 300)[:-200],
        pictures.raw_png(8, 2)[:-60],
        pictures.svg(),
        pictures.bmp(),
        pictures.tiff(),
        pictures.heic(),
        pictures.avif(),
        b"%PDF-1.4\n",
        pictures.polyglot_html_gif(),
    ],
    ids=range(12),
)
async def test_what_is_no_picture_of_the_four(user: Caller, data: bytes) -> None:
    """Empty, cut short, undecodable and other formats are refused, and nothing is kept."""
    assert said(await user.http.post(UPLOAD, files=file(data))) == error(400, "Invalid image format")


@pytest.mark.parametrize(
    "data",
    [pictures.png_bomb(), pictures.jpeg_lie(), pictures.gif_bomb(), pictures.png_bomb(10_000, 5_001)],
    ids=["png", "jpeg", "gif", "just over"],
)
async def test_too_many_pixels(user: Caller, data: bytes) -> None:
    """More than 50 megapixels are refused from the header, before anything is decoded."""
    assert said(await user.http.post(UPLOAD, files=file(data))) == error(400, "Image dimensions are too large")


@pytest.mark.parametrize(
    "files",
    [
        {"other": ("x.jpg", jpeg(), "image/jpeg")},
        [("image", ("x.jpg", jpeg(), "image/jpeg")), ("image", ("y.jpg", jpeg(), "image/jpeg"))],
        [("image", (None, "text")), ("image", ("y.jpg", jpeg(), "image/jpeg"))],
        {"image": (None, "just text")},
    ],
    ids=["missing", "two", "text and file", "text"],
)
async def test_one_file_in_the_field(user: Caller, files: Any) -> None:
    """No such part, plain text instead of a file, and two of them are the same fault."""
    assert said(await user.http.post(UPLOAD, files=files)) == error(400, 'Field "image" is required')


async def test_other_fields_are_ignored(user: Caller) -> None:
    """Text and files under other names do no harm."""
    answer = await user.http.post(
        UPLOAD, files={**file(jpeg()), "more": ("x", b"1")}, data={"title": "x" * 100_000, "tags": "a"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (None, b"", error(415, "Content-Type must be multipart/form-data")),
        ("image/jpeg", jpeg(), error(415, "Content-Type must be multipart/form-data")),
        ("application/json", b"{}", error(415, "Content-Type must be multipart/form-data")),
        ("multipart/form-data", b"--B--\r\n", error(400, "Malformed multipart body")),
        (BOUNDARY, b"", error(400, "Malformed multipart body")),
        (BOUNDARY, b"--B\r\nnonsense", error(400, "Malformed multipart body")),
        (BOUNDARY, b"--B--\r\n", error(400, 'Field "image" is required')),
    ],
)
async def test_the_body_itself(user: Caller, kind: str | None, body: bytes, expected: tuple[int, Any]) -> None:
    """Other types are 415; a form that is broken or has no boundary is 400."""
    headers = {} if kind is None else {"content-type": kind}
    assert said(await user.http.post(UPLOAD, content=body, headers=headers)) == expected


async def test_a_body_over_the_ceiling_is_refused_while_it_is_read(user: Caller) -> None:
    """20 MB and 64 KiB are the most: refused by the declared length, and without one as soon as it is passed."""
    head = b'--B\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        yield head
        while sent < 2 * MAX_BODY_BYTES:
            sent += 1_000_000
            yield bytes(1_000_000)

    kind = {"content-type": BOUNDARY}
    assert said(await user.http.post(UPLOAD, content=endless(), headers=kind)) == error(413, "Image is too large")
    assert sent <= MAX_BODY_BYTES + 1_000_000
    declared = {**kind, "content-length": str(MAX_BODY_BYTES + 1)}
    assert said(await user.http.post(UPLOAD, content=b"", headers=declared)) == error(413, "Image is too large")


@pytest.mark.parametrize(
    "header", [None, "", "Basic abc", "Bearer", "Bearer nope", "Token live_x", "Bearer live_" + "a" * 38]
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/images/1"), ("POST", UPLOAD), ("GET", "/api/nothing"), ("PUT", UPLOAD)]
)
async def test_the_key_comes_first(app: Handler, header: str | None, method: str, path: str) -> None:
    """Without a good key every `/api` request is 401, whatever else is wrong with it."""
    headers = {} if header is None else {"authorization": header}
    answer = await client(app, **headers).request(method, path)
    assert said(answer) == error(401, "Missing or invalid API key")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "x-ratelimit-limit" not in answer.headers


async def test_the_scheme_in_any_case_and_any_spaces(app: Handler, user: Caller) -> None:
    """`bearer   <key>` is the same; `x-api-key` is not looked at."""
    answer = await client(app, authorization=f"bEArer    {user.key}").get("/api/images/1")
    assert said(answer) == error(404, "Image not found")
    answer = await client(app, **{"x-api-key": user.key}).get("/api/images/1")
    assert answer.status_code == 401


async def test_a_revoked_key_is_unknown(runtime: Runtime, app: Handler, user: Caller) -> None:
    """A revoked key answers as one that never was."""
    await runtime.accounts.keys.revoke(system(user.account_id), user.key_id)
    assert said(await user.http.get("/api/images/1")) == error(401, "Missing or invalid API key")


async def test_anothers_image_answers_as_none(runtime: Runtime, app: Handler, user: Caller) -> None:
    """Unknown, foreign, malformed and deleted ids give one answer, byte for byte."""
    id = said(await user.http.post(UPLOAD, files=file(jpeg())))[1]["data"]["id"]
    stranger = await caller(runtime, app)
    other_stage = await caller(runtime, app, account_id=user.account_id, stage="test")
    for who, wanted in [
        (stranger, id),
        (other_stage, id),
        (user, "12345"),
        (user, "0" + id),
        (user, "abc"),
        (user, "9" * 40),
        (user, "٣"),
        (user, "%00"),
    ]:
        assert said(await who.http.get(f"/api/images/{wanted}")) == error(404, "Image not found")


@pytest.mark.parametrize("path", ["/api/", "/api", "/api/images", "/api/images/", "/api/images/1/2", "/api/other"])
async def test_other_paths_below_api(user: Caller, path: str) -> None:
    """Everything else below /api is not there."""
    assert said(await user.http.get(path)) == error(404, "Not found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", UPLOAD, "POST"),
        ("DELETE", UPLOAD, "POST"),
        ("PUT", UPLOAD, "POST"),
        ("POST", "/api/images/123", "GET"),
        ("DELETE", "/api/images/123", "GET"),
        ("POST", "/image/123", "GET, HEAD"),
        ("DELETE", "/image/123", "GET, HEAD"),
    ],
)
async def test_methods_that_are_not_there(user: Caller, method: str, path: str, allow: str) -> None:
    """405 with Allow; an image is never looked up under the id `upload`."""
    answer = await user.http.request(method, path)
    assert said(answer) == error(405, "Method not allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("id", ["1", "abc", "", "1/2", "9" * 40, "%2e%2e"])
async def test_an_unknown_picture(app: Handler, id: str) -> None:
    """/image/ of nothing is 404 in the envelope, without a key."""
    assert said(await client(app).get(f"/image/{id}")) == error(404, "Image not found")


async def test_a_deleted_picture_is_gone_at_once(runtime: Runtime, app: Handler, user: Caller) -> None:
    """What the operator deletes is found by nobody any more."""
    id = said(await user.http.post(UPLOAD, files=file(jpeg())))[1]["data"]["id"]
    await runtime.assets.delete(system(user.account_id), from_decimal(id) or "")
    assert said(await user.http.get(f"/api/images/{id}")) == error(404, "Image not found")
    assert said(await client(app).get(f"/image/{id}")) == error(404, "Image not found")


async def test_a_private_picture_is_not_public(runtime: Runtime, app: Handler, user: Caller) -> None:
    """What another face marked private or unpublished has no public address here."""
    for hide in ({"private": True}, {"published": False}):
        id = said(await user.http.post(UPLOAD, files=file(jpeg())))[1]["data"]["id"]
        await runtime.assets.update(system(user.account_id), from_decimal(id) or "", **hide)
        assert said(await client(app).get(f"/image/{id}")) == error(404, "Image not found")


async def test_an_svg_is_public_only_when_it_is_inert(runtime: Runtime, app: Handler, user: Caller) -> None:
    """Another face may keep a drawing with a script in it; here it is not handed out as it is."""
    for body, status in ((b"<rect width='1' height='1'/>", 200), (b"<script>alert(1)</script>", 400)):
        data = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>" + body + b"</svg>"
        temp = runtime.store.temp()
        temp.write_bytes(data)
        upload = Upload(temp, hashlib.sha256(data).hexdigest(), len(data))
        asset = await runtime.assets.create(system(user.account_id), upload, name="x.svg", unique=True)
        answer = await client(app).get(f"/image/{to_decimal(asset.id)}")
        assert answer.status_code == status
        if status == 200:
            assert answer.content == data
            assert answer.headers["content-security-policy"].startswith("sandbox")


async def test_a_test_keys_picture_goes_out_marked(runtime: Runtime, app: Handler) -> None:
    """What a test key uploads is handed out with a mark, in the same format and size; a live key's is not."""
    tester = await caller(runtime, app, stage="test")
    data = jpeg(200, 120)
    id = said(await tester.http.post(UPLOAD, files=file(data)))[1]["data"]["id"]
    picture = await client(app).get(f"/image/{id}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.headers["cache-control"] == "public, max-age=86400"
    seen = Image.open(io.BytesIO(picture.content)).convert("RGB")
    assert seen.size == (200, 120)
    assert max(high for _, high in seen.getextrema()) > 230
    assert min(low for low, _ in seen.getextrema()) < 30


@pytest.mark.parametrize("prefix", ["", "/imager"])
async def test_it_answers_below_its_prefix_too(app: Handler, user: Caller, prefix: str) -> None:
    """Mounted under /imager everything answers as it does at the root."""
    http = client(mounted(app, prefix), authorization=f"Bearer {user.key}")
    status, body = said(await http.post(f"{prefix}{UPLOAD}", files=file(jpeg())))
    assert status == 200
    id = body["data"]["id"]
    assert (await http.get(f"{prefix}/api/images/{id}")).status_code == 200
    assert (await http.get(f"{prefix}/image/{id}")).status_code == 200
    assert said(await http.get(f"{prefix}/api/other")) == error(404, "Not found")
    assert (await http.delete(f"{prefix}{UPLOAD}")).headers["allow"] == "POST"
    assert (await http.get(f"{prefix}/docs")).status_code == 200
    assert (await http.get(f"{prefix}/openapi.json")).status_code == 200


async def test_a_key_without_the_scope(runtime: Runtime, app: Handler) -> None:
    """A key that may only read cannot upload."""
    reader = await caller(runtime, app, scopes=[Scope.assets_read])
    assert said(await reader.http.post(UPLOAD, files=file(jpeg()))) == error(403, "API key lacks permission")


async def test_the_rate_is_told_and_kept(runtime: Runtime) -> None:
    """Every authenticated answer tells the rate; past it 429 with Retry-After; refused ones count, 429 does not."""
    rates = runtime.settings.rates.model_copy(update={"imager_per_hour": 3})
    app = make_face(Lowered(runtime, rates)).app
    user = await caller(runtime, app)
    left = []
    for path in ("/api/images/1", "/api/nothing", UPLOAD):
        answer = await user.http.get(path)
        assert answer.headers["x-ratelimit-limit"] == "3"
        left.append(answer.headers["x-ratelimit-remaining"])
        reset = int(answer.headers["x-ratelimit-reset"])
    assert left == ["2", "1", "0"]
    for _ in range(2):
        answer = await user.http.get("/api/images/1")
        assert said(answer) == error(429, "Rate limit exceeded")
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert answer.headers["x-ratelimit-limit"] == "3"
        assert abs(int(answer.headers["x-ratelimit-reset"]) - reset) <= 1
        assert 3500 <= int(answer.headers["retry-after"]) <= 3600
    assert (await client(app).get("/image/1")).status_code == 404


async def test_guessing_is_slowed_by_address(runtime: Runtime, user: Caller) -> None:
    """Without a good key an address gets few tries a minute; a good key from there still works."""
    rates = runtime.settings.rates.model_copy(update={"unauthenticated_per_minute": 2})
    app = make_face(Lowered(runtime, rates)).app
    guesser = client(app)
    answers = [await guesser.get("/api/images/1", headers={"authorization": f"Bearer {n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert said(answers[2]) == error(429, "Rate limit exceeded")
    assert int(answers[2].headers["retry-after"]) >= 1
    good = await guesser.get("/api/images/1", headers={"authorization": f"Bearer {user.key}"})
    assert good.status_code == 404


async def test_no_limit_is_no_headers(runtime: Runtime) -> None:
    """A rate of 0 counts nothing and tells nothing."""
    app = make_face(Lowered(runtime, runtime.settings.rates.model_copy(update={"imager_per_hour": 0}))).app
    answer = await (await caller(runtime, app)).http.get("/api/images/1")
    assert "x-ratelimit-limit" not in answer.headers


async def test_no_upload_leaves_a_temporary_file(runtime: Runtime, user: Caller) -> None:
    """After good and refused uploads the store's folder for temporary files is empty."""
    for data in (jpeg(), b"nonsense", jpeg()[:100]):
        await user.http.post(UPLOAD, files=file(data))
    folder = runtime.store.temp().parent
    assert [path for path in folder.iterdir() if path.is_file()] == []


MESSAGES = {
    errors.NoCredentials: (401, "Missing or invalid API key"),
    errors.UnknownKey: (401, "Missing or invalid API key"),
    errors.ExpiredKey: (401, "Missing or invalid API key"),
    errors.UnreadableImage: (400, "Invalid image format"),
    errors.RenderFailed: (400, "Invalid image format"),
    errors.UnsupportedFormat: (400, "Invalid image format"),
    TooManyPixels: (400, "Image dimensions are too large"),
    errors.TooLarge: (413, "Image is too large"),
    errors.UnsupportedMediaType: (415, "Content-Type must be multipart/form-data"),
    errors.MalformedRequest: (400, "Malformed multipart body"),
    errors.RateLimited: (429, "Rate limit exceeded"),
    MethodNotAllowed: (405, "Method not allowed"),
    InternalError: (500, "Internal server error"),
}


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
async def test_the_table_says_what_the_notes_say(kind: type[errors.Refusal]) -> None:
    """Each class has its status and its exact words."""
    row = TABLE.row(kind)
    assert (row.status, row.message) == MESSAGES[kind]


async def test_every_refusal_of_the_platform_is_in_imagers_words() -> None:
    """No class falls through to a sentence that is not Imager's."""
    for kind in all_refusals():
        assert TABLE.row(kind).message


async def test_the_document_has_an_example_for_every_operation(app: Handler) -> None:
    """The OpenAPI page covers both calls, with examples and error shapes."""
    document = (await client(app).get("/openapi.json")).json()
    assert {(path, method) for path, item in document["paths"].items() for method in item} == {
        ("/api/images/upload", "post"),
        ("/api/images/{image_id}", "get"),
    }
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["responses"]["200"]["content"]["application/json"]["example"]["status"] == "success"
            assert operation["responses"]["401"]["content"]["application/json"]["example"]["status"] == "error"


class Lowered:
    """The runtime with other rates."""

    def __init__(self, runtime: Runtime, rates: Any) -> None:
        self._runtime = runtime
        self.settings = runtime.settings.model_copy(update={"rates": rates})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)
