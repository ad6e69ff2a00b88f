"""Pictures out: preconditions, ranges, HEAD, headers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.delivery.order import StoreRef
from imagewell.errors import NotFound
from imagewell.faces.kit.images import Prepared, disposition, prepare, respond
from imagewell.faces.kit.pictures import StoredPicture

from .asgi import Sent, scope

BODY = bytes(range(256)) * 40
AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
LATER = "Sun, 01 Mar 2026 12:00:01 GMT"
EARLIER = "Sun, 01 Mar 2026 11:59:59 GMT"


class Memory:
    """A store of one blob that counts what it was asked for."""

    def __init__(self, body: bytes = BODY, chunk: int = 1000) -> None:
        self.body, self.chunk, self.asked = body, chunk, []

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.asked.append((key, start, end))
        part = self.body[start:end]
        for at in range(0, len(part), self.chunk):
            yield part[at : at + self.chunk]


def picture(**changes: object) -> StoredPicture:
    given = {"body": StoreRef("blobs/x", len(BODY)), "content_type": "image/jpeg", "etag": "abc", "last_modified": AT}
    return StoredPicture(**{**given, **changes})


async def ask(prepared: Prepared | None = None, method: str = "GET", headers: Sequence[tuple[str, str]] = ()) -> Sent:
    sent = Sent()
    await respond(scope(method, headers=headers), sent, prepared or prepare(picture()), Memory())
    return sent


async def test_a_whole_picture_is_sent_with_all_its_headers() -> None:
    """200 carries the bytes, type, length, validators, cache and safety headers, and a request id."""
    sent = await ask()
    assert (sent.status, sent.body) == (200, BODY)
    assert sent.headers.pop("x-request-id")
    assert sent.headers == {
        "content-type": "image/jpeg",
        "content-length": str(len(BODY)),
        "etag": '"abc"',
        "last-modified": DATE,
        "cache-control": "public, max-age=86400",
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
    }


async def test_a_body_in_memory_takes_two_messages() -> None:
    """What is hot goes out as one status and one body, without the store."""
    sent = Sent()
    await respond(scope(), sent, prepare(picture(body=BODY)))
    assert (sent.status, sent.body, sent.messages) == (200, BODY, 2)


async def test_a_stored_body_is_streamed_in_chunks() -> None:
    """A blob is never gathered before it is sent."""
    sent = await ask()
    assert sent.messages == 1 + -(-len(BODY) // 1000)


async def test_the_request_id_of_the_client_is_kept_when_it_is_well_formed() -> None:
    """A client's X-Request-ID is echoed; one that could carry a header or markup is replaced."""
    assert (await ask(headers=[("x-request-id", "client-id-42")])).headers["x-request-id"] == "client-id-42"
    assert (await ask(headers=[("x-request-id", "<b>not this</b>")])).headers["x-request-id"] != "<b>not this</b>"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("if-none-match", '"abc"')], 304),
        ([("if-none-match", 'W/"abc"')], 304),
        ([("if-none-match", '"x", "abc" , "y"')], 304),
        ([("if-none-match", '"x"'), ("if-none-match", '"abc"')], 304),
        ([("if-none-match", "*")], 304),
        ([("if-none-match", '"ab"')], 200),
        ([("if-none-match", "abc")], 200),
        ([("if-none-match", "")], 200),
        ([("if-modified-since", DATE)], 304),
        ([("if-modified-since", LATER)], 304),
        ([("if-modified-since", EARLIER)], 200),
        ([("if-modified-since", "yesterday")], 200),
        ([("if-modified-since", "Sun, 99 Mar 99999999999 12:00:00 GMT")], 200),
        ([("if-none-match", '"x"'), ("if-modified-since", LATER)], 200),
    ],
)
async def test_what_the_client_has_is_not_sent_again(headers: list[tuple[str, str]], status: int) -> None:
    """If-None-Match decides alone where it is given, else If-Modified-Since; what cannot be read is ignored."""
    for method in ("GET", "HEAD"):
        sent = await ask(method=method, headers=headers)
        assert sent.status == status
    if status == 304:
        assert sent.body == b""
        assert "content-length" not in sent.headers
        assert sent.headers["etag"] == '"abc"'
        assert sent.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize(
    ("span", "status", "start", "end"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-100", 206, 100, 101),
        ("bytes=10000-", 206, 10000, len(BODY)),
        ("bytes=-5", 206, len(BODY) - 5, len(BODY)),
        ("bytes=-999999999", 206, 0, len(BODY)),
        ("bytes=0-999999999", 206, 0, len(BODY)),
        ("BYTES = 1 - 2", 206, 1, 3),
        (f"bytes={len(BODY)}-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=5-4", 200, 0, len(BODY)),
        ("bytes=0-1,5-6", 200, 0, len(BODY)),
        ("bytes=-", 200, 0, len(BODY)),
        ("lines=0-1", 200, 0, len(BODY)),
        ("bytes=0-99999999999999999999999999", 200, 0, len(BODY)),
        ("bytes=a-b", 200, 0, len(BODY)),
    ],
)
async def test_one_range_is_cut_out(span: str, status: int, start: int, end: int) -> None:
    """One range gives 206, one outside gives 416, everything else the whole."""
    for prepared in (prepare(picture()), prepare(picture(body=BODY))):
        sent = await ask(prepared, headers=[("range", span)])
        assert sent.status == status
        if status == 206:
            assert sent.body == BODY[start:end]
            assert sent.headers["content-range"] == f"bytes {start}-{end - 1}/{len(BODY)}"
        if status == 416:
            assert sent.body == b""
            assert sent.headers["content-range"] == f"bytes */{len(BODY)}"
        assert sent.headers["content-length"] == str(len(sent.body))


