"""Refusals as problem documents (RFC 9457): type, title, status, detail, and our code, param and request_id."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from imagewell.errors import InvalidParameter, Refusal
from imagewell.faces.kit.errors import ErrorTable, InvalidBody, Row, Said
from imagewell.usage.rates import OverRate

MEDIA_TYPE = "application/problem+json"

ROWS: dict[type[Refusal], Row] = {
    OverRate: Row(headers=lambda refusal: refusal.figures.headers()),
}
"""The platform's own statuses, codes and words are this API's too."""


def render(said: Said) -> Any:
    """The problem document."""
    problem: dict[str, Any] = {
        "type": f"/docs/errors#{said.code}",
        "title": HTTPStatus(said.status).phrase,
        "status": said.status,
        "detail": said.message,
        "code": said.code,
        "param": said.refusal.name if isinstance(said.refusal, InvalidParameter) else None,
        "request_id": said.request_id,
    }
    if isinstance(said.refusal, InvalidBody) and len(said.refusal.faults) > 1:
        problem["errors"] = [{"param": name, "expected": expected} for name, expected in said.refusal.faults]
    return problem


TABLE = ErrorTable(ROWS, render, media_type=MEDIA_TYPE)
