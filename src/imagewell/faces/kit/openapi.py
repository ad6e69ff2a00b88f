"""The OpenAPI document of a face: what the framework writes, made complete.

The framework documents a 422 of its own for every parameter, which this server never answers; it knows nothing of
the error shape, the key, or the headers that the kit reads. Examples of the models become examples of operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Document = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")
REF = "#/components/schemas/"

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent twice, the request is done once and answered twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "order-1234",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what is changed; the answer is 412 when it was changed since.",
    "schema": {"type": "string", "pattern": '^("r[0-9]{1,15}"|\\*)$'},
    "example": '"r3"',
}


BEARER = {"type": "http", "scheme": "bearer", "description": "An API key: `live_…` or `test_…`."}


def complete(
    api: FastAPI,
    models: Sequence[type[BaseModel]],
    open_paths: Sequence[str] = (),
    *,
    idempotent: bool = False,
    security: Document = BEARER,
) -> None:
    """Make `api.openapi()` give the completed document.

    Args:
        models: shapes that operations name by reference only. open_paths: paths that need no key.
        idempotent: whether POST takes an Idempotency-Key. security: where the key is sent, as a security scheme.
    """
    written = api.openapi

    def openapi() -> Document:
        if api.openapi_schema is None:
            api.openapi_schema = _complete(written(), models, open_paths, idempotent, security)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to change the document


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and operation of each."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _complete(
    document: Document,
    models: Sequence[type[BaseModel]],
    open_paths: Sequence[str],
    idempotent: bool,
    security: Document,
) -> Document:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _, named = models_json_schema([(model, "validation") for model in models], ref_template=REF + "{model}")
    schemas.update({name: schema for name, schema in named.get("$defs", {}).items() if name not in schemas})
    components["securitySchemes"] = {"key": security}
    for path, method, operation in operations(document):
        operation["security"] = [] if path in open_paths else [{"key": []}]
        if _is_frameworks(operation["responses"].get("422")):
            del operation["responses"]["422"]
        _add_headers(idempotent and method == "post", operation)
        for content in _contents(operation):
            _add_example(content, schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _is_frameworks(response: Document | None) -> bool:
    return response is not None and "HTTPValidationError" in str(response.get("content"))


def _add_headers(idempotent: bool, operation: Document) -> None:
    parameters = operation.setdefault("parameters", [])
    if idempotent:
        parameters.append(IDEMPOTENCY_KEY)
    if "412" in operation["responses"]:
        parameters.append(IF_MATCH)
    if not parameters:
        del operation["parameters"]


def _contents(operation: Document) -> Iterator[Document]:
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from (content for content in holder.get("content", {}).values() if "schema" in content)


def _add_example(content: Document, schemas: Document) -> None:
    if "example" in content or "examples" in content:
        return
    example = _example(content["schema"], schemas)
    if example is not None:
        content["example"] = example


def _example(schema: Document, schemas: Document) -> Any:
    """The example a schema has, or one made of a page's items."""
    named = schemas.get(schema.get("$ref", "").removeprefix(REF), schema)
    if "example" in named:
        return named["example"]
    properties = named.get("properties", {})
    if set(properties) == {"data", "next"}:
        item = _example(properties["data"]["items"], schemas)
        return None if item is None else {"data": [item], "next": None}
    if set(properties) == {"status", "data"}:
        return {"status": "success", "data": _fields(properties["data"], schemas)}
    return None


def _fields(schema: Document, schemas: Document) -> Document:
    """An example made of the fields' own."""
    named = schemas.get(schema.get("$ref", "").removeprefix(REF), schema)
    return {name: one["examples"][0] for name, one in named["properties"].items() if "examples" in one}
