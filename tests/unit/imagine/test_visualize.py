"""Questions about a picture, to a server with OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests import pictures
from tests.unit.imagine.model_server import ModelServer

from imagewell.errors import Busy, EngineMissing, InvalidParameter, Unavailable
from imagewell.imagine.settings import VisualizeSettings
from imagewell.imagine.visualize import Visualize, request

Ask = Callable[..., Awaitable[str]]


@pytest.fixture
async def ask(server: ModelServer) -> Any:
    """`await ask(prompt, **settings)` about a JPEG of 120 by 80."""
    made: list[Visualize] = []

    async def ask(prompt: str = "What is it?", deadline_s: float = 5, **more: Any) -> str:
        made.append(Visualize(VisualizeSettings.model_validate({"base_url": server.base_url, "model": "eyes"} | more)))
        return await made[-1].answer(pictures.jpeg(), prompt, deadline_s)

    yield ask
    for each in made:
        await each.close()


def answer(content: Any, **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content, **more}}]}).encode()


async def test_model_sees_the_picture(server: ModelServer, ask: Ask) -> None:
    """The picture goes along as a data URL; without a key none is sent."""
    assert await ask() == "What is it? It is 120 by 80, a JPEG."
    path, headers, asked = server.heard[0]
    assert (path, asked["model"], asked["max_tokens"]) == ("/v1/chat/completions", "eyes", 500)
    assert "authorization" not in headers


async def test_openai_itself_is_asked_in_its_newer_words() -> None:
    """Its newer models refuse the older name of the limit."""
    asked = request(b"", "What is it?", VisualizeSettings.model_validate({"api_key": "k"}))
    assert "max_tokens" not in asked
    assert asked["max_completion_tokens"] == 500


async def test_answer_is_bounded(server: ModelServer, ask: Ask) -> None:
    """What a model says too much is cut off; far too much is not read at all."""
    server.answers(answer("😀" * 5000))
    assert await ask(max_characters=100) == "😀" * 100
    server.answers(answer("x" * 1_000_000))
    with pytest.raises(Unavailable):
        await ask(max_characters=100)


async def test_parts_and_refusals_are_answers(server: ModelServer, ask: Ask) -> None:
    """Content may be a list of parts; a model that says no has said something."""
    server.answers(answer([{"type": "text", "text": "A "}, {"type": "text", "text": "cat."}, 5]))
    assert await ask() == "A cat."
    server.answers(answer(None, refusal="I cannot say."))
    assert await ask() == "I cannot say."


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"choices":[]}', b'{"choices":[{"message":5}]}', answer("  ")])
async def test_garbage(server: ModelServer, ask: Ask, body: bytes) -> None:
    """An answer without text is a 503."""
    server.answers(body)
    with pytest.raises(Unavailable):
        await ask()


async def test_failures(server: ModelServer, ask: Ask) -> None:
    """A prompt that is refused is the client's; all else is a 503."""
    server.refuses(400, "content_filter", "Not this.")
    with pytest.raises(InvalidParameter, match="Not this"):
        await ask()
    server.refuses(401)
    with pytest.raises(Unavailable):
        await ask()
    server.refuses(429)
    with pytest.raises(Busy):
        await ask()
    server.sleeps(1.0)
    with pytest.raises(Busy):
        await ask(deadline_s=0.1)


async def test_without_a_server() -> None:
    """The refusal says what to set."""
    visualize = Visualize(VisualizeSettings())
    assert not visualize.available
    with pytest.raises(EngineMissing, match="IMAGEWELL_VISUALIZE__BASE_URL"):
        await visualize.answer(b"", "What is it?", 5)
