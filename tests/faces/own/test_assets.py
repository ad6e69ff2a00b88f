"""The own API's assets: conversations from upload to delete."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests import pictures
from tests.faces.conftest import PUBLIC_URL, Caller, caller, client
from tests.faces.own.stage import NOWHERE, app, jpeg, problem, put, user

from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]

NAMES = {
    "id", "path", "folder", "name", "url", "format", "content_type", "width", "height", "frames", "has_alpha",
    "size_bytes", "sha256", "tags", "description", "custom", "focus", "published", "private", "stage", "version_id",
    "version_number", "created_at", "updated_at",
}  # fmt: skip


async def test_an_asset_lives_its_life(any_runtime: Runtime) -> None:
    """Uploaded by form, read, changed, replaced, restored, deleted: on every backend."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    first, second = jpeg(), jpeg(60, 30, "red")
    form = {"folder": "/shoes", "tags": ["a", "b"], "focus": '{"x": 0.2, "y": 0.4}', "custom": '{"sku": 7}'}
    made = await user.http.post("/v1/assets", files={"file": ("red.jpg", first, "image/jpeg")}, data=form)
    assert made.status_code == 201, made.text
    asset = made.json()
    assert set(asset) == NAMES
    assert (asset["path"], asset["tags"], asset["focus"]) == ("/shoes/red.jpg", ["a", "b"], {"x": 0.2, "y": 0.4})
    assert (asset["custom"], asset["width"], asset["height"], asset["format"]) == ({"sku": 7}, 40, 20, "jpeg")
    assert asset["size_bytes"] == len(first)
    here = f"/v1/assets/{asset['id']}"
    assert made.headers["location"] == here

    read = await user.http.get(here)
    assert read.json() == asset
    assert read.headers["etag"] == made.headers["etag"]
    assert (await user.http.get(here, headers={"if-none-match": read.headers["etag"]})).status_code == 304
    assert (await user.http.get(f"{here}/file")).content == first

    change = {"name": "crimson.jpg", "tags": [], "focus": None, "description": "a shoe"}
    changed = await user.http.patch(here, json=change, headers={"if-match": read.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] != read.headers["etag"]
    said = changed.json()
    assert (said["path"], said["tags"], said["focus"], said["description"]) == (
        "/shoes/crimson.jpg",
        [],
        None,
        "a shoe",
    )
    assert said["custom"] == {"sku": 7}

    replaced = await user.http.put(f"{here}/file", content=second, headers={"if-match": changed.headers["etag"]})
    assert (replaced.status_code, replaced.json()["version_number"], replaced.json()["width"]) == (200, 2, 60)
    assert (await user.http.get(f"{here}/file")).content == second
    versions = (await user.http.get(f"{here}/versions")).json()
    assert [(each["number"], each["current"]) for each in versions["data"]] == [(2, True), (1, False)]

    old = versions["data"][1]["id"]
    problem(await user.http.delete(f"{here}/versions/{versions['data'][0]['id']}"), 409, "conflict")
    restored = await user.http.post(f"{here}/versions/{old}/restore")
    assert (restored.status_code, restored.json()["width"]) == (200, 40)
    assert (await user.http.get(f"{here}/file")).content == first
    assert (await user.http.delete(f"{here}/versions/{versions['data'][0]['id']}")).status_code == 204

    problem(await user.http.delete(here, headers={"if-match": read.headers["etag"]}), 412, "precondition_failed")
    assert (await user.http.delete(here)).status_code == 204
    problem(await user.http.get(here), 404, "not_found")
    problem(await user.http.get(f"{here}/file"), 404, "not_found")


async def test_bytes_put_at_a_path(user: Caller) -> None:
    """PUT makes an asset, then versions of it; `If-None-Match: *` leaves one alone that is there."""
    made = await user.http.put("/v1/assets/by-path/a%20b/ü.jpg", content=jpeg())
    assert (made.status_code, made.json()["path"], made.json()["version_number"]) == (201, "/a b/ü.jpg", 1)
    again = await user.http.put("/v1/assets/by-path/a%20b/ü.jpg", content=jpeg(9, 9))
    assert (again.status_code, again.json()["id"], again.json()["version_number"]) == (200, made.json()["id"], 2)
    careful = {"if-none-match": "*"}
    problem(await user.http.put("/v1/assets/by-path/a%20b/ü.jpg", content=jpeg(), headers=careful), 409, "conflict")


async def test_a_taken_path(user: Caller) -> None:
    """Refused, or a new version, or a suffix: as asked."""
    await put(user, "/x.jpg")
    files = {"file": ("x.jpg", jpeg(), "image/jpeg")}
    problem(await user.http.post("/v1/assets", files=files), 409, "conflict")
    over = await user.http.post("/v1/assets", files=files, data={"overwrite": "true"})
    assert over.json()["version_number"] == 2
    unique = await user.http.post("/v1/assets", files=files, data={"unique": "true"})
    assert unique.json()["path"] not in ("/x.jpg", "")
    assert unique.json()["version_number"] == 1


async def test_the_address_of_an_asset(runtime: Runtime, app: Handler) -> None:
    """`url` is where a source shows the asset; null when the account has no such source."""
    default = (await runtime.accounts.ensure_default()).id
    owner = await caller(runtime, app, account_id=default)
    asset = await put(owner, "/with space/ü.jpg")
    assert asset["url"] == f"{PUBLIC_URL}/i/library/with%20space/%C3%BC.jpg"
    stranger = await caller(runtime, app)
    assert (await put(stranger))["url"] is None
    made = await stranger.http.post(
        "/v1/sources", json={"name": "lib-2", "type": "local", "config": {"path_prefix": "/a"}}
    )
    assert made.status_code == 201, made.text
    assert (await put(stranger))["url"] == f"{PUBLIC_URL}/i/lib-2/b.jpg"
    assert (await put(stranger, "/z.jpg"))["url"] is None


async def test_the_file_is_served_with_all_that_belongs_to_it(user: Caller) -> None:
    """Ranges, HEAD, validators, a name to save under; never kept by a shared cache."""
    data = jpeg()
    asset = await put(user, '/a/x"y.jpg', data)
    here = f"/v1/assets/{asset['id']}/file"
    whole = await user.http.get(here)
    assert whole.headers["cache-control"] == "private, no-cache"
    assert whole.headers["content-disposition"].startswith('inline; filename="x_y.jpg"')
    assert (await user.http.get(here, headers={"range": "bytes=0-4"})).content == data[:5]
    assert (await user.http.head(here)).headers["content-length"] == str(len(data))
    down = await user.http.get(here, params={"download": "true"})
    assert down.headers["content-disposition"].startswith("attachment")


async def test_pages_go_through_everything_once(user: Caller) -> None:
    """Following `next` gives every asset exactly once, in order, whatever the sort."""
    for n in range(7):
        await put(user, f"/p/{n}.jpg", jpeg(10 + n, 10))
    for sort in ("-created_at", "name", "-width"):
        names, after = [], None
        while True:
            params: dict[str, Any] = {"limit": 3, "sort": sort} | ({"after": after} if after else {})
            page = (await user.http.get("/v1/assets", params=params)).json()
            assert set(page) == {"data", "next"}
            names += [each["name"] for each in page["data"]]
            after = page["next"]
            if after is None:
                break
        assert names == [f"{n}.jpg" for n in (range(7) if sort == "name" else reversed(range(7)))]


async def test_a_list_is_narrowed(user: Caller) -> None:
    """By words in the name, tags, folder and format, each and together."""
    red = await put(user, "/shoes/red boot.jpg")
    blue = await put(user, "/shoes/summer/blue sandal.jpg")
    png = await put(user, "/other.png", pictures.raw_png(8, 2))
    await user.http.patch(f"/v1/assets/{red['id']}", json={"tags": ["shoe", "red"]})
    await user.http.patch(f"/v1/assets/{blue['id']}", json={"tags": ["shoe"]})

    async def found(**params: Any) -> set[str]:
        answer = await user.http.get("/v1/assets", params=params)
        assert answer.status_code == 200, answer.text
        return {each["id"] for each in answer.json()["data"]}

    assert await found(q="BOOT") == {red["id"]}
    assert await found(tag="shoe") == {red["id"], blue["id"]}
    assert await found(tag=["shoe", "red"]) == {red["id"]}
    assert await found(folder="/shoes") == {red["id"]}
    assert await found(folder="/shoes", recursive="true") == {red["id"], blue["id"]}
    assert await found(format="png") == {png["id"]}
    assert await found(format=["png", "jpeg"], q="o") == {red["id"], png["id"]}


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"sort": "colour"}, "sort"),
        ({"after": "nonsense"}, "after"),
        ({"after": NOWHERE}, "after"),
        ({"folder": "/../x"}, "folder"),
    ],
)
async def test_a_list_that_cannot_be(user: Caller, params: dict[str, str], param: str) -> None:
    """What cannot be used is named."""
    problem(await user.http.get("/v1/assets", params=params), 400, "invalid_parameter", param)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"colour": "red"}, "colour"),
        ({"tags": "red"}, "tags"),
        ({"tags": ["x" * 201]}, "tags[0]"),
        ({"focus": {"x": 2, "y": 0}}, "focus.x"),
        ({"focus": {"x": 0}}, "focus.y"),
        ({"name": "a/b"}, "name"),
        ({"path": "relative"}, "path"),
        ({"path": "/a/../b"}, "path"),
        ({"name": "\u0000"}, None),
    ],
)
async def test_a_change_that_cannot_be(user: Caller, change: dict[str, Any], param: str | None) -> None:
    """Unknown fields and unusable values are named, and nothing is changed."""
    asset = await put(user)
    answer = await user.http.patch(f"/v1/assets/{asset['id']}", json=change)
    said = problem(answer, 400, "invalid_parameter", param or answer.json()["param"])
    assert said["detail"]
    assert (await user.http.get(f"/v1/assets/{asset['id']}")).json() == asset


