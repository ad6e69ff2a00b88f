"""Refusals in IMG Processing's words: the union of what its clients have been sent, as `application/problem+json`.

`title` and `error` are one word, `status` is the HTTP code, `message` is always there, `errors` only where fields were
wrong: field → sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from imagewell.errors import (
    AddressNotAllowed,
    Busy,
    Conflict,
    EngineMissing,
    InvalidParameter,
    MalformedRequest,
    NoCredentials,
    NotFound,
    OriginFailed,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    Refusal,
    SlowRequest,
    StorageFull,
    TooLarge,
    Unavailable,
    UnknownKey,
    UnreadableImage,
    UnsupportedFormat,
    UnsupportedMediaType,
)
from imagewell.faces.imgprocessing.links import public_id
from imagewell.faces.kit.errors import ErrorTable, InternalError, MethodNotAllowed, Row, Said

MEDIA_TYPE = "application/problem+json"
MISSING_RETRY_S = 60
"""An engine that is missing is not there a second later."""

TITLES: Mapping[str, str] = {
    "bad-request": "Bad Request",
    "unauthorized": "Unauthorized",
    "quota-exceeded": "Quota Exceeded",
    "forbidden": "Forbidden",
    "not-found": "Not Found",
    "method-not-allowed": "Method Not Allowed",
    "request-timeout": "Request Timeout",
    "conflict": "Conflict",
    "payload-too-large": "Payload Too Large",
    "unsupported-media-type": "Unsupported Media Type",
    "validation-error": "Validation Error",
    "too-many-requests": "Too Many Requests",
    "internal-error": "Internal Server Error",
    "unavailable": "Service Unavailable",
}
"""What the `type` of an error ends in, and its title."""

UNAUTHORIZED = "You are not authorized to access this resource. Send a valid API key in the x-api-key header."


class InvalidFields(InvalidParameter):
    """Fields of a body, query or form that break a rule. errors: sentences by field, in the order they were found."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = {name: list(sentences) for name, sentences in errors.items()}
        super().__init__(next(iter(self.errors)), "", "")
        Refusal.__init__(self, " ".join(sentence for sentences in self.errors.values() for sentence in sentences))


class TextNotForTest(PermissionDenied):
    """Text is not extracted under a test key."""

    def __init__(self) -> None:
        self.scope = "extract-formatted-text"
        Refusal.__init__(self, "Text cannot be extracted with a test key; use a live key.")


def invalid(field: str, sentence: str) -> InvalidFields:
    """The refusal for one field."""
    return InvalidFields({field: [sentence]})


def _missing(refusal: NotFound) -> str:
    if refusal.kind in ("image", "asset"):
        id = public_id(refusal.id) if refusal.kind == "asset" else refusal.id
        return f"Image with id {id} not found."
    return "The requested resource was not found."


ROWS: dict[type[Refusal], Row] = {
    Refusal: Row(400, code="bad-request"),
    MalformedRequest: Row(400, code="bad-request"),
    SlowRequest: Row(408, code="request-timeout"),
    UnsupportedMediaType: Row(415, code="unsupported-media-type"),
    NoCredentials: Row(401, UNAUTHORIZED, "unauthorized"),
    UnknownKey: Row(401, UNAUTHORIZED, "unauthorized"),
    QuotaExceeded: Row(402, code="quota-exceeded"),
    PermissionDenied: Row(403, code="forbidden"),
    AddressNotAllowed: Row(403, code="forbidden"),
    NotFound: Row(404, _missing, "not-found"),
    MethodNotAllowed: Row(405, code="method-not-allowed"),
    Conflict: Row(409, code="conflict"),
    TooLarge: Row(413, code="payload-too-large"),
    InvalidParameter: Row(422, lambda refusal: f"{refusal.name} must be {refusal.expected}.", "validation-error"),
    InvalidFields: Row(422, lambda refusal: refusal.message, "validation-error"),
    UnreadableImage: Row(422, code="validation-error"),
    UnsupportedFormat: Row(422, code="validation-error"),
    OriginFailed: Row(422, code="validation-error"),
    RateLimited: Row(429, code="too-many-requests"),
    Busy: Row(503, code="unavailable"),
    Unavailable: Row(503, code="unavailable"),
    EngineMissing: Row(503, code="unavailable", headers=lambda _: {"retry-after": str(MISSING_RETRY_S)}),
    StorageFull: Row(503, code="unavailable", headers=lambda _: {"retry-after": str(MISSING_RETRY_S)}),
    InternalError: Row(500, code="internal-error"),
}


def table(errors_url: str) -> ErrorTable:
    """The face's table. `errors_url`: what the `type` of every error begins with, without a slash at its end."""
    return ErrorTable(ROWS, _rendered(errors_url), media_type=MEDIA_TYPE, challenge='ApiKey header="x-api-key"')


def _rendered(errors_url: str) -> Callable[[Said], Any]:
    def render(said: Said) -> Any:
        title = TITLES[said.code]
        document: dict[str, Any] = {
            "type": f"{errors_url}/{said.code}",
            "title": title,
            "error": title,
            "status": said.status,
            "message": said.message,
        }
        if said.code == "validation-error":
            document["errors"] = _fields(said)
        return document

    return render


def _fields(said: Said) -> dict[str, list[str]]:
    """Sentences by field; what comes from below the face without a field is about the picture."""
    if isinstance(said.refusal, InvalidFields):
        return said.refusal.errors
    if isinstance(said.refusal, InvalidParameter):
        return {said.refusal.name: [said.message]}
    return {"image": [said.message]}


@contextmanager
def about(field: str) -> Iterator[None]:
    """What is wrong with a picture is said of `field`. Raises: InvalidFields for unusable pictures."""
    try:
        yield
    except (UnsupportedFormat, UnreadableImage) as error:
        raise invalid(field, error.message) from error
    except TooLarge as error:
        if error.unit == "bytes":
            raise
        raise invalid(field, error.message) from error
