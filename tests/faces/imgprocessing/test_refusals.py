"""IMG Processing: keys, rates, the order of checks, every refusal in its words; nothing a body does is a 5xx."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import pictures
from tests.faces.conftest import client
from tests.faces.imgprocessing.stage import UNLIMITED, Changed, User, form, make_user, problem
from tests.unit.faces.kit.test_errors import all_refusals

from imagewell import errors
from imagewell.faces.imgprocessing.errors import TITLES, InvalidFields, about, invalid, table
from imagewell.faces.imgprocessing.face import make_face
from imagewell.faces.kit.errors import InternalError, MethodNotAllowed
from imagewell.runtime import Runtime
from imagewell.usage.rates import Figures, OverRate

pytestmark = pytest.mark.asyncio(loop_scope="session")

TABLE = table("https://docs.test/errors")
MISSING = "image_000000000000000000000000"


@pytest_asyncio.fixture(loop_scope="session")
async def user(runtime: Runtime) -> User:
    return await make_user(runtime)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def veteran(runtime: Runtime) -> tuple[User, str]:
    """A caller for a whole module, and the id of an image."""
    user = await make_user(runtime)
    return user, (await user.upload(pictures.png(20, 10)))["id"]


SAMPLES: list[tuple[Exception, int, str, str | None]] = [
    (errors.MalformedRequest("It is no JSON."), 400, "bad-request", "It is no JSON."),
    (errors.NoCredentials(), 401, "unauthorized", None),
    (errors.UnknownKey(), 401, "unauthorized", None),
    (errors.ExpiredKey(), 401, "unauthorized", None),
    (errors.QuotaExceeded("operations"), 402, "quota-exceeded", None),
    (errors.PermissionDenied("transform"), 403, "forbidden", None),
    (errors.AddressNotAllowed("address"), 403, "forbidden", None),
    (errors.NotFound("image", "image_x"), 404, "not-found", "Image with id image_x not found."),
    (errors.NotFound("asset", "0" * 24), 404, "not-found", f"Image with id {MISSING} not found."),
    (errors.NotFound("path", "/v1/x"), 404, "not-found", "The requested resource was not found."),
    (MethodNotAllowed("PUT", ("GET",)), 405, "method-not-allowed", None),
    (errors.SlowRequest(), 408, "request-timeout", None),
    (errors.Conflict("There."), 409, "conflict", "There."),
    (errors.TooLarge(5, "bytes"), 413, "payload-too-large", None),
    (errors.UnsupportedMediaType("text/plain", "application/json"), 415, "unsupported-media-type", None),
    (invalid("width", "width must be 1."), 422, "validation-error", "width must be 1."),
    (errors.InvalidParameter("stages[0]", 1, "less"), 422, "validation-error", "stages[0] must be less."),
    (errors.UnreadableImage(), 422, "validation-error", None),
    (errors.UnsupportedFormat("gif", "png"), 422, "validation-error", None),
    (errors.OriginFailed("it broke off"), 422, "validation-error", None),
    (OverRate(Figures(1, 0, 99), 7), 429, "too-many-requests", None),
    (InternalError(), 500, "internal-error", None),
    (RuntimeError("secret"), 500, "internal-error", None),
    (errors.Busy(3), 503, "unavailable", None),
    (errors.Unavailable("database"), 503, "unavailable", None),
    (errors.EngineMissing("text", "Text"), 503, "unavailable", None),
    (errors.StorageFull(), 503, "unavailable", None),
]


@pytest.mark.parametrize(("error", "status", "slug", "message"), SAMPLES, ids=lambda value: type(value).__name__)
async def test_every_class_in_the_union_of_shapes(
    error: Exception, status: int, slug: str, message: str | None
) -> None:
    """Status, type, title, error and message; fields where something was wrong with them; when to come back."""
    made = TABLE.answer(error, "id-1")
    body = json.loads(made.body)
    assert made.headers["content-type"] == "application/problem+json"
    assert (made.status, body["status"], body["type"]) == (status, status, f"https://docs.test/errors/{slug}")
    assert body["title"] == body["error"] == TITLES[slug]
    assert body["message"]
    assert message is None or body["message"] == message
    assert ("errors" in body) == (status == 422)
    if status == 422:
        assert [sentence for told in body["errors"].values() for sentence in told] == [body["message"]]
    if status in (429, 503):
        assert int(made.headers["retry-after"]) >= 1
    assert "secret" not in made.body.decode()


async def test_every_refusal_of_the_platform_has_a_row() -> None:
    """No class falls through to a code that is not this API's."""
    for kind in all_refusals():
        assert TABLE.row(kind).code in TITLES


