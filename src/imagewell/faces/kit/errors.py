"""Refusals out: one table a face, looked up along the class tree, and the answer it makes.

A face writes a table of rows (status, words, headers by class) and a `render` that knows its envelope; what no row
overrides is the refusal's own. Whatever is not a refusal is an error of ours: logged whole with the request's id,
answered with a neutral sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException

from imagewell.errors import (
    InvalidParameter,
    MalformedRequest,
    NoCredentials,
    NotFound,
    Refusal,
    UnknownKey,
    shorten,
)
from imagewell.faces.kit.asgi import Headers, Scope, Send, send_body
from imagewell.faces.kit.middleware import request_id_of
from imagewell.logs import Log

log = Log("imagewell.faces")


class MethodNotAllowed(Refusal):
    """The path exists, but not for this method; `allow` are those it knows."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, method: str, allow: tuple[str, ...]) -> None:
        self.method = method
        self.allow = allow
        super().__init__(f"{method} is not possible here; allowed: {', '.join(allow)}.")


class InternalError(Refusal):
    """An error of ours; what it was is in the log only."""

    code = "internal_error"
    status = 500
    report = True

    def __init__(self) -> None:
        super().__init__("The server failed on this request; the operator finds it in the log by the request id.")


class InvalidBody(InvalidParameter):
    """Several faults of one body or query; the first is this error's own, `faults` are all (name, expected)."""

    def __init__(self, faults: list[tuple[str, object, str]]) -> None:
        self.faults = [(name, expected) for name, _, expected in faults]
        super().__init__(*faults[0])


@dataclass(frozen=True, slots=True)
class Row:
    """What a face says of one class of refusals; None is the refusal's own.

    message: fixed words, or words made from the refusal. headers: added to the common ones.
    """

    status: int | None = None
    message: str | Callable[[Any], str] | None = None
    code: str | None = None
    headers: Callable[[Any], Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal in a face's words, before its envelope."""

    refusal: Refusal
    status: int
    message: str
    code: str
    request_id: str
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; header names in lower case."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class ErrorTable:
    """One face's refusals.

    Args:
        rows: by class; the nearest class along the refusal's own tree wins.
        render: `Said` to the JSON document of the envelope.
        media_type: of the envelope. challenge: for WWW-Authenticate with 401.
    """

    def __init__(
        self,
        rows: Mapping[type[Refusal], Row],
        render: Callable[[Said], Any],
        *,
        media_type: str = "application/json; charset=utf-8",
        challenge: str = "Bearer",
        cache_control: str = "no-store",
    ) -> None:
        self.rows = rows
        self._render = render
        self._media_type = media_type
        self._challenge = challenge
        self._cache_control = cache_control

    def row(self, kind: type[Refusal]) -> Row:
        """The nearest row along the class tree; an empty one when no class of it is listed."""
        for ancestor in kind.__mro__:
            if ancestor in self.rows:
                return self.rows[ancestor]
        return Row()

    def answer(self, error: BaseException, request_id: str, instance: str = "") -> Answer:
        """The response for a refusal, or for any exception. `instance`: the path that was asked for."""
        refusal = refusal_of(error)
        row = self.row(type(refusal))
        message = row.message(refusal) if callable(row.message) else (row.message or refusal.message)
        status = row.status or refusal.status
        said = Said(refusal, status, message, row.code or refusal.code, request_id, instance)
        headers = {
            "content-type": self._media_type,
            "cache-control": self._cache_control,
            "x-request-id": request_id,
            "x-content-type-options": "nosniff",
            **common_headers(refusal, status, self._challenge),
            **(row.headers(refusal) if row.headers else {}),
        }
        return Answer(status, json.dumps(self._render(said), ensure_ascii=False).encode(), headers)

    async def send(self, scope: Scope, send: Send, error: BaseException, extra: Headers | None = None) -> int:
        """Answer with `error` as plain ASGI; returns the status."""
        made = self.answer(error, request_id_of(scope), str(scope.get("path", "")))
        report(error, scope)
        headers = [(name.encode("latin-1"), _latin(value)) for name, value in made.headers.items()]
        body = b"" if scope.get("method") == "HEAD" else made.body
        await send_body(send, made.status, [*headers, *(extra or ())], body)
        return made.status


def common_headers(refusal: Refusal, status: int, challenge: str) -> dict[str, str]:
    """What the standard asks for with a status: Retry-After, Allow, WWW-Authenticate (RFC 9110 §10.2, §11.6)."""
    headers = {}
    retry_after_s = getattr(refusal, "retry_after_s", None)
    if retry_after_s is not None:
        headers["retry-after"] = str(retry_after_s)
    if isinstance(refusal, MethodNotAllowed):
        headers["allow"] = ", ".join(refusal.allow)
    if status == 401 and isinstance(refusal, NoCredentials | UnknownKey):
        headers["www-authenticate"] = challenge
    return headers


def refusal_of(error: BaseException) -> Refusal:
    """The refusal in any exception: itself, the one the framework wrapped, the router's, or an InternalError."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        if isinstance(error.__cause__, Refusal):
            return error.__cause__
        if error.status_code == 404:
            return NotFound("path")
        if error.status_code == 405:
            allow = (error.headers or {}).get("Allow", "")
            return MethodNotAllowed("This method", tuple(sorted(filter(None, allow.split(", ")))))
        if error.status_code < 500:
            return MalformedRequest("The request's body cannot be read.")
    return InternalError()


def report(error: BaseException, scope: Scope) -> None:
    """Tell the operator of what concerns them; never what a client merely did wrong."""
    refusal = refusal_of(error)
    facts = {"request_id": request_id_of(scope), "method": scope.get("method"), "path": scope.get("path")}
    if isinstance(refusal, InternalError):
        log.error("request_failed", exc_info=error, **facts)
    elif refusal.report:
        cause = refusal.__cause__
        log.warning("request_refused", code=refusal.code, cause=None if cause is None else repr(cause), **facts)


def faults_of(errors: list[Any]) -> InvalidParameter | MalformedRequest:
    """Pydantic's list of errors as one refusal; a body that is no JSON at all is a MalformedRequest."""
    if any(error["type"] == "json_invalid" for error in errors):
        return MalformedRequest("The request's body is not valid JSON.")
    return InvalidBody([(_name(e["loc"]), e.get("input", ""), _expected(e)) for e in errors[:20]])


def _name(loc: tuple[Any, ...]) -> str:
    """`("body", "tags", 0)` → `tags[0]`."""
    parts = [part for part in loc if part not in ("body", "query", "path", "header", "function-after")]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return shorten(text.lstrip(".")) or "body"


def _expected(error: Any) -> str:
    if error["type"] == "missing":
        return "a value; the field is required"
    if error["type"] == "extra_forbidden":
        return "no such field"
    words = str(error["msg"])
    for lead in ("Input should be ", "Value error, ", "Input should have "):
        words = words.removeprefix(lead)
    return words[:1].lower() + words[1:]


def _latin(value: str) -> bytes:
    clean = value if value.isprintable() else "".join(c if c.isprintable() else " " for c in value)
    return clean.encode("latin-1", "replace")