async def test_several_faults_are_all_told(user: Caller) -> None:
    """One answer names every field that is wrong."""
    asset = await put(user)
    answer = await user.http.patch(f"/v1/assets/{asset['id']}", json={"colour": 1, "tags": 2})
    assert [fault["param"] for fault in answer.json()["errors"]] == ["tags", "colour"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"name": 1e999}'])
async def test_json_that_is_none(user: Caller, body: bytes) -> None:
    """A body that is no JSON object is a 400 in the problem shape."""
    asset = await put(user)
    kind = {"content-type": "application/json"}
    answer = await user.http.patch(f"/v1/assets/{asset['id']}", content=body, headers=kind)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_if_match_guards_a_change(user: Caller) -> None:
    """A stale tag is 412, `*` is any, several or nonsense are told; of two at once one wins."""
    asset = await put(user)
    here = f"/v1/assets/{asset['id']}"
    tag = (await user.http.get(here)).headers["etag"]

    async def patch(if_match: str) -> int:
        answer = await user.http.patch(here, json={"description": "x"}, headers={"if-match": if_match})
        return answer.status_code

    assert sorted(await asyncio.gather(*(patch(tag) for _ in range(5)))) == [200, 412, 412, 412, 412]
    assert [await patch(each) for each in (tag, '"r0"', "nonsense", 'W/"r2"', "*", "")] == [
        412,
        412,
        412,
        412,
        200,
        200,
    ]
    assert await patch('"r1", "r2"') == 400


