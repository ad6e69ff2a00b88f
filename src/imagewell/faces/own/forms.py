"""How an upload's fields are read, from a form or from JSON, into one order."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ValidationError

from imagewell.errors import InvalidParameter
from imagewell.faces.kit.errors import faults_of
from imagewell.faces.kit.uploads import Form
from imagewell.faces.own.wire.assets import NewAsset

Model = TypeVar("Model", bound=BaseModel)


JSON_FIELDS = ("custom", "focus")
CREATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "path": {"type": "string", "description": "Full path; else `folder` and `name`."},
                        "folder": {"type": "string", "default": "/"},
                        "name": {"type": "string", "description": "Else the file's own name."},
                        "tags": {"type": "array", "items": {"type": "string"}, "description": "One field a tag."},
                        "description": {"type": "string"},
                        "custom": {"type": "string", "description": "A JSON object."},
                        "focus": {"type": "string", "description": 'JSON: {"x": 0.5, "y": 0.4}.'},
                        "published": {"type": "boolean"},
                        "private": {"type": "boolean"},
                        "overwrite": {"type": "boolean", "description": "A taken path gets a new version."},
                        "unique": {"type": "boolean", "description": "A taken path gets a suffix."},
                    },
                },
                "example": {"file": "(bytes of red.jpg)", "folder": "/shoes", "tags": ["shoes", "red"]},
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/AssetFromUrl"}},
        },
    }
}


def create_order(form: Form) -> NewAsset:
    """A form's fields. Raises: InvalidParameter for unknown, repeated and unusable ones."""
    document: dict[str, Any] = {}
    for name, value in form.fields:
        if name == "tags":
            document.setdefault("tags", []).append(value)
        elif name in document:
            raise InvalidParameter(name, value, "the field once")
        else:
            document[name] = _json(name, value) if name in JSON_FIELDS else value
    return validated(NewAsset, document)


def read(model: type[Model], body: bytes) -> Model:
    """A JSON body. Raises: MalformedRequest, InvalidParameter."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise faults_of(list(error.errors())) from error


def validated(model: type[Model], document: dict[str, Any]) -> Model:
    """A document from elsewhere than JSON: "true" is true here. Raises: InvalidParameter."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise faults_of(list(error.errors())) from error


def url_name(url: str) -> str:
    """The file name at the end of a URL's path."""
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _json(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise InvalidParameter(name, value, "JSON") from None
