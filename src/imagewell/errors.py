"""Every refusal the platform can give: facts, a stable code, a neutral status, a public sentence.

No envelope lives here. A face's `errors.py` turns these into its own status, words and headers, looked up
along the class tree. `report` says whether an operator should hear of it.
"""

from __future__ import annotations

import math
from typing import ClassVar


class Refusal(Exception):
    """Something was asked that cannot be done; `str(error)` is a sentence fit for the one who asked."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    report: ClassVar[bool] = False

    @property
    def message(self) -> str:
        """The public sentence."""
        return str(self)


class InvalidParameter(Refusal):
    """A parameter, field or option whose value cannot be used.

    Args:
        name: as the caller wrote it.
        value: what came; shortened here, so that an error never echoes a megabyte.
        expected: what is allowed, as the end of the sentence "expected …".
    """

    code = "invalid_parameter"

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        self.value = shorten(value)
        self.expected = expected
        super().__init__(f"{name}: got {self.value}; expected {expected}.")


class MalformedRequest(Refusal):
    """The request itself cannot be read: broken JSON, broken multipart, a bad header."""

    code = "malformed_request"


class UnsupportedMediaType(MalformedRequest):
    """The body's Content-Type is not one that is read here."""

    code = "unsupported_media_type"
    status = 415

    def __init__(self, received: str, expected: str) -> None:
        self.received = shorten(received)
        self.expected = expected
        super().__init__(f"Content-Type {self.received} cannot be read here; expected {expected}.")


class SlowRequest(MalformedRequest):
    """The request's body stopped arriving, or came too slowly for too long."""

    code = "request_timeout"
    status = 408

    def __init__(self) -> None:
        super().__init__("The request's body did not arrive in time.")


class NoCredentials(Refusal):
    """No key, or none in the place where one is looked for."""

    code = "no_credentials"
    status = 401

    def __init__(self, expected: str = "an API key") -> None:
        super().__init__(f"No credentials came with the request; expected {expected}.")


class UnknownKey(Refusal):
    """The key does not exist, is mistyped (its checksum fails) or was revoked: one answer for all three."""

    code = "unknown_key"
    status = 401

    def __init__(self) -> None:
        super().__init__("The API key is not valid.")


class ExpiredKey(UnknownKey):
    """The key was good until its expiry."""

    code = "expired_key"

    def __init__(self) -> None:
        Refusal.__init__(self, "The API key has expired.")


class PermissionDenied(Refusal):
    """The key is good but lacks a scope."""

    code = "permission_denied"
    status = 403

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"The API key lacks the scope {scope}.")


class AddressNotAllowed(PermissionDenied):
    """The key has an IP or domain allow-list and the caller is not on it."""

    code = "address_not_allowed"

    def __init__(self, kind: str) -> None:
        self.scope = kind
        Refusal.__init__(self, f"The API key may not be used from this {kind}.")


class BadSignature(Refusal):
    """A URL that must be signed is not, or not with a current token."""

    code = "bad_signature"
    status = 403

    def __init__(self) -> None:
        super().__init__("The URL's signature is missing or wrong.")


class LinkExpired(Refusal):
    """A signed URL is past its own end."""

    code = "link_expired"
    status = 410

    def __init__(self) -> None:
        super().__init__("The URL has expired.")


class NotFound(Refusal):
    """There is no such thing, or it is another account's: one answer for both."""

    code = "not_found"
    status = 404

    def __init__(self, kind: str, id: str = "") -> None:
        self.kind = kind
        self.id = shorten(id)
        super().__init__(f"No such {kind}." if not id else f"No such {kind}: {self.id}.")


class SourceDisabled(NotFound):
    """The host or source name is not registered here, or its source is switched off."""

    code = "source_disabled"
    status = 410

    def __init__(self, name: str) -> None:
        self.kind = "source"
        self.id = shorten(name)
        Refusal.__init__(self, f"No source answers here for {self.id}.")


class Conflict(Refusal):
    """It collides with what is there: a taken path or name, a full account, a request still running."""

    code = "conflict"
    status = 409


class PreconditionFailed(Conflict):
    """If-Match named a state that is no longer the current one."""

    code = "precondition_failed"
    status = 412

    def __init__(self) -> None:
        super().__init__("The thing was changed since it was read; read it again and repeat the change.")


class TooLarge(Refusal):
    """More than a ceiling allows; `limit` is in `unit` ("bytes", "pixels", "frames", "px a side", …)."""

    code = "too_large"
    status = 413

    def __init__(self, limit: float, unit: str, received: float | None = None) -> None:
        self.limit = limit
        self.unit = unit
        self.received = received
        came = "" if received is None else f"; got {_figure(received)}"
        super().__init__(f"Too large: the limit is {_figure(limit)} {unit}{came}.")


