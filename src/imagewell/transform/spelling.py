"""The picture model as JSON, both ways: the own API's body, the canonical form, the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from imagewell.transform.model import Transformation

adapter: TypeAdapter[Transformation] = TypeAdapter(Transformation)


def read(document: Any) -> Transformation:
    """A Transformation from parsed JSON. Raises pydantic's ValidationError, with the path of each fault."""
    return adapter.validate_python(document)


def spell(transformation: Transformation) -> dict[str, Any]:
    """The JSON document of a Transformation, defaults left out."""
    document: dict[str, Any] = adapter.dump_python(transformation, mode="json", exclude_defaults=True)
    return document


def spell_json(transformation: Transformation) -> bytes:
    """The same document as compact JSON text, its fields in the model's order: equal values give equal bytes."""
    return adapter.dump_json(transformation, exclude_defaults=True)


def read_json(text: bytes) -> Transformation:
    """What `spell_json` wrote. Raises pydantic's ValidationError."""
    return adapter.validate_json(text)
