"""Fetching from a real server: what is kept, what is refused, what is cut."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncIterator
from datetime import UTC
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from imagewell.errors import AddressRefused, NotFound, OriginFailed, Refusal, TooLarge
from imagewell.sources.fetch import Credentials, Fetcher, Known, max_age_s, moment
from imagewell.sources.settings import FetchSettings

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Names:
    """A resolver in which a name may give another answer each time; the last answer stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): given for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str, port: int) -> list[str]:
        self.asked.append(name)
        given = self.answers.get(name)
        if given is None:
            raise OSError("unknown name")
        return given.pop(0) if len(given) > 1 else given[0]


def fetcher(names: Names | None = None, **settings: Any) -> Fetcher:
    return Fetcher(FetchSettings(**{"allow_networks": LOOPBACK} | settings), names or Names())


@pytest.fixture
async def fetch(tmp_path: Path) -> AsyncIterator[Any]:
    """`await fetch(url, settings={…}, names=…, …)`; afterwards nothing but fetched files lies in the folder."""
    made: list[Fetcher] = []

    async def fetch(url: str, *, settings: dict[str, Any] | None = None, names: Names | None = None, **how: Any) -> Any:
        made.append(fetcher(names, **(settings or {})))
        try:
            return await made[-1].fetch(url, to=tmp_path / "file", **how)
        except Refusal:
            assert not list(tmp_path.iterdir()), "a failed fetch leaves nothing behind"
            raise

    yield fetch
    for each in made:
        await each.close()


async def test_a_file_is_fetched(origin, fetch, tmp_path: Path) -> None:
    """A body lands in the file, with its digest and what the origin says about it."""
    body = bytes(range(256)) * 20_000
    origin.answers("/a.jpg", body, content_type="Image/JPEG; x=y", etag='"e"', cache_control="public, max-age=60")
    fetched = await fetch(origin.url("/a.jpg?q=1#f"))
    assert (tmp_path / "file").read_bytes() == body
    assert fetched.sha256 == hashlib.sha256(body).hexdigest()
    assert (fetched.size, fetched.content_type, fetched.etag, fetched.max_age_s) == (len(body), "image/jpeg", '"e"', 60)
    assert origin.heard[0].target == "/a.jpg?q=1"
    assert origin.heard[0].headers["host"] == f"127.0.0.1:{origin.port}"
    assert origin.heard[0].headers["user-agent"].startswith("imgix/3.0")
    assert "cookie" not in origin.heard[0].headers


async def test_an_empty_file_is_a_file(origin, fetch, tmp_path: Path) -> None:
    """A body of no bytes is kept as an empty file."""
    origin.answers("/a", b"")
    assert (await fetch(origin.url("/a"))).size == 0
    assert (tmp_path / "file").read_bytes() == b""


async def test_not_modified(origin, fetch, tmp_path: Path) -> None:
    """What is known already is asked about and not fetched again."""
    origin.answers("/a", status="304 Not Modified", etag='"e"')
    known = Known('"e"', "Wed, 01 Jan 2025 00:00:00 GMT")
    fetched = await fetch(origin.url("/a"), known=known)
    assert not fetched.modified
    assert origin.heard[0].headers["if-none-match"] == '"e"'
    assert origin.heard[0].headers["if-modified-since"] == known.last_modified
    assert not (tmp_path / "file").exists()


async def test_not_modified_unasked(origin, fetch) -> None:
    """A 304 nobody asked for is a failure of the origin."""
    origin.answers("/a", status="304 Not Modified")
    with pytest.raises(OriginFailed):
        await fetch(origin.url("/a"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("404 X", NotFound),
        ("410 X", NotFound),
        ("403 X", OriginFailed),
        ("500 X", OriginFailed),
        ("206 X", OriginFailed),
    ],
)
async def test_statuses(origin, fetch, status: str, error: type[Refusal]) -> None:
    """Only 200 is a picture; missing is told apart from broken."""
    origin.answers("/a", b"x", status=status)
    with pytest.raises(error):
        await fetch(origin.url("/a"))


