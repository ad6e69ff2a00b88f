"""Pictures from a server with the OpenAI images API: asked as it wants to be asked, and none of its failures ours."""

from __future__ import annotations

import base64
import io
import json
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from structlog.testing import capture_logs
from tests.unit.imagine.model_server import ModelServer, painted, serving

from imagewell.errors import Busy, EngineMissing, InvalidParameter, Refusal, Unavailable
from imagewell.imagine.openai import request
from imagewell.imagine.service import Imagine
from imagewell.imagine.settings import ImagineSettings
from imagewell.imagine.wishes import Made, PictureOrder, Wish
from imagewell.imaging.pool import RenderPool
from imagewell.sources.fetch import Fetcher
from imagewell.sources.settings import FetchSettings

pytestmark = pytest.mark.asyncio(loop_scope="module")

Picture = Callable[..., Awaitable[tuple[Made, Image.Image, bytes]]]
ORDER = PictureOrder("a cat", "a dog", 7, "sdxl", 64, 64)


def settings(server: ModelServer, **more: Any) -> ImagineSettings:
    openai = {"base_url": server.base_url, "api_key": "secret-key", "timeout_s": 5.0, **more.pop("openai", {})}
    return ImagineSettings.model_validate({"width": 64, "height": 64, "openai": openai, **more})


@pytest_asyncio.fixture(loop_scope="module")
async def picture(server: ModelServer, pool: RenderPool, tmp_path: Path) -> AsyncIterator[Picture]:
    """`await picture(wish, **settings)`: what was made, opened, and its bytes. Afterwards no other file is there."""
    made: list[Imagine] = []

    async def picture(
        wish: Wish, fetcher: Fetcher | None = None, deadline_s: float = 20, **more: Any
    ) -> tuple[Made, Image.Image, bytes]:
        imagine = Imagine(settings(server, **more), pool, fetcher or Fetcher(FetchSettings()))
        made.append(imagine)
        to = tmp_path / "picture"
        try:
            facts = await imagine.picture(wish, to, deadline_s)
        except Refusal:
            assert not list(tmp_path.iterdir()), "a failed wish leaves nothing behind"
            raise
        data = to.read_bytes()
        to.unlink()
        assert not list(tmp_path.iterdir())
        return facts, Image.open(io.BytesIO(data)), data

    yield picture
    for each in made:
        await each.close()


async def test_wish_becomes_a_jpeg(server: ModelServer, picture: Picture) -> None:
    """The picture that the server makes arrives as a JPEG of the size asked for; the key goes along."""
    made, image, _ = await picture(Wish("a cat", "a dog", seed=7, width=96, height=64))
    assert (image.format, image.size) == ("JPEG", (96, 64))
    assert made == Made(7, "sdxl", 96, 64)
    path, headers, asked = server.heard[0]
    assert (path, headers["authorization"]) == ("/v1/images/generations", "Bearer secret-key")
    want = {"model": "sdxl", "n": 1, "size": "96x64", "prompt": "a cat", "response_format": "b64_json"}
    assert asked == want | {"seed": 7, "negative_prompt": "a dog"}


async def test_seed_decides(picture: Picture) -> None:
    """One seed gives one picture, another gives another; a seed that was drawn is told and gives the picture again."""
    first, second, other = [await picture(Wish("a cat", seed=seed)) for seed in (1, 1, 2)]
    assert first[2] == second[2] != other[2]
    drawn = await picture(Wish("a cat"))
    assert (await picture(Wish("a cat", seed=drawn[0].seed)))[2] == drawn[2]


async def test_picture_of_another_size_is_brought_to_size(server: ModelServer, picture: Picture) -> None:
    """A server that keeps to sizes of its own does not change what is handed on."""
    data = base64.b64encode(painted({"size": "200x100"}, "webp")).decode()
    server.answers(json.dumps({"data": [{"b64_json": f"data:image/webp;base64,{data}"}]}).encode())
    _, image, _ = await picture(Wish("a cat"))
    assert (image.format, image.size) == ("JPEG", (64, 64))


