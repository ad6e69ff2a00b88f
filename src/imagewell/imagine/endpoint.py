"""One of the operator's model servers, and what its failures mean for whoever asked us.

Nothing that such a server answers is a client's to mend, but a prompt that it will not draw or discuss. Everything else
is a 503: `Busy` for what passes by itself, `Unavailable` for what the operator has to look at and finds in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagewell.errors import Busy, InvalidParameter, OriginFailed, TooLarge, Unavailable, shorten
from imagewell.imagine.settings import EndpointSettings
from imagewell.logs import Log
from imagewell.sources.calls import Calls, CallTimeout, Reply

log = Log(__name__)

RETRY_AFTER_S = 5
MAX_RETRY_AFTER_S = 120

_POLICY_WORDS = ("content_policy", "moderation", "content_filter", "safety")
"""Parts of the codes with which a prompt is refused: content_policy_violation, moderation_blocked, content_filter."""


class Endpoint:
    """Calls to one server. `part` names it to people and in the log."""

    def __init__(self, settings: EndpointSettings, part: str, max_bytes: int) -> None:
        self._key = settings.api_key.get_secret_value() if settings.api_key else None
        assert settings.address is not None, "no engine is built without an address"
        self.calls = Calls(settings.address, api_key=self._key, timeout_s=settings.timeout_s, max_bytes=max_bytes)
        self._part = part

    async def post(self, path: str, document: Mapping[str, Any], deadline_s: float, prompt: str) -> Any:
        """The JSON that the server answers.

        Raises: Busy, Unavailable, InvalidParameter for the prompt.
        """
        try:
            reply = await self.calls.post(path, document, deadline_s)
            if reply.status == 200:
                return reply.json()
        except CallTimeout:
            raise Busy(RETRY_AFTER_S) from None
        except (OriginFailed, TooLarge) as error:
            raise self.broken(str(error)) from error
        raise self._refusal(reply, prompt)

    def broken(self, why: str, status: int | None = None) -> Unavailable:
        """The refusal for a failure that the operator must hear of."""
        log.error("model_server_failed", part=self._part, status=status, why=shorten(why, 300))
        return Unavailable(self._part)

    async def close(self) -> None:
        """Close all connections."""
        await self.calls.close()

    def _refusal(self, reply: Reply, prompt: str) -> Exception:
        code, message = complaint(reply, self._key)
        if reply.status in (400, 422) and any(word in code for word in _POLICY_WORDS):
            return InvalidParameter("prompt", prompt, f"a prompt that the {self._part} accepts; it says: {message}")
        if reply.status == 429 and "quota" not in code:
            return Busy(_retry_after_s(reply))
        return self.broken(f"{code} {message}".strip(), reply.status)


def complaint(reply: Reply, key: str | None = None) -> tuple[str, str]:
    """Code and message of an error, as OpenAI writes them: `{"error": {"code", "type", "message"}}`; empty where
    something else came.

    key: left out of both. Servers repeat the one they do not like.
    """
    try:
        document = reply.json()
    except OriginFailed:
        return "", ""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, str):
        error = {"message": error}
    if not isinstance(error, dict):
        return "", ""
    code, type_, message = (_without(key, error.get(name)) for name in ("code", "type", "message"))
    return shorten(f"{code} {type_}".strip(), 100), shorten(message, 200)


def _without(key: str | None, said: Any) -> str:
    """Text without the key, before anything is cut off that would tell it."""
    text = str(said) if isinstance(said, str | int) else ""
    return text.replace(key, "…") if key else text


def _retry_after_s(reply: Reply) -> int:
    said = reply.headers.get("retry-after", "")
    return min(int(said), MAX_RETRY_AFTER_S) if said.isdecimal() and len(said) < 6 else RETRY_AFTER_S
