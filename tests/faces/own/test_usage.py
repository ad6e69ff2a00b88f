"""Usage and quotas on the own API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.faces.conftest import Caller, caller
from tests.faces.own.stage import app, problem, user

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject
from imagewell.errors import QuotaExceeded
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime
from imagewell.usage.rollup import RollUp

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]


async def do(runtime: Runtime, user: Caller, operation: str, amount: int, stage: Stage = Stage.live) -> None:
    """One operation, as a face does it."""
    subject = Subject(user.account_id, "key", user.key_id, stage=stage)
    async with runtime.ledger.metered(subject, operation, amount) as metered, runtime.db.write() as session:
        await metered.take(session)


async def report(user: Caller, **query: str) -> list[dict[str, Any]]:
    answer = await user.http.get("/v1/usage", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_what_was_done_is_reported(any_runtime: Runtime) -> None:
    """By hour, day and month, for all or for one key or operation; before and after it is rolled up."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    second = await caller(any_runtime, app, account_id=user.account_id)
    for who, operation, amount in ((user, "resize", 1), (second, "resize", 1), (user, "remove-background", 2)):
        await do(any_runtime, who, operation, amount)
    now = datetime.now(UTC)
    starts = {"hour": f"{now:%Y-%m-%dT%H}:00:00.000Z", "day": f"{now:%Y-%m-%d}T00:00:00.000Z"}
    for group_by, start in {**starts, "month": f"{now:%Y-%m}-01T00:00:00.000Z"}.items():
        same = {"period_start": start, "meter": "operations", "key_id": None}
        assert await report(user, group_by=group_by) == [
            {**same, "operation": "remove-background", "count": 1, "amount": 2},
            {**same, "operation": "resize", "count": 2, "amount": 2},
        ]
    by_key = await report(user, by_key="true", operation="resize")
    assert sorted(line["key_id"] for line in by_key) == sorted([user.key_id, second.key_id])
    assert [(line["key_id"], line["count"]) for line in await report(user, key_id=second.key_id)] == [
        (second.key_id, 1)
    ]
    before = await report(user)
    await RollUp(any_runtime.db, any_runtime.clock).run()
    assert await report(user) == before
    assert await report(user, until="2020-01-01T00:00:00Z") == []


async def test_a_report_says_which_periods_it_is_of(user: Caller) -> None:
    """Whole periods, in UTC, whatever zone was asked in."""
    query = {"group_by": "month", "from": "2024-02-29T23:30:00-01:00", "until": "2024-04-01T00:00:00Z"}
    said = (await user.http.get("/v1/usage", params=query)).json()
    assert (said["from"], said["until"]) == ("2024-03-01T00:00:00.000Z", "2024-04-01T00:00:00.000Z")
    query = {"group_by": "hour", "from": "2024-02-29T23:30:00Z", "until": "2024-03-01T00:00:01Z"}
    said = (await user.http.get("/v1/usage", params=query)).json()
    assert (said["from"], said["until"]) == ("2024-02-29T23:00:00.000Z", "2024-03-01T01:00:00.000Z")


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"group_by": "week"}, "group_by"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2024-01-01T00:00:00"}, "from"),
        ({"from": "2024-01-02T00:00:00Z", "until": "2024-01-02T00:00:00Z"}, "from"),
        ({"group_by": "hour", "from": "2024-01-01T00:00:00Z", "until": "2024-03-01T00:00:00Z"}, "from"),
        ({"from": "2020-01-01T00:00:00Z", "until": "2024-01-01T00:00:00Z"}, "from"),
        ({"from": "1000-01-01T00:00:00Z"}, "from"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "until"),
        ({"until": "0001-01-01T00:00:00+12:00"}, "until"),
        ({"key_id": "me"}, "key_id"),
        ({"operation": "a\0b"}, "operation"),
    ],
)
async def test_a_report_that_cannot_be(user: Caller, query: dict[str, str], param: str) -> None:
    """What cannot be used is named."""
    problem(await user.http.get("/v1/usage", params=query), 400, "invalid_parameter", param)


async def test_quotas_are_shown_and_set(any_runtime: Runtime) -> None:
    """No limit at first; a limit counts what was done before it; null lifts it."""
    user = await caller(any_runtime, make_face(any_runtime).app)
    await do(any_runtime, user, "resize", 3)
    (first,) = (await user.http.get("/v1/quotas")).json()["data"]
    now = datetime.now(UTC)
    assert {name: first[name] for name in ("meter", "limit", "used", "held")} == {
        "meter": "operations",
        "limit": None,
        "used": 3,
        "held": 0,
    }
    assert first["period_start"] == f"{now:%Y-%m}-01T00:00:00.000Z"
    assert first["period_end"] == first["resets_at"] > first["period_start"]
    limited = await user.http.put("/v1/quotas/operations", json={"limit": 4})
    assert (limited.status_code, limited.json()) == (200, {**first, "limit": 4})
    with pytest.raises(QuotaExceeded):
        await do(any_runtime, user, "remove-background", 2)
    await do(any_runtime, user, "resize", 1)
    assert (await user.http.get("/v1/quotas")).json()["data"] == [{**first, "limit": 4, "used": 4}]
    assert (await user.http.put("/v1/quotas/operations", json={"limit": None})).json()["limit"] is None
    await do(any_runtime, user, "remove-background", 2)
    assert (await user.http.get("/v1/quotas")).json()["data"] == [{**first, "used": 6}]


async def test_a_quota_that_cannot_be(user: Caller) -> None:
    """Unknown meters are not there; a limit is a whole number or null, and must be said."""
    problem(await user.http.put("/v1/quotas/credits", json={"limit": 4}), 404, "not_found")
    problem(await user.http.put("/v1/quotas/%00", json={"limit": 4}), 404, "not_found")
    for wrong in (-1, 1.5, "x", 10**16):
        problem(await user.http.put("/v1/quotas/operations", json={"limit": wrong}), 400, "invalid_parameter", "limit")
    problem(await user.http.put("/v1/quotas/operations", json={}), 400, "invalid_parameter", "limit")


async def test_who_may_see_and_set(runtime: Runtime, app: Handler, user: Caller) -> None:
    """Reading and setting have scopes of their own; other accounts and test keys see their own usage alone."""
    await do(runtime, user, "resize", 1)
    reader = await caller(runtime, app, account_id=user.account_id, scopes=[Scope.usage_read])
    assert [line["count"] for line in await report(reader)] == [1]
    problem(await reader.http.put("/v1/quotas/operations", json={"limit": 1}), 403, "permission_denied")
    blind = await caller(runtime, app, account_id=user.account_id, scopes=[Scope.assets_read])
    for path in ("/v1/usage", "/v1/quotas"):
        problem(await blind.http.get(path), 403, "permission_denied")
    assert await report(await caller(runtime, app)) == []
    tester = await caller(runtime, app, account_id=user.account_id, stage="test")
    assert await report(tester) == []
    await do(runtime, tester, "blur", 1, Stage.test)
    assert [(line["operation"], line["count"], line["amount"]) for line in await report(tester)] == [("blur", 1, 0)]
    assert [line["operation"] for line in await report(user)] == ["resize"]
    (quota,) = (await tester.http.get("/v1/quotas")).json()["data"]
    assert (quota["limit"], quota["used"]) == (None, 0)
    problem(await tester.http.put("/v1/quotas/operations", json={"limit": 1}), 403, "permission_denied")
