"""IMG Processing under schemathesis, against a live server: no 5xx, and all answers hold to the document."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests import pictures
from tests.live import LiveServer, serving

EXAMPLES = 15
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
WITH_ENGINES = ("imagine", "remove-background", "classify", "visualize", "extract-formatted-text")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving(Path(tmp_path_factory.mktemp("fuzz")), render__workers="1") as live:
        yield live


@pytest.fixture(scope="module")
def image_id(server: LiveServer) -> str:
    """An image that calls can be about."""
    answer = httpx.post(
        f"{server.url}/imgprocessing/v1/images/upload",
        headers={"x-api-key": server.key},
        data={"name": "fuzz"},
        files={"image": io.BytesIO(pictures.png(20, 10))},
        trust_env=False,
    )
    return str(answer.json()["id"])


def test_nothing_breaks_the_server(server: LiveServer, image_id: str) -> None:
    """Every operation answers generated requests as its document says; only a missing engine is a 503."""
    schema = schemathesis.openapi.from_url(f"{server.url}/imgprocessing/openapi.json")
    tried = 0
    for found in schema.get_all_operations():
        _try(server, found.ok(), image_id)
        tried += 1
    assert tried == 21
    assert server.get("/readyz").status_code == 200
    assert not [path for path in (server.data_dir / "store" / "tmp").iterdir() if path.is_file()]


def _try(server: LiveServer, operation: schemathesis.schemas.APIOperation, image_id: str) -> None:
    deletes = operation.method.upper() == "DELETE"
    may_miss = operation.path.endswith(WITH_ENGINES)
    checks = CHECKS if may_miss else [not_a_server_error, *CHECKS]

    @given(operation.as_strategy())
    @settings(
        max_examples=5 if may_miss else EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def run(case: schemathesis.Case) -> None:
        case.headers = {**(case.headers or {}), "x-api-key": server.key}
        if "image_id" in (case.path_parameters or {}) and not deletes:
            case.path_parameters["image_id"] = image_id
        answer = case.call_and_validate(base_url=f"{server.url}/imgprocessing", checks=checks)
        assert answer.status_code != 500

    run()
