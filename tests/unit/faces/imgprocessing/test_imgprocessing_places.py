"""Addresses in and out: places that may be imported from, links of pages and files, the query of a list."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from imagewell.errors import AddressRefused
from imagewell.faces.imgprocessing import links, paging
from imagewell.faces.imgprocessing.deadlines import NotInTime, deadline_s, in_time
from imagewell.faces.imgprocessing.errors import InvalidFields
from imagewell.faces.imgprocessing.origins import Places, direct
from imagewell.faces.imgprocessing.settings import ImgProcessingSettings
from imagewell.settings import Settings, load
from imagewell.sources.urls import parse

ID = "66f2a1c09b3d5e7f00112233"


def taken(url: str, hop: int = 0, **settings: Any) -> bool:
    try:
        Places.of(ImgProcessingSettings(**settings)).check(direct(url), hop)
    except AddressRefused:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.s3.eu-central-1.amazonaws.com/a.jpg",
        "https://my.dotted.bucket.s3.us-east-1.amazonaws.com/a.jpg?X-Amz-Signature=1",
        "https://bucket.s3.dualstack.us-west-2.amazonaws.com/a",
        "https://bucket.s3.amazonaws.com/a",
        "https://s3.amazonaws.com/bucket/a",
        "https://account.blob.core.windows.net/c/a.png?sig=x",
        "https://pub-0123.r2.dev/a.webp",
        "https://www.dropbox.com/s/x/a.jpg?dl=0",
        "https://storage.googleapis.com/bucket/a.jpg",
        "https://drive.google.com/file/d/abc/view?usp=sharing",
        "https://1drv.ms/i/s!x",
        "HTTPS://STORAGE.GOOGLEAPIS.COM/b/a",
        "https://storage.googleapis.com:443/b/a",
    ],
)
def test_the_places_of_the_hosted_product(url: str) -> None:
    """Each of them, in any spelling of the host."""
    assert taken(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.googleapis.com/b/a",
        "https://storage.googleapis.com:8443/b/a",
        "https://storage.googleapis.com.evil.test/b/a",
        "https://evil.test/https://storage.googleapis.com/b/a",
        "https://storage.googleapis.com@evil.test/a",
        "https://evil.test#@storage.googleapis.com/a",
        "https://evil.test\\@storage.googleapis.com/a",
        "https://evilstorage.googleapis.com/a",
        "https://r2.dev/a",
        "https://notr2.dev/a",
        "https://x.r2.dev.evil.test/a",
        "https://s3.amazonaws.com.evil.test/a",
        "https://xs3.amazonaws.com/a",
        "https://dropbox.com/s/a",
        "https://dl.dropboxusercontent.com/s/a",
        "https://www.dropbox.com./s/a",
        "https://ｓtorage.googleapis.com/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "ftp://storage.googleapis.com/a",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "storage.googleapis.com/a",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    """Look-alikes, user information, other ports and schemes, places that are redirect targets only."""
    assert not taken(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://uc123.dl.dropboxusercontent.com/x",
        "https://lh3.googleusercontent.com/x",
        "https://drive.usercontent.google.com/download?id=1",
        "https://onedrive.live.com/x",
        "https://my.sharepoint.com/x",
    ],
)
def test_redirects_may_go_further(url: str) -> None:
    """To where shares really lie, over https alone."""
    assert taken(url, 1)
    assert not taken(url, 0)
    assert not taken(url.replace("https", "http"), 1)


def test_an_operator_adds_and_removes_places() -> None:
    """With a scheme and a port of their own."""
    added = {"add_import_patterns": "http://minio:9000/*, https://*.example.com/*"}
    assert taken("http://minio:9000/a", **added)
    assert not taken("http://minio:9001/a", **added)
    assert taken("https://cdn.example.com/a", **added)
    assert not taken("https://example.com/a", **added)
    assert not taken("https://1drv.ms/a", remove_import_patterns=["https://1drv.ms/*"])
    for bad in ("minio:9000", "https://*", "https://a.test/x/*", "https://a b/*"):
        with pytest.raises(ValidationError):
            ImgProcessingSettings(add_import_patterns=(bad,))


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://www.dropbox.com/s/x/a.jpg?dl=0", "/s/x/a.jpg?dl=1"),
        ("https://www.dropbox.com/scl/fi/x/a.jpg?rlkey=k&dl=0", "/scl/fi/x/a.jpg?rlkey=k&dl=1"),
        ("https://www.dropbox.com/s/x/a.jpg", "/s/x/a.jpg?dl=1"),
        ("https://www.dropbox.com/s/x/a.jpg?raw=1", "/s/x/a.jpg?raw=1"),
        ("https://drive.google.com/file/d/abc_-1/view?usp=sharing", "/uc?export=download&id=abc_-1"),
        ("https://drive.google.com/file/d/abc", "/uc?export=download&id=abc"),
        ("https://drive.google.com/file/d/a/view?resourcekey=0-x", "/uc?export=download&id=a&resourcekey=0-x"),
        ("https://drive.google.com/open?id=abc", "/uc?export=download&id=abc"),
        ("https://drive.google.com/uc?export=download&id=abc", "/uc?export=download&id=abc"),
        ("https://1drv.ms/i/s!x?dl=0", "/i/s!x?dl=0"),
    ],
)
def test_share_pages_lead_to_their_files(url: str, path: str) -> None:
    """The address of the file, in place of the page that shows it."""
    assert direct(url).path == path


def settings(**own: Any) -> Settings:
    return load(**own)


def scope(host: str = "pictures.test", root: str = "", peer: str = "10.0.0.1", **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http", "scheme": "http", "path": "/", "root_path": root, "client": (peer, 1),
        "headers": [(b"host", host.encode()), *named],
    }  # fmt: skip


PUBLIC = {"public_url": "https://pictures.test"}
PROXY: dict[str, Any] = {"faces": {"trusted_proxies": ["10.0.0.0/8"]}}
BEHIND = {"x_forwarded_proto": "https", "x_forwarded_host": "seen.test"}


@pytest.mark.parametrize(
    ("own", "asked", "base", "files"),
    [
        (PUBLIC, scope(root="/imgprocessing"), "https://pictures.test/imgprocessing", "https://pictures.test/images"),
        (PUBLIC, scope("other.test", "/imgprocessing"), "https://pictures.test/imgprocessing",
         "https://pictures.test/images"),
        (PUBLIC, scope("api.img-processing.com"), "http://api.img-processing.com", "https://pictures.test/images"),
        ({"public_url": "https://api.img-processing.com/"}, scope("api.img-processing.com"),
         "https://api.img-processing.com", "https://api.img-processing.com/images"),
        ({}, scope("127.0.0.1:8000", "/imgprocessing"), "http://127.0.0.1:8000/imgprocessing",
         "http://127.0.0.1:8000/images"),
        (PROXY, scope("inner", "/imgprocessing", **BEHIND), "https://seen.test/imgprocessing",
         "https://seen.test/images"),
        (PROXY, scope("inner.test", "", "8.8.8.8", **BEHIND), "http://inner.test", "http://inner.test/images"),
        (PROXY, scope("inner.test", "", "10.0.0.1", x_forwarded_host="a b"), "http://127.0.0.1:8000",
         "http://127.0.0.1:8000/images"),
        ({"imgprocessing": {"public_url": "https://api.img-processing.com",
                            "files_url": "https://files.test/pics/"}}, scope("x"),
         "https://api.img-processing.com", "https://files.test/pics"),
    ],
)  # fmt: skip
def test_links_begin_with_what_the_client_can_reach(own: Any, asked: Any, base: str, files: str) -> None:
    """The settings, what a trusted proxy says, the Host; never what a stranger says."""
    assert links.base(asked, settings(**own)) == base
    assert links.file_url(asked, settings(**own), ID) == f"{files}/image_{ID}"


@pytest.mark.parametrize(
    ("url", "id"),
    [
        (f"https://pictures.test/images/image_{ID}", ID),
        (f"https://PICTURES.test:443/images/image_{ID}?x=1#y", ID),
        (f"https://storage.img-processing.com/images/image_{ID}", ID),
        (f"http://pictures.test/images/image_{ID}", None),
        (f"https://pictures.test:444/images/image_{ID}", None),
        (f"https://pictures.test/image/image_{ID}", None),
        (f"https://pictures.test/images/{ID}", None),
        (f"https://pictures.test/images/../images/image_{ID}", None),
        (f"https://evil.test/images/image_{ID}", None),
    ],
)
def test_files_of_our_own_are_known(url: str, id: str | None) -> None:
    """By scheme, host, port and path, never by the look of the text."""
    assert links.own_file(scope("pictures.test"), settings(**PUBLIC), url) == id


@pytest.mark.parametrize("host", ["pictures.test.", "..", "pictures.test:0", "1.2"])
def test_a_host_that_is_no_name_is_in_nobodys_way(host: str) -> None:
    """What a client calls this server decides nothing about other addresses."""
    assert links.own_file(scope(host), settings(), "https://storage.googleapis.com/a.jpg") is None
    assert links.own_file(scope(host), settings(), f"https://storage.img-processing.com/images/image_{ID}") == ID


@pytest.mark.parametrize("url", ["", "pictures.test", "https://a@pictures.test/images/x", "https://pictures.test:0/"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """As by the fetcher."""
    with pytest.raises(AddressRefused):
        links.own_file(scope(), settings(), url)


def test_ids() -> None:
    """`image_` and 24 hexadecimal digits in lower case, nothing else."""
    assert links.stored_id(links.public_id(ID)) == ID
    for text in (ID, f"image_{ID.upper()}", f"image_{ID}0", "image_", "", f"image_image_{ID}", f"Image_{ID}"):
        assert links.stored_id(text) is None


@pytest.mark.parametrize("absent", [{}, {"take": "undefined", "from": "undefined"}, {"take": "", "from": ""}])
def test_what_old_clients_do_not_say(absent: dict[str, str]) -> None:
    """`undefined` and nothing are the defaults."""
    assert paging.read(absent) == paging.Wanted(10, None)


def test_take_and_from() -> None:
    """Each read by itself, or told off together."""
    assert paging.read({"take": "3", "from": f"image_{ID}"}) == paging.Wanted(3, ID)
    assert paging.read({"take": "100", "from": "undefined"}).take == 100
    for take, rule in (("0", "between 1 and 100"), ("101", "between"), ("-1", "between"), ("x", "integer"),
                       ("1.0", "integer"), ("1e1", "integer"), ("٣", "integer")):  # fmt: skip
        with pytest.raises(InvalidFields) as caught:
            paging.read({"take": take})
        assert rule in caught.value.message
    with pytest.raises(InvalidFields) as caught:
        paging.read({"take": "0", "from": "nope"})
    assert list(caught.value.errors) == ["take", "from"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"user_agent": "ImgProcessing/JS 2.0.1"}, 55.0),
        ({"x_stainless_lang": "js"}, 55.0),
        ({"user_agent": "node"}, 9.0),
        ({}, 9.0),
    ],
)
def test_patience_by_client(headers: dict[str, str], seconds: float) -> None:
    """The second generation says who it is, and waits longer."""
    assert deadline_s(scope(**headers), ImgProcessingSettings()) == seconds


async def test_a_deadline_ends_what_is_not_being_written_yet() -> None:
    """Past it the block is given up; once its watch was stopped it may take as long as it does, and not after."""
    with pytest.raises(NotInTime, match="The edit took too long"):
        async with in_time("The edit", 0.01):
            await asyncio.sleep(60)
    async with in_time("The edit", 0.01) as watch:
        watch.stop()
        await asyncio.sleep(0.05)
    with pytest.raises(NotInTime):
        async with in_time("The edit", 0.01) as watch:
            try:
                await asyncio.sleep(60)
            finally:
                watch.stop()


def test_settings_are_checked() -> None:
    """Colours and addresses are what they should be."""
    for wrong in ({"flatten_color": "mud"}, {"files_url": "https://files.test"}, {"public_url": "ftp://x"}):
        with pytest.raises(ValidationError):
            ImgProcessingSettings(**wrong)  # type: ignore[arg-type]
    assert parse("https://a.test/").host == "a.test"