# ------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.01",
        "127.0.0.1.",
        "localhost.",
        "LOCALHOST",
        "%6cocalhost",
        "127.0.0.%31",
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "ⓛocalhost",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::1%25lo]",
        "[fe80::1%25lo]",
        "user@127.0.0.1",
        "127.0.0.1@127.0.0.1",
        "inside.example",
        "mapped.example",
    ],
)
async def test_no_spelling_of_an_inside_address_is_touched(origin, fetch, host: str) -> None:
    """Without an opened network nothing reaches the loopback interface, whatever the host is written as."""
    names = Names(
        inside_example=[["127.0.0.1"]],
        mapped_example=[["::ffff:127.0.0.1", "fe80::1%lo"]],
        localhost=[["::1", "127.0.0.1"]],
    )
    origin.answers("/a", b"secret")
    with pytest.raises(AddressRefused):
        await fetch(f"http://{host}:{origin.port}/a", settings={"allow_networks": ()}, names=names)
    assert origin.opened == 0


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1/a", "data:,x", "/a"])
async def test_schemes(fetch, url: str) -> None:
    """Nothing but http and https is fetched."""
    with pytest.raises(AddressRefused):
        await fetch(url)


async def test_only_the_opened_network(origin, fetch) -> None:
    """An opened network opens no other address of the same machine."""
    origin.answers("/a", b"secret")
    with pytest.raises(AddressRefused):
        await fetch(origin.url("/a"), settings={"allow_networks": (ip_network("127.0.0.2/32"),)})
    assert origin.opened == 0


async def test_a_name_is_resolved_once(origin, fetch) -> None:
    """A name that changes its address after the check is still fetched from the checked one."""
    names = Names(name_example=[["127.0.0.1"], ["10.0.0.1"]])
    origin.answers("/a", b"x")
    assert (await fetch(origin.url("/a", "name.example"), names=names)).size == 1
    assert names.asked == ["name.example"]
    assert origin.heard[0].headers["host"] == f"name.example:{origin.port}"


async def test_rebinding(origin, fetch) -> None:
    """A name that is allowed when first asked and inside when asked again is never reached inside."""
    names = Names(evil_example=[["::1"], ["127.0.0.1"]])
    origin.answers("/a", b"secret")
    settings = {"allow_networks": (ip_network("::1/128"),)}
    with pytest.raises(OriginFailed):
        await fetch(origin.url("/a", "evil.example"), names=names, settings=settings)
    assert (names.asked, origin.opened) == (["evil.example"], 0)


async def test_only_checked_addresses_are_used(origin, fetch) -> None:
    """Of a name with an allowed and a refused address only the allowed one is connected to."""
    names = Names(mixed_example=[["::1", "10.0.0.1", "127.0.0.1"]])
    origin.answers("/a", b"x")
    assert (await fetch(origin.url("/a", "mixed.example"), names=names)).size == 1


async def test_the_machines_own_names(origin, tmp_path: Path) -> None:
    """Without a resolver of its own a fetcher asks the machine's, and is as strict with its answers."""
    origin.answers("/a", b"x")
    for networks, reached in ((LOOPBACK, True), ((), False)):
        one = Fetcher(FetchSettings(allow_networks=networks))
        if reached:
            assert (await one.fetch(origin.url("/a", "localhost"), to=tmp_path / "file")).size == 1
        else:
            with pytest.raises(AddressRefused):
                await one.fetch(origin.url("/a", "localhost"), to=tmp_path / "file")
        await one.close()
    assert origin.opened == 1


async def test_unknown_names(fetch) -> None:
    """A name without an address is a failure of the origin."""
    with pytest.raises(OriginFailed):
        await fetch("http://nowhere.example/")


# ------------------------------------------------------------------ redirects


async def test_redirects_are_followed(origin, fetch) -> None:
    """Four hops are followed, each with the Host of its own URL."""
    for hop in range(4):
        origin.answers(f"/{hop}", status="302 Found", location=f"/{hop + 1}")
    origin.answers("/4", b"there")
    fetched = await fetch(origin.url("/0"))
    assert (fetched.size, fetched.url) == (5, origin.url("/4"))


async def test_too_many_redirects(origin, fetch) -> None:
    """A loop of redirects ends."""
    origin.answers("/a", status="301 Moved", location="/a")
    with pytest.raises(OriginFailed):
        await fetch(origin.url("/a"))
    assert len(origin.heard) == 5


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.3:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://0x7f.1:{port}/secret",
        "file:///etc/passwd",
        "//inside.example:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://u:p@127.0.0.1:{port}/secret",
    ],
)
async def test_redirects_are_checked_again(origin, fetch, location: str) -> None:
    """A redirect to an inside address or another scheme is refused."""
    origin.answers("/secret", b"secret")
    origin.answers("/a", status="302 Found", location=location.format(port=origin.port))
    names = Names(inside_example=[["127.0.0.9"]])
    with pytest.raises(AddressRefused):
        await fetch(origin.url("/a"), names=names, settings={"allow_networks": (ip_network("127.0.0.1/32"),)})
    assert [heard.target for heard in origin.heard] == ["/a"]


