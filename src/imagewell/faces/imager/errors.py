"""Refusals in Imager's words: a status and `{"status": "error", "message": …}`, nothing else."""

from __future__ import annotations

from typing import Any

from imagewell.errors import (
    AddressNotAllowed,
    Busy,
    EngineMissing,
    InvalidParameter,
    MalformedRequest,
    NoCredentials,
    NotFound,
    PermissionDenied,
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
from imagewell.faces.kit.errors import ErrorTable, InternalError, MethodNotAllowed, Row, Said


class TooManyPixels(TooLarge):
    """More pixels, frames or px a side than the ceiling, as the header says."""


ROWS: dict[type[Refusal], Row] = {
    Refusal: Row(400, "Bad request"),
    NoCredentials: Row(401, "Missing or invalid API key"),
    UnknownKey: Row(401, "Missing or invalid API key"),
    PermissionDenied: Row(403, "API key lacks permission"),
    AddressNotAllowed: Row(403, "API key may not be used from here"),
    NotFound: Row(404, lambda refusal: "Image not found" if refusal.kind == "image" else "Not found"),
    MethodNotAllowed: Row(405, "Method not allowed"),
    InvalidParameter: Row(400, 'Field "image" is required'),
    MalformedRequest: Row(400, "Malformed multipart body"),
    UnsupportedMediaType: Row(415, "Content-Type must be multipart/form-data"),
    SlowRequest: Row(408, "Request timeout"),
    TooLarge: Row(413, "Image is too large"),
    TooManyPixels: Row(400, "Image dimensions are too large"),
    UnreadableImage: Row(400, "Invalid image format"),
    UnsupportedFormat: Row(400, "Invalid image format"),
    RateLimited: Row(429, "Rate limit exceeded"),
    Busy: Row(503, "Service is busy"),
    Unavailable: Row(503, "Service unavailable"),
    EngineMissing: Row(503, "Service unavailable"),
    StorageFull: Row(507, "Storage is full"),
    InternalError: Row(500, "Internal server error"),
}


def render(said: Said) -> Any:
    """Imager's envelope."""
    return {"status": "error", "message": said.message}


TABLE = ErrorTable(ROWS, render)
