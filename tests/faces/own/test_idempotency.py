"""Idempotency-Key: what is sent twice is done once and answered twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from tests.faces.conftest import Caller, caller
from tests.faces.own.stage import app, jpeg, problem, put, user

from imagewell.accounts.models import FirstAnswer
from imagewell.accounts.scopes import Scope
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]


async def make_folder(user: Caller, key: str, path: str = "/x") -> Any:
    return await user.http.post("/v1/folders", json={"path": path}, headers={"idempotency-key": key})


async def test_the_second_answer_is_the_first(any_runtime: Runtime) -> None:
    """The same request again is answered as the first was, and nothing is done: on every backend."""
    user = await caller(any_runtime, make_face(any_runtime).app)
    first, second = await make_folder(user, "one"), await make_folder(user, "one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    problem(await make_folder(user, "two"), 409, "conflict")


async def test_a_key_is_made_once_and_its_secret_repeated(runtime: Runtime, user: Caller) -> None:
    """A client that lost the answer gets the same secret, which lies in the database only encrypted."""
    answers = [await user.http.post("/v1/keys", json={"name": "x"}, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert answers[0].json()["key"] == answers[1].json()["key"]
    assert answers[1].headers["etag"] == answers[0].headers["etag"]
    assert len((await user.http.get("/v1/keys")).json()["data"]) == 2
    async with runtime.db.read() as session:
        kept = list(await session.scalars(select(FirstAnswer.body).where(FirstAnswer.account_id == user.account_id)))
    assert len(kept) == 1
    assert answers[0].json()["key"].encode() not in (kept[0] or b"")


async def test_another_request_under_the_same_key_is_refused(user: Caller) -> None:
    """A key stands for one request."""
    await make_folder(user, "one")
    problem(await make_folder(user, "one", "/y"), 409, "conflict")


async def test_a_refused_request_may_be_mended(user: Caller) -> None:
    """Nothing was done, so the key is free again."""
    problem(await make_folder(user, "one", "relative/../x"), 400, "invalid_parameter", "path")
    assert (await make_folder(user, "one")).status_code == 201


async def test_at_once_it_is_done_once(user: Caller) -> None:
    """Of many at the same moment one does it; the others wait their turn or get its answer."""
    answers = await asyncio.gather(*(make_folder(user, "one") for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len((await user.http.get("/v1/folders")).json()["data"]) == 1
    assert (await make_folder(user, "one")).status_code == 201


async def test_uploads_too(user: Caller) -> None:
    """A form with a file is done once, though its boundary differs each time."""
    sent = {"files": {"file": ("x.jpg", jpeg())}, "data": {"unique": "true"}, "headers": {"idempotency-key": "up"}}
    answers = [await user.http.post("/v1/assets", **sent) for _ in range(2)]
    assert answers[0].status_code == 201
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len((await user.http.get("/v1/assets")).json()["data"]) == 1


async def test_pictures_are_made_again(user: Caller) -> None:
    """A rendered picture under a key is an answer like any other."""
    asset = await put(user)
    order = {"asset": asset["id"], "transformation": {"output": {"format": "png"}}}
    answers = [await user.http.post("/v1/transform", json=order, headers={"idempotency-key": "t"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["content-type"] == "image/png"


async def test_accounts_and_stages_do_not_meet(runtime: Runtime, app: Handler, user: Caller) -> None:
    """The same key from another account or stage is another request."""
    others = [await caller(runtime, app), await caller(runtime, app, account_id=user.account_id, stage="test")]
    made = [(await make_folder(each, "one")).json()["id"] for each in (user, *others)]
    assert len(set(made)) == 3


async def test_another_key_does_not_get_the_answer(runtime: Runtime, app: Handler, user: Caller) -> None:
    """What a strong key was answered, the text of a new key above all, is not repeated to a weak one."""
    sent: dict[str, Any] = {"json": {"name": "x"}, "headers": {"idempotency-key": "make-a-key"}}
    assert (await user.http.post("/v1/keys", **sent)).status_code == 201
    weak = await caller(runtime, app, account_id=user.account_id, scopes=[Scope.assets_read])
    problem(await weak.http.post("/v1/keys", **sent), 403, "permission_denied")


async def test_a_secret_is_repeated_as_carefully(user: Caller) -> None:
    """The second answer may be kept by nobody either."""
    sent: dict[str, Any] = {"json": {"name": "x"}, "headers": {"idempotency-key": "k"}}
    first, second = [await user.http.post("/v1/keys", **sent) for _ in range(2)]
    assert first.headers["cache-control"] == second.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/folders%00", "/v1/%ff", "/v1/" + "x" * 3000])
async def test_any_path(any_runtime: Runtime, path: str) -> None:
    """A path that no database would keep is answered as without the header."""
    user = await caller(any_runtime, make_face(any_runtime).app)
    answer = await user.http.post(path, json={}, headers={"idempotency-key": "k"})
    problem(answer, 404, "not_found")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ü"])
async def test_a_key_that_cannot_be(user: Caller, key: str) -> None:
    """1 to 255 printable ASCII characters."""
    answer = await user.http.post(
        "/v1/folders", json={"path": "/x"}, headers=[("idempotency-key", key.encode("latin-1"))]
    )
    problem(answer, 400, "invalid_parameter", "Idempotency-Key")


async def test_only_posts_are_kept(user: Caller) -> None:
    """Other methods are repeatable by nature and ignore the header."""
    for _ in range(2):
        answer = await user.http.get("/v1/account", headers={"idempotency-key": "x"})
        assert answer.status_code == 200
        assert "idempotency-replayed" not in answer.headers
