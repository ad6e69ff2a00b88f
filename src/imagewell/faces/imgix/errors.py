"""Refusals as the rendering API says them: its statuses, one JSON envelope, and how long a cache may keep each."""

from __future__ import annotations

from typing import Any

from imagewell.errors import (
    AddressRefused,
    BadSignature,
    InvalidParameter,
    LinkExpired,
    NotFound,
    OriginFailed,
    Refusal,
    RenderFailed,
    SourceDisabled,
    UnreadableImage,
    UnsupportedFormat,
)
from imagewell.faces.kit.errors import Answer, ErrorTable, Row, Said, refusal_of

ERROR_AGE_S = 60
"""No cache keeps an error longer."""


class VideoNotRendered(UnsupportedFormat):
    """A parameter or format of the video product."""

    code = "video_not_rendered"

    def __init__(self, asked: str) -> None:
        self.received = asked
        self.supported = "still pictures and animations"
        Refusal.__init__(self, f"{asked}: video is not rendered here.")


class OriginDenied(OriginFailed):
    """The origin itself refused us the picture."""

    code = "origin_denied"
    status = 403
    report = False


KEPT = {"cache-control": f"public, max-age={ERROR_AGE_S}"}


def _kept(_: Any) -> dict[str, str]:
    return KEPT


def envelope(said: Said) -> dict[str, Any]:
    """`{"errors": [{…}], "request_id": …}`, the same for every refusal."""
    error: dict[str, Any] = {"status": str(said.status), "code": said.code, "detail": said.message}
    if isinstance(said.refusal, InvalidParameter):
        error["source"] = {"parameter": said.refusal.name}
    return {"errors": [error], "request_id": said.request_id}


class RenderingErrors(ErrorTable):
    """The table of the rendering API. Any page may read an error, as it may a picture."""

    def answer(self, error: BaseException, request_id: str, instance: str = "") -> Answer:
        """The response for a refusal; what the origin denied us is denied by us."""
        made = super().answer(_as_denied(error), request_id, instance)
        made.headers["access-control-allow-origin"] = "*"
        made.headers["x-imgix-id"] = request_id
        return made

    def status(self, refusal: Refusal) -> int:
        """The status alone."""
        refusal = refusal_of(_as_denied(refusal))
        return self.row(type(refusal)).status or refusal.status


def _as_denied(error: BaseException) -> BaseException:
    if isinstance(error, OriginFailed) and error.status_received in (401, 403):
        return OriginDenied(error.reason, error.status_received)
    return error


ERRORS = RenderingErrors(
    {
        InvalidParameter: Row(400, headers=_kept),
        AddressRefused: Row(400),
        BadSignature: Row(403),
        NotFound: Row(404, headers=_kept),
        LinkExpired: Row(404),
        SourceDisabled: Row(410, code="bad_source"),
        UnreadableImage: Row(421, headers=_kept),
        RenderFailed: Row(421),
        UnsupportedFormat: Row(422, headers=_kept),
    },
    envelope,
)