async def test_what_is_wrong_with_a_picture_is_told_of_a_field() -> None:
    """Format, damage and pixels; but too many bytes are too many bytes."""
    for error in (errors.UnsupportedFormat("gif", "png"), errors.UnreadableImage(), errors.TooLarge(1, "pixels")):
        with pytest.raises(InvalidFields) as caught, about("url"):
            raise error
        assert caught.value.errors == {"url": [error.message]}
    with pytest.raises(errors.TooLarge), about("url"):
        raise errors.TooLarge(1, "bytes")


async def test_keys(runtime: Runtime, user: User) -> None:
    """In `x-api-key`, the header in any letter case; anything else is 401, alike for what exists and what does not."""
    made = await user.upload(pictures.png())
    good = await client(user.app, **{"X-API-Key": user.key}).get("/v1/images")
    assert good.status_code == 200
    for headers in (
        {}, {"x-api-key": ""}, {"x-api-key": " "}, {"x-api-key": user.key[:-1] + "?"}, {"x-api-key": "live_nope"},
        {"authorization": f"Bearer {user.key}"}, {"x-api-key": f"Bearer {user.key}"}, {"x-api-key": "x" * 5000},
    ):  # fmt: skip
        http = client(user.app, **headers)
        told = [
            problem(await http.request(method, path), 401)
            for method, path in (
                ("GET", "/v1/images"), ("GET", f"/v1/images/{made['id']}"), ("GET", f"/v1/images/{MISSING}"),
                ("DELETE", f"/v1/images/{made['id']}"), ("POST", f"/v1/images/{made['id']}/blur"),
                ("POST", "/v1/images/upload"),
            )
        ]  # fmt: skip
        assert all(each == told[0] for each in told)
    await runtime.accounts.keys.revoke(_manager(user), user.key_id)
    problem(await user.http.get("/v1/images"), 401)


def _manager(user: User) -> Any:
    from imagewell.accounts.subject import system

    return system(user.account_id)


