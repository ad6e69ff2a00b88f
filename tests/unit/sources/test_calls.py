"""Calls to the one server that the operator named: there and nowhere else, bounded in bytes and time."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.sources.scripted_origin import Origin

from imagewell.errors import AddressRefused, OriginFailed, TooLarge
from imagewell.sources.calls import Calls, CallTimeout


@pytest.fixture
async def calls(origin: Origin) -> AsyncIterator[Any]:
    """`calls(**options)`: a client of the origin, closed at the end."""
    made: list[Calls] = []

    def calls(host: str = "127.0.0.1", **options: Any) -> Calls:
        made.append(Calls(origin.url("/v1", host), **({"timeout_s": 5.0} | options)))
        return made[-1]

    yield calls
    for each in made:
        await each.close()


async def test_json_there_and_back(origin: Origin, calls: Any) -> None:
    """A document goes to a path below the base; the server may be inside; the key goes along."""
    origin.answers("/v1/things", b'{"a": 1}')
    reply = await calls(api_key="secret").post("/things", {"b": "ü"})
    assert (reply.status, reply.json()) == (200, {"a": 1})
    heard = origin.heard[0].headers
    assert heard["authorization"] == "Bearer secret"
    assert heard["content-length"] == str(len('{"b":"ü"}'.encode()))
    assert "secret" not in repr(reply)


async def test_name_that_resolves_inside_is_reached(origin: Origin, calls: Any) -> None:
    """The operator's own name may be anywhere."""

    async def resolve(name: str, port: int) -> list[str]:
        assert name == "models.inside"
        return ["127.0.0.1"]

    origin.answers("/v1/things", b"1")
    assert (await calls("models.inside", resolve=resolve).post("/things", {})).json() == 1


async def test_no_other_server_is_reached(origin: Origin, calls: Any, tmp_path: Path) -> None:
    """Not another port of the same host, and not by a redirect, which is an answer like any other."""
    origin.answers("/v1/away", b"", "307 Temporary Redirect", location="http://127.0.0.1:1/")
    assert (await calls().post("/away", {})).status == 307
    with pytest.raises(AddressRefused):
        await calls().download("http://127.0.0.1:1/file", tmp_path / "file")
    assert origin.opened == 1


async def test_download(origin: Origin, calls: Any, tmp_path: Path) -> None:
    """A file of the server is written; one that is too large or missing leaves nothing."""
    origin.answers("/file", b"x" * 100)
    to = tmp_path / "file"
    await calls().download(origin.url("/file"), to)
    assert to.read_bytes() == b"x" * 100
    with pytest.raises(TooLarge):
        await calls(max_bytes=99).download(origin.url("/file"), to)
    with pytest.raises(OriginFailed):
        await calls().download(origin.url("/missing"), to)
    assert not to.exists()


async def test_answers_are_bounded(origin: Origin, calls: Any) -> None:
    """By what is announced, by what comes, and after decompression; errors by less."""
    origin.answers("/v1/announced", b"x" * 2000)
    origin.writes("/v1/unannounced", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000)
    origin.answers("/v1/packed", gzip.compress(b"x" * 1_000_000), content_encoding="gzip")
    origin.answers("/v1/error", b"x" * 100_000, "500 Oops")
    for path in ("/announced", "/unannounced", "/packed", "/error"):
        with pytest.raises(TooLarge):
            await calls(max_bytes=1999).post(path, {})
    assert len((await calls(max_bytes=2000).post("/announced", {})).body) == 2000


async def test_time_is_bounded(origin: Origin, calls: Any) -> None:
    """The whole call, by the client's limit or the call's, whichever is shorter."""

    async def never(heard: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12")
        await writer.drain()
        await asyncio.sleep(2)

    origin.scripts["/v1/slow"] = never
    with pytest.raises(CallTimeout):
        await calls(timeout_s=0.1).post("/slow", {})
    with pytest.raises(CallTimeout):
        await calls().post("/slow", {}, timeout_s=0.1)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12", b"nonsense\r\n\r\n"])
async def test_broken_servers(origin: Origin, calls: Any, data: bytes) -> None:
    """What breaks off or is no HTTP is a failure of the origin."""
    origin.writes("/v1/broken", data)
    with pytest.raises(OriginFailed):
        await calls().post("/broken", {})


async def test_answer_that_is_no_json(origin: Origin, calls: Any) -> None:
    """It is told when it is asked for."""
    origin.answers("/v1/text", b"<html>")
    reply = await calls().post("/text", {})
    with pytest.raises(OriginFailed):
        reply.json()


@pytest.mark.parametrize("url", ["", "ftp://host/", "http://user@host/", "//host/"])
def test_base_that_is_none(url: str) -> None:
    """A base URL is read as strictly as every other."""
    with pytest.raises(AddressRefused):
        Calls(url)
