"""Answers about a picture, from any server with OpenAI's chat completions and a model that sees."""

from __future__ import annotations

import base64
from typing import Any

from imagewell.errors import EngineMissing
from imagewell.imagine.endpoint import Endpoint
from imagewell.imagine.settings import VisualizeSettings

PART = "picture reader"
REMEDY = (
    "set IMAGEWELL_VISUALIZE__BASE_URL to a server with OpenAI's chat completions and IMAGEWELL_VISUALIZE__MODEL to "
    "one of its models that sees, or IMAGEWELL_VISUALIZE__API_KEY to use OpenAI's own"
)
BYTES_A_CHARACTER = 12
"""An answer in JSON may be all `\\ud83d\\ude00`; what surrounds the text has room in `ENVELOPE_BYTES`."""
ENVELOPE_BYTES = 256 * 1024


class Visualize:
    """Asks a model about pictures. Close it at the end."""

    def __init__(self, settings: VisualizeSettings) -> None:
        self._settings = settings
        most = settings.max_characters * BYTES_A_CHARACTER + ENVELOPE_BYTES
        self._endpoint = Endpoint(settings, PART, most) if settings.address else None

    @property
    def available(self) -> bool:
        """Whether a server is set."""
        return self._endpoint is not None

    @property
    def max_side_px(self) -> int:
        """The longest side in which a picture should be shown to the model."""
        return self._settings.max_side_px

    def require(self) -> Endpoint:
        """The server. Raises: EngineMissing, saying what to set."""
        if self._endpoint is None:
            raise EngineMissing("visualize", "A question about a picture", REMEDY)
        return self._endpoint

    async def answer(self, jpeg: bytes, prompt: str, deadline_s: float) -> str:
        """What the model says to `prompt` about the picture: at most `max_characters`, never empty.

        Raises: EngineMissing, Busy (not done in time), Unavailable, InvalidParameter (a prompt that is refused).
        """
        endpoint = self.require()
        document = request(jpeg, prompt, self._settings)
        said = text(await endpoint.post("/chat/completions", document, deadline_s, prompt))
        if not said:
            raise endpoint.broken("its answer holds no text")
        return said[: self._settings.max_characters]

    async def close(self) -> None:
        """Close all connections."""
        if self._endpoint is not None:
            await self._endpoint.close()


def request(jpeg: bytes, prompt: str, settings: VisualizeSettings) -> dict[str, Any]:
    """The body of the call: one message of the question and the picture, which goes along as a data URL."""
    picture = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": picture}}]
    # OpenAI's newer models take no other name for the limit; other servers may know only the older one.
    limit = "max_completion_tokens" if settings.is_openai else "max_tokens"
    return {"model": settings.model, "messages": [{"role": "user", "content": content}], limit: settings.max_tokens}


def text(answer: Any) -> str:
    """What the first choice says, or why it says nothing; empty where there is neither."""
    try:
        message = answer["choices"][0]["message"]
        said = message["content"] or message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError):
        return ""
    if isinstance(said, list):  # of parts
        said = "".join(str(part.get("text") or "") for part in said if isinstance(part, dict))
    return said.strip() if isinstance(said, str) else ""
