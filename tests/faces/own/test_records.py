"""Folders, keys, sources and the account on the own API."""

from __future__ import annotations

from typing import Any

import pytest
from tests.faces.conftest import PUBLIC_URL, Caller, caller, client
from tests.faces.own.stage import NOWHERE, app, problem, put, user

from imagewell.accounts.scopes import Scope
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]


async def test_folders_hold_assets(any_runtime: Runtime) -> None:
    """Made, listed, moved with all they hold, deleted with all they hold: on every backend."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    made = await user.http.post("/v1/folders", json={"path": "/a/b c"})
    assert (made.status_code, made.json()["path"], made.json()["parent"]) == (201, "/a/b c", "/a")
    problem(await user.http.post("/v1/folders", json={"path": "/a/b c"}), 409, "conflict")
    asset = await put(user, "/a/b c/x.jpg")
    listed = (await user.http.get("/v1/folders", params={"parent": "/a"})).json()
    assert [each["name"] for each in listed["data"]] == ["b c"]
    assert (await user.http.get("/v1/folders/a/b%20c")).json() == listed["data"][0]
    moved = await user.http.patch("/v1/folders/a/b%20c", json={"path": "/d"})
    assert (moved.status_code, moved.json()["path"]) == (200, "/d")
    assert (await user.http.get(f"/v1/assets/{asset['id']}")).json()["path"] == "/d/x.jpg"
    problem(await user.http.patch("/v1/folders/d", json={"path": "/d/e"}), 400, "invalid_parameter", "to")
    assert (await user.http.delete("/v1/folders/d")).status_code == 204
    problem(await user.http.get(f"/v1/assets/{asset['id']}"), 404, "not_found")
    problem(await user.http.get("/v1/folders/d"), 404, "not_found")
    problem(await user.http.delete("/v1/folders/d"), 404, "not_found")


async def test_a_key_is_shown_once(any_runtime: Runtime) -> None:
    """The secret is in the answer that makes the key and nowhere else; the key works, is changed, is revoked."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    made = await user.http.post("/v1/keys", json={"name": "site", "scopes": ["assets:read"]})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    secret, id = made.json()["key"], made.json()["id"]
    assert secret.startswith("live_")
    assert secret.endswith(made.json()["last4"])
    for answer in (await user.http.get(f"/v1/keys/{id}"), await user.http.get("/v1/keys")):
        assert answer.status_code == 200
        assert secret not in answer.text
        assert '"key"' not in answer.text
    theirs = client(app, authorization=f"Bearer {secret}")
    assert (await theirs.get("/v1/assets")).status_code == 200
    problem(await theirs.get("/v1/keys"), 403, "permission_denied")
    change = {"name": "old site", "rate_per_minute": 5, "domain_allow": ["*.example.com"]}
    changed = await user.http.patch(f"/v1/keys/{id}", json=change, headers={"if-match": made.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert {name: changed.json()[name] for name in change} == change
    problem(await theirs.get("/v1/assets"), 403, "address_not_allowed")
    allowed = await theirs.get("/v1/assets", headers={"origin": "https://shop.example.com"})
    assert (allowed.status_code, allowed.headers["x-ratelimit-limit"]) == (200, "5")
    lifted = await user.http.patch(f"/v1/keys/{id}", json={"rate_per_minute": None, "domain_allow": None})
    assert (lifted.json()["rate_per_minute"], lifted.json()["domain_allow"]) == (None, [])
    stale = {"if-match": made.headers["etag"]}
    problem(await user.http.delete(f"/v1/keys/{id}", headers=stale), 412, "precondition_failed")
    revoked = await user.http.delete(f"/v1/keys/{id}")
    assert revoked.json()["revoked_at"] is not None
    problem(await theirs.get("/v1/assets"), 401, "unknown_key")
    assert id not in (await user.http.get("/v1/keys")).text
    assert id in (await user.http.get("/v1/keys", params={"revoked": "true"})).text


async def test_nobody_makes_a_key_stronger_than_their_own(runtime: Runtime, app: Handler) -> None:
    """A maker cannot give a scope or a stage it lacks, neither by making nor by changing a key."""
    weak = await caller(runtime, app, scopes=[Scope.keys_manage, Scope.assets_read])
    test = await caller(runtime, app, stage="test")
    problem(await weak.http.post("/v1/keys", json={"name": "x", "scopes": ["sources:write"]}), 403, "permission_denied")
    same = await weak.http.post("/v1/keys", json={"name": "x"})
    assert set(same.json()["scopes"]) == {"keys:manage", "assets:read"}
    stronger = {"scopes": ["assets:read", "assets:write"]}
    problem(await weak.http.patch(f"/v1/keys/{same.json()['id']}", json=stronger), 403, "permission_denied")
    problem(await test.http.post("/v1/keys", json={"name": "x", "stage": "live"}), 403, "permission_denied")
    assert (await test.http.post("/v1/keys", json={"name": "x"})).json()["stage"] == "test"


@pytest.mark.parametrize(
    ("order", "param"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "scopes": ["everything"]}, "scopes[0]"),
        ({"name": "x", "ip_allow": ["999.1.1.1"]}, "ip_allow"),
        ({"name": "x", "domain_allow": ["-"]}, "domain_allow"),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"name": "x", "rate_per_minute": 0}, "rate_per_minute"),
        ({"name": "x", "account": "other"}, "account"),
    ],
)
async def test_a_key_that_cannot_be(user: Caller, order: dict[str, Any], param: str) -> None:
    """What cannot be used is named."""
    problem(await user.http.post("/v1/keys", json=order), 400, "invalid_parameter", param)


