"""Refusals out: the table, its headers, the framework's own refusals, what the operator hears."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from structlog.testing import capture_logs

from imagewell import errors
from imagewell.faces.kit.errors import (
    ErrorTable,
    InternalError,
    InvalidBody,
    MethodNotAllowed,
    Row,
    Said,
    faults_of,
    refusal_of,
    report,
)
from imagewell.logs import Log
from imagewell.usage.rates import Figures, OverRate

from .asgi import Sent, scope


def render(said: Said) -> Any:
    return {"message": said.message, "code": said.code}


ROWS = {
    errors.Refusal: Row(400, "Bad"),
    errors.NotFound: Row(404, lambda refusal: f"no {refusal.kind}"),
    errors.TooLarge: Row(413, code="big", headers=lambda refusal: {"x-limit": str(int(refusal.limit))}),
}
TABLE = ErrorTable(ROWS, render)


@pytest.mark.parametrize(
    ("error", "status", "message", "code"),
    [
        (errors.NotFound("asset"), 404, "no asset", "not_found"),
        (errors.SourceDisabled("x"), 404, "no source", "source_disabled"),
        (errors.UrlTooLong(10, "bytes"), 413, "Too large: the limit is 10 bytes.", "big"),
        (errors.Conflict("there"), 400, "Bad", "conflict"),
    ],
)
def test_the_nearest_class_of_the_tree_answers(error: Exception, status: int, message: str, code: str) -> None:
    """A class without a row is answered by the nearest of its ancestors that has one."""
    made = TABLE.answer(error, "id-1")
    assert (made.status, json.loads(made.body)) == (status, {"message": message, "code": code})
    assert made.headers["x-request-id"] == "id-1"
    assert made.headers["cache-control"] == "no-store"


def test_without_a_row_a_refusal_speaks_for_itself() -> None:
    """An empty table leaves status, code and words as they are."""
    made = ErrorTable({}, render).answer(errors.Busy(3), "id")
    assert (made.status, made.headers["retry-after"]) == (503, "3")


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (errors.RateLimited(7), "retry-after", "7"),
        (errors.Unavailable("database"), "retry-after", "2"),
        (errors.NoCredentials(), "www-authenticate", "Bearer"),
        (errors.ExpiredKey(), "www-authenticate", "Bearer"),
        (MethodNotAllowed("PUT", ("GET", "HEAD")), "allow", "GET, HEAD"),
        (OverRate(Figures(5, 0, 0), 0), "retry-after", "1"),
    ],
)
def test_what_the_standard_asks_for_is_there(error: Exception, name: str, value: str) -> None:
    """Retry-After, WWW-Authenticate and Allow go with their statuses whatever the table says."""
    assert ErrorTable({}, render).answer(error, "id").headers[name] == value


def test_an_error_of_ours_tells_nothing_to_the_client_and_all_to_the_operator() -> None:
    """A stray exception is a neutral 500; the log has the exception and the request id."""
    asked = scope("GET", "/v1/x", [("x-request-id", "client-id-42")])
    secret = RuntimeError("password=hunter2")
    made = ErrorTable({}, render).answer(secret, "client-id-42")
    assert made.status == 500
    assert b"hunter2" not in made.body
    Log(__name__).debug("the first line sets up logging, which nobody could capture")
    with capture_logs() as lines:
        report(secret, asked)
        report(errors.NotFound("asset"), asked)
        report(errors.StorageFull(), asked)
    assert [(line["event"], line["request_id"]) for line in lines] == [
        ("request_failed", "client-id-42"),
        ("request_refused", "client-id-42"),
    ]
    assert lines[0]["exc_info"] is secret


async def test_plain_asgi_answers_too() -> None:
    """A table answers without a framework; HEAD gets no body."""
    sent = Sent()
    assert await TABLE.send(scope("HEAD"), sent, errors.NotFound("x")) == 404
    assert (sent.status, sent.body) == (404, b"")


def test_the_frameworks_refusals_are_ours() -> None:
    """404, 405 and a body that could not be read become refusals; a refusal that was wrapped is found again."""
    wrapped = HTTPException(400)
    wrapped.__cause__ = errors.TooLarge(1, "bytes")
    assert isinstance(refusal_of(wrapped), errors.TooLarge)
    assert isinstance(refusal_of(HTTPException(404)), errors.NotFound)
    assert refusal_of(HTTPException(405, headers={"Allow": "PUT, GET"})).allow == ("GET", "PUT")
    assert isinstance(refusal_of(HTTPException(400)), errors.MalformedRequest)
    assert isinstance(refusal_of(HTTPException(500)), InternalError)


def test_validation_errors_name_the_field() -> None:
    """The first fault is the error; all of them are listed."""
    faults = [
        {"type": "missing", "loc": ("body", "name"), "msg": "Field required", "input": {}},
        {"type": "int_parsing", "loc": ("query", "limit"), "msg": "Input should be a valid integer", "input": "x"},
        {"type": "extra_forbidden", "loc": ("body", "tags", 0, "z"), "msg": "Extra", "input": 1},
    ]
    error = faults_of(faults)
    assert isinstance(error, InvalidBody)
    assert error.name == "name"
    assert error.faults == [
        ("name", "a value; the field is required"),
        ("limit", "a valid integer"),
        ("tags[0].z", "no such field"),
    ]
    assert isinstance(faults_of([{"type": "json_invalid", "loc": ("body", 3), "msg": "x"}]), errors.MalformedRequest)


def all_refusals(kind: type[errors.Refusal] = errors.Refusal) -> list[type[errors.Refusal]]:
    return [kind, *(below for child in kind.__subclasses__() for below in all_refusals(child))]


def test_a_long_name_is_not_sent_back() -> None:
    """A field's name is the client's text too: it is shortened, and made printable."""
    refusal = faults_of([{"type": "extra_forbidden", "loc": ("body", "n\x00" * 100_000), "input": 1, "msg": ""}])
    assert isinstance(refusal, InvalidBody)
    assert len(str(refusal)) < 500
    assert str(refusal).isprintable()


def test_every_refusal_of_the_platform_has_a_code_and_a_client_or_server_status() -> None:
    """Codes are words, statuses are 4xx or 5xx, and only our own failure is a 500."""
    for kind in all_refusals():
        assert kind.code.replace("_", "").isalpha()
        assert 400 <= kind.status < 600
        assert kind.status != 500 or kind is InternalError
