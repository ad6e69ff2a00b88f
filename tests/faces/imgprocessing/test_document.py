"""IMG Processing: its OpenAPI document and its pages, and that they say what the code does."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openapi_spec_validator import validate
from tests.faces.conftest import client

from imagewell.faces.imgprocessing.dialect import READERS, Rules
from imagewell.faces.imgprocessing.error_pages import ABOUT, STATUSES
from imagewell.faces.imgprocessing.errors import TITLES, InvalidFields
from imagewell.faces.imgprocessing.face import make_face
from imagewell.faces.imgprocessing.fields import Fields
from imagewell.faces.imgprocessing.origins import PLACES, REDIRECT_PLACES
from imagewell.faces.imgprocessing.reference import BODIES, SUMMARIES
from imagewell.faces.imgprocessing.settings import ImgProcessingSettings
from imagewell.faces.kit.openapi import operations
from imagewell.imaging.work import Facts
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = Path(__file__).parents[3] / "docs" / "imgprocessing.md"


@pytest_asyncio.fixture(loop_scope="session")
async def document(runtime: Runtime) -> dict[str, Any]:
    answer = await client(make_face(runtime).app).get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    """It holds to the specification, and says where the key goes."""
    validate(document)
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "x-api-key")
    assert document["servers"] == [{"url": "https://pictures.test/imgprocessing"}]


async def test_every_call_of_the_protocol_is_there(document: dict[str, Any]) -> None:
    """And no other."""
    image = "/v1/images/{image_id}"
    posts = (*READERS, "publish", "unpublish", "classify", "visualize", "extract-formatted-text")
    assert {(path, method) for path, method, _ in operations(document)} == {
        ("/v1/images", "get"), ("/v1/images", "post"), ("/v1/images/upload", "post"), ("/v1/images/imagine", "post"),
        (image, "get"), (image, "delete"), (f"{image}/download", "get"),
        *((f"{image}/{name}", "post") for name in posts),
    }  # fmt: skip


async def test_every_operation_is_described(document: dict[str, Any]) -> None:
    """A summary, an example of each body and each answer, its errors in this API's shape."""
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["security"] == [{"key": []}]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content, where
        assert {"401", "403", "429", "500", "503"} <= set(operation["responses"]), where
        for status, response in operation["responses"].items():
            if status[0] in "45":
                assert response["content"]["application/problem+json"]["example"]["message"], where
            elif method == "post":
                assert status == "201"
                assert response["content"]["application/json"]["example"], where
    assert len({operation["operationId"] for _, _, operation in operations(document)}) == 21


@pytest.mark.parametrize("name", sorted(READERS))
async def test_the_example_of_a_body_is_a_body(name: str) -> None:
    """Each passes the reader that it is an example for; what is required there is required in the document."""
    body = BODIES[name]["requestBody"]["content"]["application/json"]
    READERS[name](Fields(body["example"]), Facts("jpeg", 400, 300), Rules())
    required = body["schema"].get("required", [])
    if required:
        with pytest.raises(InvalidFields) as caught:
            READERS[name](Fields({}), Facts("jpeg", 400, 300), Rules())
        assert list(caught.value.errors) == required
    else:
        READERS[name](Fields({}), Facts("jpeg", 400, 300), Rules())
    assert SUMMARIES[name]


async def test_the_type_of_an_error_leads_to_a_page(runtime: Runtime) -> None:
    """Each of them, which says what happened and what to do; others are not found."""
    http = client(make_face(runtime).app)
    for slug, title in TITLES.items():
        page = await http.get(f"/docs/errors/{slug}")
        assert (page.status_code, f"{STATUSES[slug]} {title}" in page.text) == (200, True)
        assert html.escape(ABOUT[slug]) in page.text
    assert (await http.get("/docs/errors/nope")).status_code == 404
    assert (await http.get("/docs")).status_code == 200


async def test_the_page_says_it_all(document: dict[str, Any]) -> None:
    """docs/imgprocessing.md names every call, error, place and setting."""
    text = PAGE.read_text()
    for path in document["paths"]:
        assert path.replace("{image_id}", "{id}") in text, path
    for slug in TITLES:
        assert f"`{slug}`" in text, slug
    for place in (*PLACES, *REDIRECT_PLACES):
        assert place.removeprefix("https://").removesuffix("/*") in text, place
    for name in ImgProcessingSettings.model_fields:
        assert f"IMAGEWELL_IMGPROCESSING__{name.upper()}" in text, name