async def test_anothers_asset_answers_as_none(runtime: Runtime, app: Handler, user: Caller) -> None:
    """Another account, and the other stage, get for every call exactly what an unknown id gets."""
    asset = await put(user)
    version = asset["version_id"]
    others = [await caller(runtime, app), await caller(runtime, app, account_id=user.account_id, stage="test")]
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}),
        ("PATCH", "", {"json": {"description": "x"}}),
        ("DELETE", "", {}),
        ("GET", "/file", {}),
        ("PUT", "/file", {"content": jpeg()}),
        ("GET", "/versions", {}),
        ("POST", f"/versions/{version}/restore", {}),
        ("DELETE", f"/versions/{version}", {}),
    ]
    for other in others:
        for method, path, more in calls:
            theirs = await other.http.request(method, f"/v1/assets/{asset['id']}{path}", **more)
            nobodys = await other.http.request(method, f"/v1/assets/{NOWHERE}{path}", **more)
            assert theirs.status_code == nobodys.status_code == 404
            drop = {"request_id", "detail"}
            assert {k: v for k, v in theirs.json().items() if k not in drop} == {
                k: v for k, v in nobodys.json().items() if k not in drop
            }
            assert theirs.json()["detail"].replace(asset["id"], "?") == nobodys.json()["detail"].replace(NOWHERE, "?")
    assert (await user.http.get(f"/v1/assets/{asset['id']}")).json() == asset