async def test_a_source_keeps_its_secrets(any_runtime: Runtime) -> None:
    """Made, read, changed, given tokens, deleted; tokens and passwords are never shown again."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    name = f"shop-{user.account_id}"
    order = {
        "name": name,
        "type": "webfolder",
        "config": {"base_url": "https://origin.example.com/x", "secure_url_enabled": True},
        "secrets": {"username": "u", "password": "hunter2"},
    }
    made = await user.http.post("/v1/sources", json=order)
    assert made.status_code == 201, made.text
    here = f"/v1/sources/{made.json()['id']}"
    assert made.json()["url"] == f"{PUBLIC_URL}/i/{name}"
    assert made.json()["secrets"] == ["password", "username"]
    assert made.json()["config"]["secure_url_enabled"] is True
    first = await user.http.post(f"{here}/tokens", json={"keep_previous": False})
    second = await user.http.post(f"{here}/tokens", json={})
    assert (first.status_code, first.json()["token_count"], second.json()["token_count"]) == (201, 1, 2)
    alone = await user.http.post(f"{here}/tokens", json={"keep_previous": False})
    assert alone.json()["token_count"] == 1
    tokens = {each.json()["token"] for each in (first, second, alone)}
    assert len(tokens) == 3
    read = await user.http.get(here)
    for text in (made.text, read.text, (await user.http.get("/v1/sources")).text):
        assert "hunter2" not in text
        assert not any(token in text for token in tokens)
    change = {"enabled": False, "config": {"robots": "disallow-all"}, "secrets": {"username": None, "password": None}}
    changed = await user.http.patch(here, json=change, headers={"if-match": read.headers["etag"]})
    said = changed.json()
    assert (said["enabled"], said["config"]["robots"], said["secrets"]) == (False, "disallow-all", [])
    assert said["config"]["base_url"] == "https://origin.example.com/x"
    problem(
        await user.http.patch(here, json={}, headers={"if-match": read.headers["etag"]}), 412, "precondition_failed"
    )
    problem(await user.http.post("/v1/sources", json=order), 409, "conflict")
    assert (await user.http.delete(here)).status_code == 204
    problem(await user.http.get(here), 404, "not_found")


@pytest.mark.parametrize(
    ("order", "param"),
    [
        ({"type": "local"}, "name"),
        ({"name": "UPPER", "type": "local"}, "name"),
        ({"name": "x", "type": "s3"}, "type"),
        ({"name": "x-web", "type": "webfolder"}, "base_url"),
        ({"name": "x-web", "type": "webfolder", "config": {"base_url": "ftp://x.example/"}}, "base_url"),
        ({"name": "x-web", "type": "webfolder", "config": {"base_url": "https://x.example/?a=1"}}, "base_url"),
        ({"name": "x-web", "type": "webfolder", "config": {"colour": 1}}, "config.colour"),
        ({"name": "x-loc", "type": "local", "config": {"cache_ttl_value": 0}}, "config.cache_ttl_value"),
        ({"name": "x-loc", "type": "local", "custom_domains": ["not a host"]}, "custom_domains"),
    ],
)
async def test_a_source_that_cannot_be(user: Caller, order: dict[str, Any], param: str) -> None:
    """What cannot be used is named."""
    problem(await user.http.post("/v1/sources", json=order), 400, "invalid_parameter", param)


async def test_anothers_records_answer_as_none(runtime: Runtime, app: Handler, user: Caller) -> None:
    """Another account's keys, sources and folders answer as unknown ones do."""
    stranger = await caller(runtime, app)
    key = (await user.http.post("/v1/keys", json={"name": "x"})).json()["id"]
    made = await user.http.post("/v1/sources", json={"name": f"mine-{user.account_id}", "type": "local"})
    source = made.json()["id"]
    await user.http.post("/v1/folders", json={"path": "/mine"})
    for method, path, more in [
        ("GET", f"/v1/keys/{key}", {}),
        ("PATCH", f"/v1/keys/{key}", {"json": {"name": "y"}}),
        ("DELETE", f"/v1/keys/{key}", {}),
        ("GET", f"/v1/sources/{source}", {}),
        ("PATCH", f"/v1/sources/{source}", {"json": {"enabled": False}}),
        ("DELETE", f"/v1/sources/{source}", {}),
        ("POST", f"/v1/sources/{source}/tokens", {"json": {}}),
        ("GET", "/v1/folders/mine", {}),
        ("PATCH", "/v1/folders/mine", {"json": {"path": "/yours"}}),
        ("DELETE", "/v1/folders/mine", {}),
        ("POST", "/v1/purges", {"json": {"source": f"mine-{user.account_id}", "path": "/x.jpg"}}),
    ]:
        theirs = await stranger.http.request(method, path, **more)
        problem(theirs, 404, "not_found")
        nobodys = await stranger.http.request(method, path.replace(key, NOWHERE).replace(source, NOWHERE), **more)
        assert nobodys.status_code == 404
    for path in ("/v1/keys", "/v1/sources", "/v1/folders"):
        assert not {key, source} & {each["id"] for each in (await stranger.http.get(path)).json()["data"]}
    assert (await user.http.get(f"/v1/keys/{key}")).json()["name"] == "x"


