"""Pictures from any server with the OpenAI images API: OpenAI's own, LocalAI, vLLM, SGLang and the like."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from imagewell.errors import Busy, NotFound, OriginFailed, StorageFull, TooLarge
from imagewell.imagine.endpoint import RETRY_AFTER_S, Endpoint
from imagewell.imagine.settings import ImagineSettings
from imagewell.imagine.wishes import PictureOrder, Progress
from imagewell.sources.calls import CallTimeout
from imagewell.sources.fetch import Fetcher

GPT_IMAGE = "gpt-image"
"""OpenAI's models of this family always answer base64 and refuse to be asked for it."""
DEFAULT_OPENAI_MODEL = "gpt-image-1"
PART = "picture engine"


class OpenAIPictures:
    """The OpenAI images API as a `PictureMaker`.

    Args:
        fetcher: for pictures that are answered as a URL on some other server; it reaches what is public and allowed.
    """

    def __init__(self, settings: ImagineSettings, fetcher: Fetcher) -> None:
        self._settings = settings
        self._max_bytes = settings.openai.max_bytes
        self._endpoint = Endpoint(settings.openai, PART, self._max_bytes)
        self._fetcher = fetcher

    async def make(self, order: PictureOrder, to: Path, deadline_s: float, progress: Progress | None = None) -> None:
        """Ask for the picture and write it to `to`. There is no progress to tell of.

        Raises: Busy, Unavailable, InvalidParameter (a prompt that is refused), StorageFull.
        """
        document = request(order, self._settings)
        answer = await self._endpoint.post("/images/generations", document, deadline_s, order.prompt)
        picture = first_picture(answer)
        if isinstance(picture.get("b64_json"), str):
            await asyncio.to_thread(self._keep, picture["b64_json"], to)
        elif isinstance(picture.get("url"), str):
            await self._fetch(picture["url"], to, deadline_s)
        else:
            raise self._endpoint.broken("its answer holds no picture")

    async def close(self) -> None:
        """Close all connections."""
        await self._endpoint.close()

    def _keep(self, encoded: str, to: Path) -> None:
        try:
            data = base64.b64decode(encoded.partition("base64,")[2] or encoded, validate=True)
            to.write_bytes(data)
        except ValueError:  # also for what is no ASCII
            raise self._endpoint.broken("its picture is not base64") from None
        except OSError as error:
            raise StorageFull from error

    async def _fetch(self, url: str, to: Path, deadline_s: float) -> None:
        """From the server itself with its key, from any other as every picture of a stranger."""
        try:
            if self._endpoint.calls.owns(url):
                await self._endpoint.calls.download(url, to, deadline_s)
            else:
                await self._fetcher.fetch(url, to=to, max_bytes=self._max_bytes, total_s=deadline_s)
        except CallTimeout:
            raise Busy(RETRY_AFTER_S) from None
        except (OriginFailed, NotFound, TooLarge) as refused:
            raise self._endpoint.broken(f"its picture could not be fetched: {refused}") from refused


def request(order: PictureOrder, settings: ImagineSettings) -> dict[str, Any]:
    """The body of the call. A server that takes no negative prompt is told in words what to leave out."""
    model = settings.model_of(order.model).name or (DEFAULT_OPENAI_MODEL if settings.openai.is_openai else order.model)
    document: dict[str, Any] = {"model": model, "n": 1, "size": f"{order.width}x{order.height}"}
    document["prompt"] = order.prompt
    if not model.startswith(GPT_IMAGE):
        document["response_format"] = "b64_json"
    if settings.openai.extended:
        document["seed"] = order.seed
        if order.negative_prompt:
            document["negative_prompt"] = order.negative_prompt
    elif order.negative_prompt:
        document["prompt"] += f"\n\nLeave out: {order.negative_prompt}"
    return document


def first_picture(answer: Any) -> dict[str, Any]:
    """The first entry of an answer's `data`; empty where there is none."""
    pictures = answer.get("data") if isinstance(answer, dict) else None
    first = pictures[0] if isinstance(pictures, list) and pictures else None
    return first if isinstance(first, dict) else {}