async def test_picture_may_come_as_a_url(server: ModelServer, picture: Picture, guarded: Fetcher) -> None:
    """A URL at the server itself is fetched although it is inside, with the key; one elsewhere inside is not."""
    server.files["/files/1.png"] = painted({"size": "64x64"})
    url = server.base_url.replace("/v1", "/files/1.png")
    server.answers(json.dumps({"data": [{"url": url}]}).encode())
    _, image, _ = await picture(Wish("a cat"), guarded)
    assert image.size == (64, 64)
    assert server.heard[-1][1]["authorization"] == "Bearer secret-key"
    with serving() as other:
        server.answers(json.dumps({"data": [{"url": other.base_url}]}).encode())
        with pytest.raises(Unavailable):
            await picture(Wish("a cat"), guarded)
        assert not other.heard


async def test_url_elsewhere_is_fetched_without_the_key(
    server: ModelServer, picture: Picture, open_fetcher: Fetcher
) -> None:
    """What lies on another server is fetched as a stranger's file is."""
    with serving() as other:
        other.files["/v1/1.png"] = painted({"size": "64x64"})
        server.answers(json.dumps({"data": [{"url": f"{other.base_url}/1.png"}]}).encode())
        _, image, _ = await picture(Wish("a cat"), open_fetcher)
        assert image.size == (64, 64)
        assert "authorization" not in other.heard[0][1]


async def test_models_are_called_what_the_settings_say(server: ModelServer, picture: Picture) -> None:
    """A public name stands for the model of its own, else for the one of all."""
    models = {"model": "any", "models": {"flux": "flux-1"}}
    await picture(Wish("a cat", model="flux"), **models)
    await picture(Wish("a cat"), **models)
    assert [asked["model"] for _, _, asked in server.heard] == ["flux-1", "any"]


async def test_openai_itself_is_sent_what_it_documents() -> None:
    """No seed, no negative prompt but in words, and no format for models that have but one."""
    asked = request(ORDER, ImagineSettings.model_validate({"openai": {"api_key": "k"}}))
    assert asked == {"model": "gpt-image-1", "n": 1, "size": "64x64", "prompt": "a cat\n\nLeave out: a dog"}
    local = {"base_url": "http://127.0.0.1/v1", "fields": "openai"}
    asked = request(ORDER, ImagineSettings.model_validate({"model": "m", "openai": local}))
    assert (asked["response_format"], asked.get("seed")) == ("b64_json", None)


async def test_refused_prompt_is_the_clients(server: ModelServer, picture: Picture) -> None:
    """What the server will not draw is said of the prompt, in its words, shortened."""
    server.refuses(400, "content_policy_violation", "Your request was rejected. " * 100)
    with pytest.raises(InvalidParameter, match="Your request was rejected") as refused:
        await picture(Wish("something bad"))
    assert refused.value.name == "prompt"
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "unknown_parameter", Unavailable),
        (401, "invalid_api_key", Unavailable),
        (403, "", Unavailable),
        (404, "model_not_found", Unavailable),
        (429, "rate_limit_exceeded", Busy),
        (429, "insufficient_quota", Unavailable),
        (500, "", Unavailable),
        (503, "", Unavailable),
    ],
)
async def test_failures_of_the_server_are_ours(
    server: ModelServer, picture: Picture, status: int, code: str, kind: type[Refusal]
) -> None:
    """Everything else that it answers is a 503 that says nothing of it, and when to come back."""
    server.refuses(status, code, "the key sk-12345 is wrong", retry_after="17")
    with pytest.raises(kind) as refused:
        await picture(Wish("a cat"))
    assert (type(refused.value), refused.value.status) == (kind, 503)
    assert "sk-12345" not in str(refused.value)
    assert getattr(refused.value, "retry_after_s", 0) == (17 if kind is Busy else 2)