async def test_the_account_says_who_is_asking(user: Caller) -> None:
    """The caller learns its account, key, stage and scopes; nothing secret."""
    said = (await user.http.get("/v1/account")).json()
    assert said["id"] == user.account_id
    assert said["caller"] == {"kind": "key", "id": user.key_id, "stage": "live", "scopes": sorted(Scope)}


OPERATIONS: list[tuple[str, str, set[Scope], dict[str, Any]]] = [
    ("GET", "/v1/assets", {Scope.assets_read}, {}),
    ("POST", "/v1/assets", {Scope.assets_read, Scope.assets_write}, {"json": {"url": "http://127.0.0.1:1/"}}),
    ("PUT", "/v1/assets/by-path/a.jpg", {Scope.assets_read, Scope.assets_write}, {"content": b"x"}),
    ("GET", f"/v1/assets/{NOWHERE}", {Scope.assets_read}, {}),
    ("PATCH", f"/v1/assets/{NOWHERE}", {Scope.assets_read, Scope.assets_write}, {"json": {}}),
    ("DELETE", f"/v1/assets/{NOWHERE}", {Scope.assets_read, Scope.assets_write}, {}),
    ("GET", f"/v1/assets/{NOWHERE}/file", {Scope.assets_read}, {}),
    ("PUT", f"/v1/assets/{NOWHERE}/file", {Scope.assets_read, Scope.assets_write}, {"content": b"x"}),
    ("GET", f"/v1/assets/{NOWHERE}/versions", {Scope.assets_read}, {}),
    ("POST", f"/v1/assets/{NOWHERE}/versions/{NOWHERE}/restore", {Scope.assets_read, Scope.assets_write}, {}),
    ("DELETE", f"/v1/assets/{NOWHERE}/versions/{NOWHERE}", {Scope.assets_read, Scope.assets_write}, {}),
    ("GET", "/v1/folders", {Scope.folders_read}, {}),
    ("POST", "/v1/folders", {Scope.folders_read, Scope.folders_write}, {"json": {"path": "/scoped"}}),
    ("GET", "/v1/folders/none", {Scope.folders_read}, {}),
    (
        "PATCH", "/v1/folders/none",
        {Scope.folders_read, Scope.folders_write, Scope.assets_write}, {"json": {"path": "/z"}},
    ),
    ("DELETE", "/v1/folders/none", {Scope.folders_read, Scope.folders_write, Scope.assets_write}, {}),
    ("GET", "/v1/keys", {Scope.keys_manage}, {}),
    ("POST", "/v1/keys", {Scope.keys_manage}, {"json": {"name": "x"}}),
    ("GET", f"/v1/keys/{NOWHERE}", {Scope.keys_manage}, {}),
    ("PATCH", f"/v1/keys/{NOWHERE}", {Scope.keys_manage}, {"json": {}}),
    ("DELETE", f"/v1/keys/{NOWHERE}", {Scope.keys_manage}, {}),
    ("GET", "/v1/sources", {Scope.sources_read}, {}),
    ("POST", "/v1/sources", {Scope.sources_read, Scope.sources_write}, {"json": {"name": "library", "type": "local"}}),
    ("GET", f"/v1/sources/{NOWHERE}", {Scope.sources_read}, {}),
    ("PATCH", f"/v1/sources/{NOWHERE}", {Scope.sources_read, Scope.sources_write}, {"json": {}}),
    ("DELETE", f"/v1/sources/{NOWHERE}", {Scope.sources_read, Scope.sources_write}, {}),
    ("POST", f"/v1/sources/{NOWHERE}/tokens", {Scope.sources_read, Scope.sources_write}, {"json": {}}),
    ("POST", "/v1/transform", {Scope.transform, Scope.assets_read}, {"json": {"asset": NOWHERE}}),
    (
        "POST", "/v1/transform",
        {Scope.transform, Scope.assets_read, Scope.assets_write},
        {"json": {"asset": NOWHERE, "result": "asset", "save_as": "/x.jpg"}},
    ),
    ("POST", "/v1/purges", {Scope.purge}, {"json": {"source": "none", "path": "/x"}}),
    ("GET", "/v1/account", set(), {}),
    ("GET", "/v1/usage", {Scope.usage_read}, {}),
    ("GET", "/v1/quotas", {Scope.usage_read}, {}),
    ("PUT", "/v1/quotas/operations", {Scope.accounts_manage}, {"json": {"limit": None}}),
    ("GET", "/v1/jobs", {Scope.jobs_read}, {}),
    ("GET", f"/v1/jobs/{NOWHERE}", {Scope.jobs_read}, {}),
    ("POST", f"/v1/jobs/{NOWHERE}/cancel", {Scope.jobs_read, Scope.jobs_write}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "scopes", "more"), OPERATIONS)