@pytest.mark.parametrize(
    ("if_range", "status"),
    [('"abc"', 206), (DATE, 206), ('W/"abc"', 200), ('"other"', 200), (EARLIER, 200), (LATER, 200)],
)
async def test_if_range_guards_the_range(if_range: str, status: int) -> None:
    """A range of another state of the picture is answered with the whole."""
    assert (await ask(headers=[("range", "bytes=0-9"), ("if-range", if_range)])).status == status


async def test_head_says_what_get_would() -> None:
    """HEAD has the headers of GET and no body; a range is only for GET."""
    whole, head = await ask(), await ask(method="HEAD", headers=[("range", "bytes=0-9")])
    assert (head.status, head.body) == (200, b"")
    drop = {"x-request-id"}
    assert {k: v for k, v in head.headers.items() if k not in drop} == {
        k: v for k, v in whole.headers.items() if k not in drop
    }


async def test_an_svg_is_put_in_a_sandbox() -> None:
    """An SVG opened by its address can run and load nothing."""
    sent = await ask(prepare(picture(content_type="image/svg+xml")))
    assert sent.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_what_accept_chose_says_so() -> None:
    """A negotiated picture varies by Accept, in 200 and in 304."""
    prepared = prepare(picture(varies=True))
    assert (await ask(prepared)).headers["vary"] == "Accept"
    assert (await ask(prepared, headers=[("if-none-match", '"abc"')])).headers["vary"] == "Accept"


async def test_a_missing_blob_is_refused_before_the_status_goes_out() -> None:
    """A blob that is gone can still be refused in words."""

    class Empty:
        async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
            raise NotFound("object")
            yield b""

    sent = Sent()
    with pytest.raises(NotFound):
        await respond(scope(), sent, prepare(picture()), Empty())
    assert sent.messages == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.jpg", 'attachment; filename="a.jpg"'),
        ("ä b.jpg", "attachment; filename=\"_ b.jpg\"; filename*=UTF-8''%C3%A4%20b.jpg"),
        ('x"; evil="1.jpg', 'attachment; filename="x_; evil=_1.jpg"'),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("", 'attachment; filename="file"'),
    ],
)
def test_a_name_for_the_download(name: str, value: str) -> None:
    """The name arrives for old and new clients alike, and never ends its own value."""
    assert disposition("attachment", name) == value


@given(st.text())
def test_no_name_can_make_a_header_of_its_own(name: str) -> None:
    """Whatever the name, the value is printable ASCII with exactly the quotes we wrote."""
    value = disposition("attachment", name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2


@given(st.integers(0, 300), st.integers(0, 300))
async def test_any_range_is_that_part_of_the_whole(first: int, last: int) -> None:
    """A satisfiable range gives exactly those bytes."""
    body = bytes(i % 256 for i in range(200))
    sent = Sent()
    headers = [("range", f"bytes={first}-{last}")]
    await respond(scope(headers=headers), sent, prepare(picture(body=body)))
    if first > last:
        assert sent.body == body
    elif first >= len(body):
        assert sent.status == 416
    else:
        assert sent.body == body[first : last + 1]


@pytest.mark.parametrize("name", ["range", "if-modified-since"])
async def test_a_long_header_costs_no_time(name: str) -> None:
    """A header as long as the server takes, built to be read again from each of its characters, is passed over."""
    began = time.perf_counter()
    sent = await ask(headers=[(name, "bytes=" + " " * 400_000 + "x")])
    assert (sent.status, sent.body) == (200, BODY)
    assert time.perf_counter() - began < 1
