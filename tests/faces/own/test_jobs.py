"""Jobs over the own API: list, look at, cancel; and the figure they leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.faces.conftest import Caller, caller, opened_runtime, options
from tests.faces.own.stage import NOWHERE, app, problem, user

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.own.metrics import Metrics
from imagewell.jobs.run import JobRun
from imagewell.runtime import Runtime
from imagewell.settings import load

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]

QUICK, ENDLESS = "test.quick", "test.endless"
LONG_S = 20.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def runtime(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runtime]:
    """A runtime of its own with two kinds of jobs: a process has one engine, and must not keep it for the session."""

    async def quick(run: JobRun) -> dict[str, Any]:
        return {"length": len(run.document["text"])}

    async def endless(run: JobRun) -> None:
        await asyncio.sleep(3600)

    async with opened_runtime(load(**options(tmp_path_factory.mktemp("jobs")))) as opened:
        opened.jobs.handle(QUICK, quick)
        opened.jobs.handle(ENDLESS, endless)
        yield opened


def subject_of(user: Caller) -> Subject:
    return system(user.account_id)


async def test_a_job_is_shown_with_what_came_of_it(runtime: Runtime, user: Caller) -> None:
    """Its state, what was asked and the result, and never anything of the worker that did it."""
    asked = await runtime.jobs.ask(subject_of(user), QUICK, {"text": "four"})
    await runtime.jobs.wait(asked.id, LONG_S)
    shown = (await user.http.get(f"/v1/jobs/{asked.id}")).json()
    assert (shown["state"], shown["document"], shown["result"]) == ("succeeded", {"text": "four"}, {"length": 4})
    assert (shown["kind"], shown["stage"], shown["attempts"], shown["error"]) == (QUICK, "live", 1, None)
    assert not {"worker_id", "lost", "account_id"} & set(shown)
    problem(await user.http.post(f"/v1/jobs/{asked.id}/cancel"), 409, "conflict")


async def test_a_running_job_is_cancelled(runtime: Runtime, user: Caller) -> None:
    """The answer is the job as it is then; soon after it has ended."""
    asked = await runtime.jobs.ask(subject_of(user), ENDLESS, {})
    answer = await user.http.post(f"/v1/jobs/{asked.id}/cancel")
    assert (answer.status_code, answer.json()["id"]) == (200, asked.id)
    assert (await runtime.jobs.wait(asked.id, LONG_S)).state == "cancelled"
    assert (await user.http.post(f"/v1/jobs/{asked.id}/cancel")).json()["state"] == "cancelled"


async def test_jobs_are_listed_by_state_and_kind_in_pages(runtime: Runtime, user: Caller) -> None:
    """The newest first; `after` continues; what no state or kind can be is refused."""
    asked = [(await runtime.jobs.ask(subject_of(user), QUICK, {"text": ""})).id for _ in range(3)]
    for job_id in asked:
        await runtime.jobs.wait(job_id, LONG_S)

    async def ids(query: str) -> set[str]:
        return {job["id"] for job in (await user.http.get(f"/v1/jobs?{query}")).json()["data"]}

    assert await ids(f"state=succeeded&kind={QUICK}") == set(asked)
    assert await ids("state=failed") == await ids("kind=other") == set()
    first = (await user.http.get("/v1/jobs?limit=2")).json()
    rest = (await user.http.get("/v1/jobs", params={"limit": 2, "after": first["next"]})).json()
    assert {job["id"] for job in (*first["data"], *rest["data"])} == set(asked)
    assert rest["next"] is None
    problem(await user.http.get("/v1/jobs?state=done"), 400, "invalid_parameter", "state")
    problem(await user.http.get("/v1/jobs?kind=%00"), 400, "invalid_parameter", "kind")


async def test_nobody_else_sees_a_job(runtime: Runtime, app: Handler, user: Caller) -> None:
    """Another account, the other stage and a job that never was are answered alike; scopes are asked for."""
    asked = await runtime.jobs.ask(system(user.account_id, Stage.live), QUICK, {"text": ""})
    strangers = await caller(runtime, app), await caller(runtime, app, account_id=user.account_id, stage="test")
    for stranger in strangers:
        assert (await stranger.http.get("/v1/jobs")).json()["data"] == []
        for job_id in (asked.id, NOWHERE, "x", "%00"):
            problem(await stranger.http.get(f"/v1/jobs/{job_id}"), 404, "not_found")
            problem(await stranger.http.post(f"/v1/jobs/{job_id}/cancel"), 404, "not_found")
    reader = await caller(runtime, app, account_id=user.account_id, scopes=[Scope.jobs_read])
    assert (await reader.http.get(f"/v1/jobs/{asked.id}")).status_code == 200
    problem(await reader.http.post(f"/v1/jobs/{asked.id}/cancel"), 403, "permission_denied")
    other = await caller(runtime, app, account_id=user.account_id, scopes=[Scope.assets_read])
    problem(await other.http.get("/v1/jobs"), 403, "permission_denied")


async def test_ended_jobs_are_counted(runtime: Runtime, user: Caller) -> None:
    """By kind and final state, in the exposition format."""
    asked = await runtime.jobs.ask(subject_of(user), QUICK, {"text": ""})
    await runtime.jobs.wait(asked.id, LONG_S)
    _, page = Metrics(runtime).page()
    assert f'imagewell_jobs_total{{kind="{QUICK}",state="succeeded"}}' in page.decode()