async def test_every_operation_asks_for_its_scopes(
    runtime: Runtime, app: Handler, method: str, path: str, scopes: set[Scope], more: dict[str, Any]
) -> None:
    """With exactly its scopes an operation answers; without any one of them it is 403."""
    enough = await caller(runtime, app, scopes=sorted(scopes))
    assert (await enough.http.request(method, path, **more)).status_code != 403
    for lacking in scopes:
        others = sorted(set(Scope) - {lacking})
        weak = await caller(runtime, app, account_id=enough.account_id, scopes=others)
        problem(await weak.http.request(method, path, **more), 403, "permission_denied")


async def test_no_operation_is_left_out_of_the_matrix(app: Handler) -> None:
    """Every operation of the document is in the table above."""
    document = (await client(app).get("/openapi.json")).json()
    written = {(m.upper(), _shape(p)) for p, item in document["paths"].items() for m in item}
    assert written == {(method, _shape(path)) for method, path, _, _ in OPERATIONS}


def _shape(path: str) -> str:
    parts = path.replace("{path}", "*").split("/")
    fixed = {"v1", "assets", "by-path", "file", "versions", "restore", "folders", "keys", "sources", "tokens"}
    fixed |= {"transform", "purges", "account", "usage", "quotas", "jobs", "cancel", ""}
    return "/".join(part if part in fixed else "*" for part in parts)