GARBAGE = {
    "no JSON": b"<html>",
    "nothing": b"",
    "a list": b"[1]",
    "no data": b'{"data": []}',
    "not an object": b'{"data": ["x"]}',
    "a null": b'{"data": [{"b64_json": null}]}',
    "no base64": b'{"data": [{"b64_json": "%%%"}]}',
    "no ASCII": '{"data": [{"b64_json": "äöü"}]}'.encode(),
    "no picture": json.dumps({"data": [{"b64_json": base64.b64encode(b"x" * 500).decode()}]}).encode(),
    "a script": b'{"data": [{"url": "javascript:alert(1)"}]}',
    "a file": b'{"data": [{"url": "file:///etc/passwd"}]}',
    "an empty URL": b'{"data": [{"url": ""}]}',
}


@pytest.mark.parametrize("name", sorted(GARBAGE))
async def test_garbage_is_ours_too(server: ModelServer, picture: Picture, guarded: Fetcher, name: str) -> None:
    """An answer that holds no picture is a 503."""
    server.answers(GARBAGE[name])
    with pytest.raises(Unavailable):
        await picture(Wish("a cat"), guarded)


async def test_answers_are_bounded(server: ModelServer, picture: Picture) -> None:
    """One that is larger than the limit is not taken, whether it says so or not."""
    server.answers(b" " * 5000)
    with pytest.raises(Unavailable):
        await picture(Wish("a cat"), openai={"max_bytes": 4000})
    server.answers(b" " * 200_000, status=500)
    with pytest.raises(Unavailable):
        await picture(Wish("a cat"))


async def test_answers_of_many_parts_are_not_read(server: ModelServer, picture: Picture) -> None:
    """Twenty times its size would be in memory."""
    server.answers(b'{"data": [' + b"[]," * 3_000_000 + b"[]]}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unavailable):
        await picture(Wish("a cat"))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < 100


@pytest.mark.parametrize(("status", "code"), [(401, ""), (400, "content_policy_violation")])
async def test_the_key_stays_between_us_and_the_server(
    server: ModelServer, picture: Picture, status: int, code: str
) -> None:
    """Neither the log nor the client is told it where a server repeats it, at whatever place of its message."""
    for before in (10, 190):
        server.refuses(status, code, "x" * before + " the key secret-key is wrong")
        with pytest.raises(Refusal) as refused, capture_logs() as lines:
            await picture(Wish("a cat"))
        assert "secret" not in f"{refused.value} {lines}"
        assert len(lines) == (status == 401)


async def test_slow_server_is_given_up(server: ModelServer, picture: Picture) -> None:
    """After the deadline, and after the server's own time, the answer is 503 with a time to come back."""
    server.sleeps(1.5)
    with pytest.raises(Busy):
        await picture(Wish("a cat"), deadline_s=0.2)
    with pytest.raises(Busy):
        await picture(Wish("a cat"), openai={"timeout_s": 0.2})


async def test_redirects_are_not_followed(server: ModelServer, picture: Picture) -> None:
    """The server cannot send the key, or us, to another place."""
    with serving() as other:
        server.answers(b"", 307, location=f"{other.base_url}/images/generations")
        with pytest.raises(Unavailable):
            await picture(Wish("a cat"))
        assert not other.heard


async def test_nobody_there(server: ModelServer, picture: Picture) -> None:
    """A server that cannot be reached is a 503."""
    with pytest.raises(Unavailable):
        await picture(Wish("a cat"), openai={"base_url": "http://127.0.0.1:9/v1"})


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        (Wish("x", seed=-1), "seed"),
        (Wish("x", width=65), "width"),
        (Wish("x", height=9600), "height"),
        (Wish("x", model="somebody/else"), "model"),
    ],
)
async def test_wishes_that_cannot_be(picture: Picture, server: ModelServer, wish: Wish, name: str) -> None:
    """They are refused before anybody is asked."""
    with pytest.raises(InvalidParameter) as refused:
        await picture(wish)
    assert refused.value.name == name
    assert not server.heard


async def test_without_an_engine(pool: RenderPool, guarded: Fetcher, tmp_path: Path) -> None:
    """The refusal names what to install and what to set."""
    imagine = Imagine(ImagineSettings(), pool, guarded)
    assert not imagine.available
    with pytest.raises(EngineMissing, match=r"imagewell\[imagine\].*IMAGEWELL_IMAGINE__OPENAI__BASE_URL"):
        await imagine.picture(Wish("a cat"), tmp_path / "x", 5)
