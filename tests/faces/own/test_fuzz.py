"""The own API under schemathesis, against a live server: whatever is sent, nothing is a 5xx and all holds to the document."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.live import LiveServer, serving

EXAMPLES = 25


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving(tmp_path_factory.mktemp("fuzz"), render__workers="1") as live:
        yield live


@pytest.fixture(scope="module")
def described(server: LiveServer) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_nothing_breaks_the_server(case: schemathesis.Case, server: LiveServer) -> None:
    """Every operation answers generated requests as its document says, and never with a 5xx of its own."""
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {server.key}"}
    answer = case.call(base_url=server.url)
    case.validate_response(
        answer,
        checks=[not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance],
    )


def test_the_server_is_as_it_was(server: LiveServer) -> None:
    """After all of it the server is ready, and has left no temporary file."""
    assert server.get("/readyz").status_code == 200
    assert not [path for path in (server.data_dir / "store" / "tmp").iterdir() if path.is_file()]
    assert threading.active_count() < 50
