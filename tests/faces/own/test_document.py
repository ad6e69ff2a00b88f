"""The OpenAPI document, the pages for people, health and metrics."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openapi_spec_validator import validate
from pydantic import TypeAdapter
from tests.faces.conftest import client
from tests.faces.own.stage import app, problem, user
from tests.unit.faces.kit.test_errors import all_refusals

from imagewell import errors
from imagewell.errors import Unavailable
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.kit.docs import docs_router
from imagewell.faces.kit.openapi import operations
from imagewell.faces.own.error_page import known
from imagewell.faces.own.errors import TABLE
from imagewell.faces.own.health import Health
from imagewell.faces.own.reference import errors_page
from imagewell.faces.own.wire import assets, folders, jobs, keys, sources, transform, usage
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]


@pytest_asyncio.fixture(loop_scope="session")
async def document(app: Handler) -> dict[str, Any]:
    answer = await client(app).get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    """It holds to the OpenAPI specification."""
    validate(document)
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["servers"] == [{"url": "https://pictures.test"}]


async def test_every_operation_has_examples(document: dict[str, Any]) -> None:
    """Each body, each success and each parameter of a path shows what it looks like."""
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["operationId"]
        assert operation["summary"]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content, where
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                assert {"example", "examples"} & {*parameter, *parameter["schema"]}, where
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                if kind == "application/json":
                    assert "example" in content, f"{where} {status}"
        shows = bool(operation.get("requestBody")) or any(
            "content" in r or s == "204" for s, r in operation["responses"].items()
        )
        assert shows, where


async def test_every_operation_tells_its_errors(document: dict[str, Any]) -> None:
    """401, 403, 429, 500 and 503 everywhere, all problems with an example; never the framework's own 422."""
    for path, method, operation in operations(document):
        assert {"401", "403", "429", "500", "503"} <= set(operation["responses"]), f"{method} {path}"
        for status, response in operation["responses"].items():
            if status[0] in "45":
                assert response["content"]["application/problem+json"]["example"]["code"]
        assert operation["security"] == [{"key": []}]
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_posts_take_an_idempotency_key_and_changes_an_if_match(document: dict[str, Any]) -> None:
    """The headers that the kit reads are documented where they are read."""
    for path, method, operation in operations(document):
        headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post"), path
        assert ("If-Match" in headers) == ("412" in operation["responses"]), f"{method} {path}"


@pytest.mark.parametrize(
    "model",
    [
        assets.AssetOut, assets.AssetChange, assets.AssetFromUrl, assets.VersionOut, folders.FolderOut,
        folders.NewFolder, jobs.JobOut, keys.KeyOut, keys.NewKeyOut, keys.NewKey, keys.KeyChange, keys.AccountOut,
        sources.SourceOut, sources.NewSource, sources.SourceChange, sources.NewToken, sources.TokenOut,
        transform.TransformOrder, transform.PurgeOrder, usage.FigureOut, usage.UsageOut, usage.QuotaOut,
        usage.QuotaOrder,
    ],
)  # fmt: skip
async def test_an_example_is_what_it_is_an_example_of(model: Any) -> None:
    """Each example passes its own model."""
    TypeAdapter(model).validate_python(TypeAdapter(model).json_schema()["example"])


async def test_every_code_is_explained(app: Handler) -> None:
    """`type` of each problem leads to a line of the error page, and no code stands for two things."""
    page = (await client(app).get("/docs/errors")).text
    for kind in all_refusals()[1:]:
        assert f'id="{kind.code}"' in page or not kind.__module__.startswith("imagewell.")
    assert len({kind.code for kind in known()}) == len(known())


async def test_every_refusal_is_a_problem() -> None:
    """Each class gives its own status, code and sentence in the problem shape."""
    samples = [
        errors.InvalidParameter("limit", "0", "1 to 200"),
        errors.TooLarge(10, "bytes", 11),
        errors.Busy(2),
        errors.StorageFull(),
        errors.Unavailable("database"),
        errors.LinkExpired(),
        errors.OriginFailed("it said no"),
        errors.QuotaExceeded("renders"),
        errors.EngineMissing("faces", "crop=faces"),
        RuntimeError("secret"),
    ]
    for error in samples:
        made = TABLE.answer(error, "id")
        assert made.headers["content-type"] == "application/problem+json"
        assert b"secret" not in made.body
        if isinstance(error, errors.Refusal):
            assert made.status == error.status
            assert error.message.encode() in made.body or '"' in error.message