async def test_rates_by_stage(runtime: Runtime) -> None:
    """10 a minute with a test key, 100 with a live one, or the key's own; the headers count down; 429 says when."""
    app = make_face(runtime).app
    for stage, limit, more in (("test", 10, {}), ("live", 100, {}), ("live", 3, {"rate_per_minute": 3})):
        user = await make_user(runtime, stage, app=app, **more)
        answer = await user.http.get("/v1/images")
        assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == (
            str(limit),
            str(limit - 1),
        )
        for _ in range(limit - 1):
            answer = await user.http.get(f"/v1/images/{MISSING}")
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (404, "0")
        answer = await user.http.post("/v1/images/upload", files=form(b""))
        problem(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["x-ratelimit-limit"] == str(limit)
        assert int(answer.headers["x-ratelimit-reset"]) > 1_700_000_000
        problem(await user.http.get("/v1/nothing"), 404)


async def test_routes_come_before_keys(runtime: Runtime, user: User) -> None:
    """A path nobody knows is 404 and a method 405, with or without a key."""
    for http in (user.http, client(user.app)):
        for method, path in (
            ("GET", "/v1"), ("GET", "/v1/"), ("GET", "/v1/image"), ("GET", "/v1/images/"), ("POST", "/v1/images/x/"),
            ("POST", "/v1/images/x/sharpen"), ("POST", "/v1/images/x/y/z"), ("GET", "/v2/images"), ("GET", "/"),
        ):  # fmt: skip
            problem(await http.request(method, path), 404)
        for method, path, allow in (
            ("PUT", "/v1/images", "GET, POST"),
            ("DELETE", "/v1/images", "GET, POST"),
            ("GET", "/v1/images/upload", "POST"),
            ("PATCH", f"/v1/images/{MISSING}", "DELETE, GET"),
            ("POST", f"/v1/images/{MISSING}", "DELETE, GET"),
            ("GET", f"/v1/images/{MISSING}/blur", "POST"),
            ("POST", f"/v1/images/{MISSING}/download", "GET, HEAD"),
            ("OPTIONS", "/v1/images", "GET, POST"),
        ):
            answer = await http.request(method, path)
            problem(answer, 405)
            assert answer.headers["allow"] == allow


async def test_the_order_of_checks(runtime: Runtime) -> None:
    """Route, key, rate, body shape, image, fields."""
    app = make_face(Changed(runtime, {"imgprocessing_live_per_minute": 4})).app  # type: ignore[arg-type]
    user = await make_user(runtime, app=app)
    broken: dict[str, Any] = {"content": b"{", "headers": {"content-type": "application/json"}}
    problem(await user.http.post("/v1/images/x/nope", **broken), 404)
    problem(await client(app).post(f"/v1/images/{MISSING}/crop", **broken), 401)
    problem(await user.http.post(f"/v1/images/{MISSING}/crop", **broken), 400)
    problem(await user.http.post(f"/v1/images/{MISSING}/crop", json={"x1": "bad"}), 404)
    made = await user.upload(pictures.png())
    problem(await user.http.post(f"/v1/images/{made['id']}/crop", json={"x1": "bad"}), 422, "x1", "x2", "y1", "y2")
    problem(await user.http.post(f"/v1/images/{MISSING}/crop", **broken), 429)


OPERATIONS = ("resize", "crop", "mirror", "rotate", "convert", "blur", "modulate", "remove-background", "watermark",
              "classify", "visualize", "extract-formatted-text", "publish", "unpublish")  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_bodies_that_are_none(user: User, operation: str) -> None:
    """JSON that is none, or nothing under a JSON type, 400; another type 415; too much 413. All before the image."""
    url = f"/v1/images/{MISSING}/{operation}"
    for content in (b"", b"{", b"[]", b"null", b'"x"', b'{"a": 1, "a": 2}', b"\xff", b'{"a": NaN}', b"[" * 50_000):
        problem(await user.http.post(url, content=content, headers={"content-type": "application/json"}), 400)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"):
        problem(await user.http.post(url, content=b"{}", headers={"content-type": kind}), 415)
    problem(await user.http.post(url, content=b"{}"), 415)
    large = b'{"a": "' + b"x" * 1_100_000 + b'"}'
    problem(await user.http.post(url, content=large, headers={"content-type": "application/json"}), 413)
    for nothing in (
        {},
        {"json": {}},
        {"content": b"{}", "headers": {"content-type": "application/JSON; charset=utf-8"}},
    ):
        problem(await user.http.post(url, **nothing), 404)  # type: ignore[arg-type]


async def test_ids_of_any_shape(user: User) -> None:
    """Whatever stands where an id should is not found, in words."""
    for id in (
        "x",
        "image_",
        "66f2a1c09b3d5e7f00112233",
        MISSING.upper(),
        MISSING + "0",
        "%00",
        "%ff",
        "..%2f",
        "é" * 300,
    ):
        answer = await user.http.get(f"/v1/images/{id}")
        assert problem(answer, 404)


async def test_text_is_not_for_test_keys(runtime: Runtime) -> None:
    """403, before the image is looked for, unless the operator allows it."""
    tester = await make_user(runtime, "test")
    for id in (MISSING, (await tester.upload(pictures.png()))["id"]):
        problem(await tester.http.post(f"/v1/images/{id}/extract-formatted-text", json={}), 403)
    app = make_face(Changed(runtime, UNLIMITED, allow_text_for_test_keys=True)).app  # type: ignore[arg-type]
    allowed = await make_user(runtime, "test", app=app)
    problem(await allowed.http.post(f"/v1/images/{MISSING}/extract-formatted-text", json={}), 404)


async def test_fields_of_analyses(veteran: tuple[User, str]) -> None:
    """A prompt of 1 to 1000 characters, three models, two formats."""
    user, id = veteran
    for body in ({}, {"prompt": ""}, {"prompt": "x" * 1001}, {"prompt": 5}, {"prompt": "a\0b"}):
        problem(await user.http.post(f"/v1/images/{id}/visualize", json=body), 422, "prompt")
    answer = await user.http.post(f"/v1/images/{id}/visualize", json={"prompt": 1, "model": "gpt"})
    problem(answer, 422, "prompt", "model")
    problem(await user.http.post(f"/v1/images/{id}/extract-formatted-text", json={"format": "html"}), 422, "format")


async def test_pages_of_other_origins(runtime: Runtime) -> None:
    """No CORS by itself; where an origin is allowed, preflights are answered and the headers can be read."""
    user = await make_user(runtime)
    page = {"origin": "https://app.test"}
    answer = await user.http.get("/v1/images", headers=page)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    ask = {**page, "access-control-request-method": "POST", "access-control-request-headers": "x-api-key"}
    problem(await user.http.request("OPTIONS", "/v1/images", headers=ask), 405)
    app = make_face(Changed(runtime, UNLIMITED, cors_origins=("https://app.test",))).app  # type: ignore[arg-type]
    user = await make_user(runtime, app=app)
    answer = await client(app).request("OPTIONS", "/v1/images/upload", headers=ask)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "x-api-key"
    assert "POST" in answer.headers["access-control-allow-methods"]
    for answer in (await user.http.get("/v1/images", headers=page), await client(app).get("/v1/images", headers=page)):
        assert answer.headers["access-control-allow-origin"] == "https://app.test"
        assert "X-Image-Processing-Usage" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"
    other = await user.http.get("/v1/images", headers={"origin": "https://evil.test"})
    assert "access-control-allow-origin" not in other.headers


WITH_ENGINES = {"remove-background", "classify", "visualize", "extract-formatted-text"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("name", "width", "height", "fit", "position", "letterbox_color", "x1", "y1", "x2", "y2", "mode", "angle",
          "unit", "background_color", "format", "quality", "sigma", "brightness", "saturation", "hue", "lightness",
          "watermarks", "prompt", "model", "url")  # fmt: skip
SENSIBLE = st.sampled_from(
    [1, 5, 10, 20.0, -1, 90, "cover", "contain", "red", "both", "horizontal", "png", "jpeg", "top-left", "radians",
     "hi", [{"id": MISSING}], "https://storage.googleapis.com@127.0.0.1/x"]
)  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON | SENSIBLE, max_size=7)


@pytest.mark.parametrize("operation", [*OPERATIONS, ""])
async def test_no_body_is_an_error_of_ours(veteran: tuple[User, str], operation: str) -> None:
    """Bodies of any values: an image, or a refusal that says why; an engine that is missing may say so."""
    user, id = veteran
    url = f"/v1/images/{id}/{operation}" if operation else "/v1/images"
    tried: list[bytes] = []

    @given(BODIES)
    @settings(max_examples=8 if operation in WITH_ENGINES else 40)
    def gather(body: dict[str, Any]) -> None:
        tried.append(json.dumps(body).encode("utf-8", "surrogatepass"))

    gather()
    for content in tried:
        answer = await user.http.post(url, content=content, headers={"content-type": "application/json"})
        expected = (201, 400, 404, 422) if operation not in WITH_ENGINES else (201, 400, 404, 422, 503)
        assert answer.status_code in expected, (content, answer.text)
        if answer.status_code != 201:
            assert answer.json()["message"]
