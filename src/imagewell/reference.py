"""The reference pages that are made from the code: what stands in a table is written down once."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeGuard, get_args, get_origin

import httpx
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from imagewell.clock import Clock
from imagewell.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]

SETTINGS_HEAD = """# Settings

Every setting is an environment variable; nested names are joined by two underscores. A wrong value stops the start with
a sentence that names the variable. This page is made from the code by `make docs`.
"""


def pages() -> Mapping[str, str]:
    """Each page's text by its path."""
    from imagewell.faces.imgix.reference import page as imgix_page
    from imagewell.faces.own.reference import errors_page

    return {"docs/settings.md": settings_page(), "docs/imgix.md": imgix_page(), "docs/errors.md": errors_page()}


def settings_page() -> str:
    """All settings with their defaults."""
    parts = [SETTINGS_HEAD, "## General\n", _table("IMAGEWELL_", Settings)]
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if _is_section(section):
            title = f"## {name.capitalize()}: `IMAGEWELL_{name.upper()}__…`\n"
            about = inspect.cleandoc(section.__doc__ or "") + "\n"
            parts += [title, about, _table(f"IMAGEWELL_{name.upper()}__", section)]
    return "\n".join(parts)


def _table(prefix: str, model: type[BaseModel]) -> str:
    rows = ["| variable | value | default |", "|---|---|---|"]
    rows += [f"| `{name}` | {kind} | {default} |" for name, kind, default in _rows(prefix, model)]
    return "\n".join(rows) + "\n"


def _rows(prefix: str, model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    said = _said(model)
    for name, field in model.model_fields.items():
        variable = prefix + name.upper()
        if not _is_section(field.annotation):
            yield variable, _kind(field, field.description or said.get(name, "")), _default(field)
        elif model is not Settings:
            yield from _rows(f"{variable}__", field.annotation)


def _is_section(kind: Any) -> TypeGuard[type[BaseModel]]:
    return inspect.isclass(kind) and (issubclass(kind, BaseModel) or hasattr(kind, "model_fields"))


def _said(model: type) -> dict[str, str]:
    """What stands below each field. Pydantic could read that too, but would do so whenever the server starts."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind.__module__.startswith("imagewell"):
            (written,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
            found.update(_below_fields(written))
    return found


def _below_fields(written: Any) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(written.body):
        is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            yield field.target.id, " ".join(inspect.cleandoc(text.value.value).split())


def _kind(field: FieldInfo, said: str) -> str:
    return f"{_type_name(field.annotation)}. {said}".rstrip()


def _type_name(kind: Any) -> str:
    if get_origin(kind) in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type_name(part) for part in get_args(kind) if part is not type(None)))
    if get_origin(kind) is typing.Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) is typing.Annotated:
        return _type_name(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return "list of " + _type_name(get_args(kind)[0])
    names = {int: "whole number", float: "number", str: "text", bool: "true or false"}
    return names.get(kind, getattr(kind, "__name__", str(kind)).lower())


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Path) and value.is_relative_to(CHECKOUT):
        value = f"<the project>/{value.relative_to(CHECKOUT)}"
    if value is None or value == () or value == {}:
        return ""
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


async def openapi_document(settings: Settings, face: str) -> str:
    """The document that the face serves, as indented JSON; no database or store is opened for it."""
    from imagewell.facelist import FACES

    described = SimpleNamespace(settings=settings, db=None, clock=Clock(), idempotency=None)
    made = FACES[face](described)  # nothing else is needed to describe it
    transport = httpx.ASGITransport(made.app)
    async with httpx.AsyncClient(transport=transport, base_url=settings.url) as client:
        answer = await client.get("/openapi.json")
    return json.dumps(answer.json(), indent=2, ensure_ascii=False)