async def test_the_pages_for_people(app: Handler, tmp_path: Path) -> None:
    """The docs page loads its one script from here, under a policy that allows nothing from elsewhere."""
    page = await client(app).get("/docs")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert not re.search(r"https?://", page.text.replace("https://pictures.test", ""))
    script = await client(app).get("/docs/scalar.js")
    assert script.status_code in (200, 404)
    assert ("scalar.js" in page.text) == (script.status_code == 200)


async def test_without_the_bundle_the_page_is_a_link(runtime: Runtime, tmp_path: Path) -> None:
    """Before `npm ci` the page says where the document is."""
    from fastapi import FastAPI

    api = FastAPI(docs_url=None)
    api.include_router(docs_router("Title", tmp_path / "nothing.js"))
    page = await client(api).get("/docs")  # type: ignore[arg-type]
    assert 'href="openapi.json"' in page.text
    assert "<script" not in page.text


async def test_health(runtime: Runtime) -> None:
    """Alive, ready, and why not."""
    health = Health(runtime)
    http = client(health)
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "store": "ok", "render": "ok"})
    head = await http.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")
    problem(await http.post("/healthz"), 405, "method_not_allowed")
    problem(await http.get("/other"), 404, "not_found")


async def test_readiness_says_what_is_missing(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that fails, or does not answer, is named, and in time."""

    class Gone:
        def __getattr__(self, name: str) -> Any:
            return getattr(runtime, name)

        class store:  # noqa: N801
            @staticmethod
            async def size(key: str) -> None:
                raise Unavailable("object store")

        class db:  # noqa: N801
            @staticmethod
            def read() -> Any:
                class Never:
                    async def __aenter__(self) -> None:
                        await asyncio.Event().wait()

                    async def __aexit__(self, *error: object) -> None: ...

                return Never()

    monkeypatch.setattr("imagewell.faces.own.health.CHECK_TIMEOUT_S", 0.05)
    answer = await client(Health(Gone())).get("/readyz")  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "no answer in time"
    assert "object store" in answer.json()["checks"]["store"]
    assert answer.json()["checks"]["render"] == "ok"


async def test_metrics_are_for_those_who_may_read_them(runtime: Runtime) -> None:
    """From the networks of the setting the figures, from elsewhere nothing is there."""
    import httpx

    health = Health(runtime)
    health.observe({"method": "GET", "imagewell.facts": {"face": "own"}}, 200, 0.01)
    health.observe({"method": "BREW"}, 404, 0.01)
    problem(await client(health).get("/metrics"), 404, "not_found")
    inside = httpx.ASGITransport(health, client=("127.0.0.1", 1))  # type: ignore[arg-type]
    text = (await httpx.AsyncClient(transport=inside, base_url="http://x").get("/metrics")).text
    assert 'imagewell_requests_total{face="own",method="GET",status="200"} 1.0' in text
    assert 'method="OTHER"' in text
    for edge, count in (("0.005", 0), ("0.025", 1), ("+Inf", 1)):
        assert f'imagewell_request_seconds_bucket{{face="own",le="{edge}"}} {count}.0' in text
    assert 'imagewell_request_seconds_sum{face="own"} 0.01' in text
    assert "imagewell_render_workers 1.0" in text


async def test_the_pages_in_docs_are_complete(document: dict[str, Any]) -> None:
    """docs/errors.md is what the code says, docs/api.md has every path, docs/imager.md every message."""
    import imagewell.roads  # noqa: F401  # so that every refusal there is has been seen
    from imagewell.faces.imager.errors import ROWS

    docs = Path(__file__).parents[3] / "docs"
    assert (docs / "errors.md").read_text() == errors_page()
    overview = (docs / "api.md").read_text()
    for path in document["paths"]:
        assert path in overview, path
    imager = (docs / "imager.md").read_text()
    for row in ROWS.values():
        if isinstance(row.message, str) and row.message != "Bad request":
            assert row.message in imager
