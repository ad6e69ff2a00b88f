"""`Idempotency-Key` on POST: what is sent twice is done once and answered twice. Plain ASGI, inside the gate."""

from __future__ import annotations

import hashlib

from imagewell.accounts.idempotency import Hold, Idempotency, StoredAnswer
from imagewell.accounts.subject import Subject
from imagewell.errors import InvalidParameter
from imagewell.faces.kit.asgi import SUBJECT, Handler, Headers, Message, Receive, Scope, Send, header, send_body
from imagewell.faces.kit.bodies import Pace, chunks, declared_length
from imagewell.faces.kit.gate import route_path

MAX_KEPT_BYTES = 256 * 1024
"""Larger answers (rendered pictures) are not kept: rendering twice does no harm."""
KEPT_HEADERS = frozenset(
    {b"content-type", b"etag", b"location", b"cache-control", b"content-security-policy", b"x-content-type-options"}
)


class IdempotentPosts:
    """Does a POST under an Idempotency-Key once per caller.

    A body of JSON is read here (at most `max_json_bytes`) and is part of what the request is known by; of a longer
    body only type and length are, since a picture is not read twice.
    """

    def __init__(self, app: Handler, answers: Idempotency, max_json_bytes: int, pace: Pace) -> None:
        self.app = app
        self._answers = answers
        self._max_json_bytes = max_json_bytes
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        key = header(scope, b"idempotency-key") if scope["type"] == "http" else None
        subject: Subject | None = scope.get(SUBJECT)
        if key is None or subject is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        receive, fingerprint = await self._fingerprint(scope, receive)
        # An answer may hold what only its own caller may see, such as the text of a key that was just made.
        route = f"POST {subject.stage} {subject.key_id or subject.kind} {route_path(scope)}"
        held = await self._answers.begin(subject.account_id, route, _text(key), fingerprint)
        if isinstance(held, StoredAnswer):
            await _replay(send, held)
        else:
            await self._first(held, scope, receive, send)

    async def _first(self, hold: Hold, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it, and keep the answer before the last of it is sent, so that a client who has it can rely on it."""
        taken = _Taken()

        async def sending(message: Message) -> None:
            if taken.take(message):
                await self._keep(hold, taken)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            if not taken.kept:
                await self._answers.release(hold)

    async def _keep(self, hold: Hold, taken: _Taken) -> None:
        if taken.worth_keeping:
            taken.kept = True
            await self._answers.finish(hold, taken.status, taken.headers, bytes(taken.body))

    async def _fingerprint(self, scope: Scope, receive: Receive) -> tuple[Receive, str]:
        """Digest of the request, and a `receive` that still gives its body."""
        kind = (header(scope, b"content-type") or b"").partition(b";")[0].strip().lower()
        known = hashlib.sha256(bytes(scope.get("query_string", b"")) + b"\n" + kind + b"\n")
        if kind != b"application/json":
            known.update(str(declared_length(scope)).encode())
            return receive, known.hexdigest()
        body = b"".join([chunk async for chunk in chunks(scope, receive, self._max_json_bytes, self._pace)])
        known.update(body)
        return _again(body, receive), known.hexdigest()


class _Taken:
    """One answer as it goes by."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.kept = False
        self._too_long = False

    def take(self, message: Message) -> bool:
        """Note a message; True when it is the last."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present: Headers = message.get("headers", [])
            self.headers = {n.decode(): v.decode("latin-1") for n, v in present if n.lower() in KEPT_HEADERS}
            return False
        if message["type"] != "http.response.body":
            return False
        chunk = message.get("body", b"")
        self._too_long = self._too_long or len(self.body) + len(chunk) > MAX_KEPT_BYTES
        if not self._too_long:
            self.body += chunk
        return not message.get("more_body", False)

    @property
    def worth_keeping(self) -> bool:
        """Only what was done: a refused request may be mended and sent again."""
        return not self._too_long and self.status < 400


def _text(key: bytes) -> str:
    text = key.decode("latin-1").strip()
    if not text or not text.isascii() or not text.isprintable():
        raise InvalidParameter("Idempotency-Key", text, "1 to 255 printable ASCII characters")
    return text


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


async def _replay(send: Send, answer: StoredAnswer) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send_body(send, answer.status, [*headers, (b"idempotency-replayed", b"true")], answer.body)