async def test_credentials_stay_with_their_origin(origin, fetch) -> None:
    """Basic authentication goes to the origin it is for, and not where that redirects to."""
    names = Names(one_example=[["127.0.0.1"]], two_example=[["127.0.0.1"]])
    origin.answers("/a", status="302 Found", location=origin.url("/b", "one.example"))
    origin.answers("/b", status="302 Found", location=origin.url("/c", "two.example"))
    origin.answers("/c", b"x")
    await fetch(origin.url("/a", "one.example"), names=names, credentials=Credentials("u", "p"))
    assert ["authorization" in heard.headers for heard in origin.heard] == [True, True, False]


# ------------------------------------------------------------------ size


async def test_an_announced_length_is_believed_when_it_is_too_much(origin, fetch) -> None:
    """A body announced as too long is refused before it is read."""
    origin.writes("/a", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n")
    origin.writes("/b", b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n" + b"x" * 1001)
    for path in ("/a", "/b"):
        with pytest.raises((TooLarge, OriginFailed)):
            await fetch(origin.url(path), max_bytes=1000)


@pytest.mark.parametrize("limit", [1000, 999])
async def test_the_limit_is_exact(origin, fetch, limit: int) -> None:
    """A body of exactly the limit is taken, one byte more is not."""
    origin.writes("/a", b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * 1000)
    if limit == 1000:
        assert (await fetch(origin.url("/a"), max_bytes=limit)).size == 1000
    else:
        with pytest.raises(TooLarge):
            await fetch(origin.url("/a"), max_bytes=limit)


async def test_endless_bodies(origin, fetch) -> None:
    """A body without end is cut at the limit."""

    async def script(heard: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    origin.scripts["/a"] = script
    with pytest.raises(TooLarge):
        await fetch(origin.url("/a"), max_bytes=3_000_000)


async def test_a_body_shorter_than_announced(origin, fetch) -> None:
    """A body that ends before its announced length is a failure, not a picture."""
    origin.writes("/a", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort")
    with pytest.raises(OriginFailed):
        await fetch(origin.url("/a"))


async def test_a_body_longer_than_announced(origin, fetch, tmp_path: Path) -> None:
    """What comes after the announced length is not read."""
    origin.writes("/a", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\n\r\n")
    assert (await fetch(origin.url("/a"))).size == 5


async def test_compressed_bodies(origin, fetch, tmp_path: Path) -> None:
    """A body that is compressed without being asked for is kept as the file it stands for."""
    origin.answers("/a", gzip.compress(b"<svg/>" * 1000, mtime=0), content_encoding="gzip")
    assert (await fetch(origin.url("/a"))).size == 6000
    assert (tmp_path / "file").read_bytes() == b"<svg/>" * 1000


async def test_compression_bombs(origin, fetch) -> None:
    """The limit counts bytes after decompression: a small body that becomes a large one is cut."""
    origin.answers("/a", gzip.compress(bytes(50_000_000), mtime=0), content_encoding="gzip")
    with pytest.raises(TooLarge):
        await fetch(origin.url("/a"), max_bytes=1_000_000)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(b"x" * 500, mtime=0)[:-9]),
        ("br", b"x"),
        ("gzip, gzip", b"x"),
        ("deflate", zlib.compress(b"x")),
        ("gzip", b""),
    ],
)
async def test_bad_compression(origin, fetch, encoding: str, body: bytes) -> None:
    """Corrupt, cut or unknown compression is a failure of the origin."""
    origin.answers("/a", body, content_encoding=encoding)
    with pytest.raises(OriginFailed):
        await fetch(origin.url("/a"))


# ------------------------------------------------------------------ time and manners


async def drip(heard: Any, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def silent(heard: Any, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.5)


async def test_slow_bodies(origin, fetch) -> None:
    """An origin that always sends a little is cut at the total time."""
    origin.scripts["/a"] = drip
    with pytest.raises(OriginFailed, match="in time"):
        await fetch(origin.url("/a"), total_s=0.1)


async def test_silent_origins(origin, fetch) -> None:
    """An origin that says nothing is cut at the read timeout."""
    origin.scripts["/a"] = silent
    with pytest.raises(OriginFailed, match="in time"):
        await fetch(origin.url("/a"), settings={"read_timeout_s": 0.05})


async def test_a_cancelled_fetch_leaves_nothing(origin, tmp_path: Path) -> None:
    """A fetch that is cancelled takes its half file with it."""
    origin.scripts["/a"] = drip
    one = fetcher()
    task = asyncio.create_task(one.fetch(origin.url("/a"), to=tmp_path / "file"))
    while not (tmp_path / "file").exists():
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not list(tmp_path.iterdir())
    await one.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx\x00: y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    ],
    ids=range(9),
)
async def test_origins_that_do_not_speak_http(origin, fetch, data: bytes) -> None:
    """Any bytes on the wire are a failure of the origin, never an accident of ours."""
    origin.writes("/a", data)
    with pytest.raises(OriginFailed):
        await fetch(origin.url("/a"))


async def test_closed_ports(origin, fetch) -> None:
    """An origin that is not there is a failure of the origin."""
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(OriginFailed, match="reached"):
        await fetch(f"http://127.0.0.1:{port}/")


async def test_tls_is_verified(origin, fetch) -> None:
    """A server that does not speak TLS is not talked to under https."""
    with pytest.raises(OriginFailed):
        await fetch(f"https://127.0.0.1:{origin.port}/a")


async def test_no_errors_name_the_origin(origin, fetch) -> None:
    """What a caller reads about a failure has neither the origin's address nor its credentials."""
    origin.answers("/a", status="500 X")
    with pytest.raises(OriginFailed) as failure:
        await fetch(origin.url("/a"), credentials=Credentials("user", "hush"))
    assert not any(word in str(failure.value) for word in ("127.0.0.1", str(origin.port), "hush"))


@pytest.mark.parametrize(
    ("cache_control", "age", "seconds"),
    [
        ("", "", None),
        ("public", "", None),
        ("max-age=60", "", 60),
        ("public, Max-Age=60", "20", 40),
        ("max-age=60", "100", 0),
        ("s-maxage=10, max-age=60", "", 10),
        ("max-age=60, s-maxage=10", "", 10),
        ("no-store", "", 0),
        ("no-cache", "", 0),
        ("private, max-age=60", "", 0),
        ("max-age=x", "", None),
        ("max-age=60", "x", 60),
        ('max-age="60"', "", 60),
        ("x-max-age=60", "", None),
        ("stale-if-error=7, max-age=5", "", 5),
        ("max-age=99999999999", "", 365 * 86_400),
    ],
)
def test_max_age(cache_control: str, age: str, seconds: int | None) -> None:
    """What an origin allows shared caches is read from Cache-Control and Age."""
    assert max_age_s(cache_control, age) == seconds


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("Mon, 01 Jan 2024 10:00:00 GMT", 10),
        ("Mon, 01 Jan 2024 10:00:00 +0100", 9),
        ("Mon, 01 Jan 2024 10:00:00 EST", 15),
        ("Mon, 01 Jan 2024 10:00:00 -0000", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_dates(written: str | None, hour: int | None) -> None:
    """An origin's date is told in UTC, as HTTP wants it, whatever zone it came in."""
    found = moment(written)
    assert (None if found is None else (found.hour, found.tzinfo)) == (None if hour is None else (hour, UTC))


async def test_a_caller_says_where_a_fetch_may_go(origin, fetch) -> None:
    """`allow` sees each address before it is connected to, with its number; what it refuses is not asked."""
    origin.answers("/b", b"body")
    origin.answers("/a", status="302 Found", location="/b")
    seen: list[tuple[str, int]] = []

    def allow(target, hop: int) -> None:
        seen.append((target.path, hop))
        if target.path == "/c":
            raise AddressRefused("not there")

    await fetch(origin.url("/a"), allow=allow)
    assert seen == [("/a", 0), ("/b", 1)]
    origin.answers("/b", status="302 Found", location="/c")
    with pytest.raises(AddressRefused, match="not there"):
        await fetch(origin.url("/a"), allow=allow)
    assert "/c" not in [heard.target for heard in origin.heard]


async def test_a_caller_says_how_many_redirects(origin, fetch) -> None:
    """In place of the settings' own number."""
    for hop in range(6):
        origin.answers(f"/{hop}", status="302 Found", location=f"/{hop + 1}")
    origin.answers("/6", b"body")
    with pytest.raises(OriginFailed, match="too often"):
        await fetch(origin.url("/0"), max_redirects=5)
    assert (await fetch(origin.url("/0"), max_redirects=6)).size == 4