class UrlTooLong(TooLarge):
    """The address itself is over the ceiling."""

    code = "url_too_long"
    status = 414


class UnreadableImage(Refusal):
    """The bytes claim to be a picture and are not one that can be decoded: truncated, corrupt, hostile."""

    code = "unreadable_image"
    status = 422

    def __init__(self, reason: str = "the data are corrupt or cut short") -> None:
        self.reason = reason
        super().__init__(f"The picture cannot be read: {reason}.")


class UnsupportedFormat(Refusal):
    """The bytes are of no format that is taken here, or a format was asked for that is not written."""

    code = "unsupported_format"
    status = 415

    def __init__(self, received: str, supported: str) -> None:
        self.received = shorten(received)
        self.supported = supported
        super().__init__(f"The format {self.received} is not supported here; supported: {supported}.")


class EngineMissing(Refusal):
    """What was asked needs an engine (faces, background removal, …) that is not installed.

    remedy: the commands that install it, where there are any.
    """

    code = "engine_missing"
    status = 503

    def __init__(self, engine: str, asked: str, remedy: str = "") -> None:
        self.engine = engine
        self.asked = asked
        how = f" To install it: {remedy}." if remedy else ""
        super().__init__(f"{asked} needs the engine “{engine}”, which is not installed on this server.{how}")


class QuotaExceeded(Refusal):
    """A meter of the account is used up."""

    code = "quota_exceeded"
    status = 402

    def __init__(self, meter: str, resets_at: str | None = None) -> None:
        self.meter = meter
        self.resets_at = resets_at
        super().__init__(f"The quota for {meter} is used up.")


class RateLimited(Refusal):
    """Too many requests from one key or address; Retry-After says when to come back."""

    code = "rate_limited"
    status = 429

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = max(1, retry_after_s)
        super().__init__(f"Too many requests; try again in {self.retry_after_s} s.")


class Busy(Refusal):
    """All render slots and the queue before them are full, or the order outran its deadline in the queue."""

    code = "busy"
    status = 503

    def __init__(self, retry_after_s: int = 1) -> None:
        self.retry_after_s = max(1, retry_after_s)
        super().__init__(f"The server is busy; try again in {self.retry_after_s} s.")


class RenderFailed(UnreadableImage):
    """A render worker died, hung past its deadline or outgrew its memory on this picture."""

    code = "render_failed"
    report = True


class OriginFailed(Refusal):
    """The origin of a picture could not be reached or answered with something unusable.

    Args:
        reason: a short public sentence without the origin's address or credentials.
        status_received: the origin's own HTTP status, where there was one.
    """

    code = "origin_failed"
    status = 502
    report = True

    def __init__(self, reason: str, status_received: int | None = None) -> None:
        self.reason = reason
        self.status_received = status_received
        super().__init__(f"The origin failed: {reason}.")


class AddressRefused(OriginFailed):
    """The network guard refused an address, a scheme or a redirect."""

    code = "address_refused"
    status = 400
    report = False

    def __init__(self, reason: str = "the address is not allowed") -> None:
        super().__init__(reason)


class StorageFull(Refusal):
    """The disk or the bucket has no room left."""

    code = "storage_full"
    status = 507
    report = True

    def __init__(self) -> None:
        super().__init__("The server has no room left to store this.")


class Unavailable(Refusal):
    """The database or the object store cannot be reached at the moment."""

    code = "unavailable"
    status = 503
    report = True
    retry_after_s = 2

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"The {part} cannot be reached at the moment; try again shortly.")


def copied(refusal: Refusal) -> Refusal:
    """The same refusal without its traceback and causes, to be remembered or raised again.

    An exception that is kept keeps every frame it was raised through, and all that lives in them.
    """
    made = type(refusal).__new__(type(refusal), *refusal.args)
    Exception.__init__(made, *refusal.args)
    vars(made).update(vars(refusal))
    return made


def shorten(value: object, limit: int = 120) -> str:
    """`value` as printable text of at most `limit` characters."""
    try:
        written = str(value)
    except (RecursionError, ValueError):  # a deep nest of lists, a number of thousands of digits
        written = type(value).__name__
    text = "".join(c if c.isprintable() else "�" for c in written[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _figure(number: float) -> str:
    """Whole numbers in full, with commas."""
    return f"{int(number):,}" if math.isfinite(number) and number == int(number) else f"{number:g}"