@pytest.mark.parametrize(
    ("files", "data", "status", "code", "param"),
    [
        ({"other": ("x.jpg", jpeg())}, {}, 400, "invalid_parameter", "file"),
        ({"file": (None, "text")}, {}, 400, "invalid_parameter", "file"),
        ({"file": ("x.jpg", b"")}, {}, 422, "unreadable_image", None),
        ({"file": ("x.jpg", jpeg(400, 300)[:-300])}, {}, 422, "unreadable_image", None),
        ({"file": ("x.jpg", b"%PDF-1.7\n")}, {}, 415, "unsupported_format", None),
        ({"file": ("x.jpg", pictures.png_bomb())}, {}, 413, "too_large", None),
        ({"file": ("x.jpg", jpeg())}, {"colour": "red"}, 400, "invalid_parameter", "colour"),
        ({"file": ("x.jpg", jpeg())}, {"folder": ["/a", "/b"]}, 400, "invalid_parameter", "folder"),
        ({"file": ("x.jpg", jpeg())}, {"focus": "{"}, 400, "invalid_parameter", "focus"),
        ({"file": ("x.jpg", jpeg())}, {"custom": "[1]"}, 400, "invalid_parameter", "custom"),
        ({"file": ("x.jpg", jpeg())}, {"overwrite": "perhaps"}, 400, "invalid_parameter", "overwrite"),
        ({"file": ("x.jpg", jpeg())}, {"path": "/a/\u0007.jpg"}, 400, "invalid_parameter", "path"),
    ],
)
async def test_an_upload_that_cannot_be(
    user: Caller, files: Any, data: Any, status: int, code: str, param: str | None
) -> None:
    """Every fault of an upload is told, and nothing is kept."""
    answer = await user.http.post("/v1/assets", files=files, data=data)
    if code == "unreadable_image" and answer.json()["code"] == "unsupported_format":
        status, code = 415, "unsupported_format"  # nothing at all is of no format
    problem(answer, status, code, param)
    assert (await user.http.get("/v1/assets")).json()["data"] == []


async def test_a_raw_body_over_the_ceiling(user: Caller, runtime: Runtime) -> None:
    """Too large a body is refused by its declared length, or while it is read."""
    limit = runtime.settings.uploads.max_bytes

    async def endless() -> Any:
        for _ in range(limit // 1_000_000 + 2):
            yield bytes(1_000_000)

    problem(await user.http.put("/v1/assets/by-path/x.jpg", content=endless()), 413, "too_large")
    declared = {"content-length": str(limit + 1)}
    problem(await user.http.put("/v1/assets/by-path/x.jpg", content=b"", headers=declared), 413, "too_large")
    problem(
        await user.http.post("/v1/keys", content=b" " * 1_100_000, headers={"content-type": "application/json"}),
        413,
        "too_large",
    )


async def test_no_request_leaves_a_temporary_file(runtime: Runtime, user: Caller) -> None:
    """After good and refused uploads the store's folder for temporary files is empty."""
    await put(user)
    await user.http.put("/v1/assets/by-path/x.jpg", content=b"nonsense")
    await user.http.post("/v1/assets", files={"file": ("x", jpeg())}, data={"colour": "x"})
    await user.http.post("/v1/assets", json={"url": "http://127.0.0.1:1/x"})
    folder = runtime.store.temp().parent
    assert [path for path in folder.iterdir() if path.is_file()] == []


async def test_the_key_comes_first(app: Handler) -> None:
    """Without a key everything below /v1 is 401, whatever else is wrong."""
    stranger = client(app)
    for method, path in (
        ("GET", "/v1/assets"),
        ("POST", "/v1/nothing"),
        ("PATCH", f"/v1/assets/{NOWHERE}"),
        ("TRACE", "/v1"),
    ):
        answer = await stranger.request(method, path, content=b"{")
        problem(answer, 401, "no_credentials")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_paths_and_methods_that_are_not_there(user: Caller) -> None:
    """404 and 405 are problems too, with Allow."""
    problem(await user.http.get("/v1/nothing"), 404, "not_found")
    for path, allow in (("/v1/assets", "GET, POST"), (f"/v1/assets/{NOWHERE}", "DELETE, GET, PATCH")):
        answer = await user.http.request("OPTIONS", path)
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allow
