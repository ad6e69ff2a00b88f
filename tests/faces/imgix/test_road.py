"""The delivery road from a raw request to an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faces.imgix.stage import TOKEN, Answer, Stage, source

from imagewell.errors import (
    AddressRefused,
    BadSignature,
    Busy,
    EngineMissing,
    InvalidParameter,
    LinkExpired,
    NotFound,
    OriginFailed,
    Refusal,
    RenderFailed,
    SourceDisabled,
    StorageFull,
    TooLarge,
    Unavailable,
    UnreadableImage,
    UnsupportedFormat,
    UrlTooLong,
)
from imagewell.faces.imgix.dialect import parse
from imagewell.faces.imgix.errors import VideoNotRendered
from imagewell.faces.imgix.signing import sign
from imagewell.transform.model import IDENTITY

OPEN = source("photos", custom_domains=("pics.example.com",))
SAFE = source("safe", secure_url_enabled=True, tokens=("new", TOKEN))


@pytest.fixture
def stage() -> Stage:
    return Stage(OPEN, SAFE, source("off", enabled=False))


async def test_both_roads(stage: Stage) -> None:
    """The same picture is reached by prefix, by delivery subdomain and by custom domain."""
    await stage.ask("/i/photos/a%20b/%C3%BC.jpg?w=9")
    await stage.ask("/a%20b/%C3%BC.jpg?w=9", host="photos.imgix.net")
    await stage.ask("/a%20b/%C3%BC.jpg?w=9", host="PICS.example.com.:8443")
    assert [(o.source, o.path, o.transformation) for o in stage.delivery.orders] == [
        (OPEN, "/a b/ü.jpg", parse(b"w=9").transformation)
    ] * 3


async def test_prefix_on_a_sources_own_host_is_a_path(stage: Stage) -> None:
    """On a source's host a path may begin like the prefix and is still a path."""
    await stage.ask("/i/safe/a.jpg", host="pics.example.com")
    assert (stage.delivery.orders[0].source, stage.delivery.orders[0].path) == (OPEN, "/i/safe/a.jpg")


async def test_whole_answer(stage: Stage) -> None:
    """A picture goes out with its type, validators, lifetime, CORS, and an id."""
    answer = await stage.ask("/i/photos/a.jpg?auto=format", accept="image/webp,*/*", x_request_id="abcdefgh-1")
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert stage.delivery.orders[0].accept == "image/webp,*/*"
    assert stage.delivery.orders[0].request_id == "abcdefgh-1"
    assert answer.headers == {
        "content-type": "image/webp",
        "content-length": "10",
        "etag": '"abc"',
        "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
        "cache-control": "public, max-age=3600",
        "vary": "Accept",
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
        "x-request-id": "abcdefgh-1",
        "x-imgix-id": "abcdefgh-1",
        "x-cache": "miss",
    }


async def test_head_range_and_revalidation(stage: Stage) -> None:
    """HEAD, a byte range and a matching ETag are answered as the standard says."""
    head = await stage.ask("/i/photos/a.jpg", method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")
    part = await stage.ask("/i/photos/a.jpg", range="bytes=2-4")
    assert (part.status, part.body) == (206, b"234")
    same = await stage.ask("/i/photos/a.jpg", if_none_match='"abc"')
    assert (same.status, same.body) == (304, b"")


async def test_hot_answer(stage: Stage) -> None:
    """The second request for the same letters is answered without an order; other letters or formats are not."""
    first = await stage.ask("/i/photos/a.jpg?w=9", accept="image/avif")
    again = await stage.ask("/i/photos/a.jpg?w=9", accept="image/avif")
    assert (again.status, again.body, again.headers["x-cache"]) == (200, first.body, "hot")
    assert len(stage.delivery.orders) == 1
    for target, accept in (("/i/photos/a.jpg?w=09", "image/avif"), ("/i/photos/a.jpg?w=9", "image/webp")):
        assert (await stage.ask(target, accept=accept)).headers["x-cache"] == "miss"
    stage.clock.advance(60)
    assert (await stage.ask("/i/photos/a.jpg?w=9", accept="image/avif")).headers["x-cache"] == "miss"


async def test_hot_answers_obey_hints(stage: Stage) -> None:
    """A hot answer made for one client's hints is not given to a client with others."""
    await stage.ask("/i/photos/a.jpg?w=9&ch=DPR", dpr="2")
    answer = await stage.ask("/i/photos/a.jpg?w=9&ch=DPR", sec_ch_dpr="3")
    assert [o.transformation.stages[0].dpr for o in stage.delivery.orders] == [2.0, 3.0]
    assert answer.headers["vary"] == "Accept, DPR, Sec-CH-DPR"


async def test_expiring_urls_are_never_hot(stage: Stage) -> None:
    """An expiring URL dies on the second, however often it was answered before."""
    expires = int(stage.clock.seconds()) + 10
    target = f"/i/photos/a.jpg?w=9&expires={expires}"
    assert (await stage.ask(target)).status == 200
    stage.clock.advance(9.9)
    assert (await stage.ask(target)).status == 200
    stage.clock.advance(0.1)
    late = await stage.ask(target)
    assert (late.status, late.error["code"]) == (404, "link_expired")
    assert late.headers["cache-control"] == "no-store"
    assert len(stage.delivery.orders) == 2


async def test_signature(stage: Stage) -> None:
    """A source with secured URLs answers only what is signed with one of its tokens."""
    for token in ("new", TOKEN):
        query = sign("/a%20b.jpg", "w=9", token)
        assert (await stage.ask(f"/a%20b.jpg?{query}", host="safe.imgix.net")).status == 200
        assert (await stage.ask(f"/i/safe/a%20b.jpg?{query}")).status == 200
    whole = sign("/i/safe/a.jpg", "w=9", "new")
    assert (await stage.ask(f"/i/safe/a.jpg?{whole}")).status == 200
    assert all(order.signed for order in stage.delivery.orders)
    for target in ("/a%20b.jpg", "/a%20b.jpg?w=9", f"/a%20b.jpg?{query}0", f"/a%20B.jpg?{query}", f"/a b.jpg?{query}"):
        refused = await stage.ask(target, host="safe.imgix.net")
        assert (refused.status, refused.error["code"]) == (403, "bad_signature")
        assert refused.headers["cache-control"] == "no-store"
    assert len(stage.delivery.orders) == 5


async def test_signature_before_everything_else(stage: Stage) -> None:
    """Without a signature nobody learns whether an URL has expired or makes sense."""
    for query in ("expires=1", "w=0", "upscale=true"):
        assert (await stage.ask(f"/i/safe/a.jpg?{query}")).status == 403
    assert (await stage.ask(f"/i/safe/a.jpg?{sign('/a.jpg', 'expires=1', 'new')}")).status == 404


async def test_open_source_ignores_signatures(stage: Stage) -> None:
    """Without secured URLs a wrong signature is no matter."""
    assert (await stage.ask("/i/photos/a.jpg?w=9&s=0000")).status == 200
    assert not stage.delivery.orders[0].signed
    assert stage.delivery.orders[0].transformation == parse(b"w=9").transformation


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/i/nobody/a.jpg", "localhost"),
        ("/i/off/a.jpg", "localhost"),
        ("/a.jpg", "nobody.imgix.net"),
        ("/a.jpg", "off.imgix.net"),
        ("/a.jpg", "localhost"),
        ("/i/", "localhost"),
        ("/i/photos%2Fx/a.jpg", "localhost"),
    ],
)
async def test_no_such_source(stage: Stage, target: str, host: str) -> None:
    """An unknown or disabled source is 410 in both spellings."""
    answer = await stage.ask(target, host=host)
    assert (answer.status, answer.error["code"]) == (410, "bad_source")


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/a/%2e%2e/b",
        "/a%2F..%2Fb",
        "/a/./b",
        "/a%00b",
        "/a%0ab",
        "/a%5Cb",
        "/a\\b",
        "/a%FFb",
        "/%2e%2e",
    ],
)
async def test_paths_that_cannot_be(stage: Stage, path: str) -> None:
    """The decoded path is checked before anything uses it."""
    for target, host in ((path, "photos.imgix.net"), (f"/i/photos{path}", "localhost")):
        answer = await stage.ask(target, host=host)
        assert (answer.status, answer.error["source"]) == (400, {"parameter": "path"})
    assert stage.delivery.orders == []


async def test_path_is_decoded_once(stage: Stage) -> None:
    """A percent sign that was encoded stays a percent sign."""
    await stage.ask("/i/photos/a%252e%252e/b+c%2Bd.jpg")
    assert stage.delivery.orders[0].path == "/a%2e%2e/b+c+d.jpg"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
async def test_other_methods(stage: Stage, method: str) -> None:
    """Only GET, HEAD and OPTIONS are known, and the answer says so."""
    answer = await stage.ask("/i/photos/a.jpg", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_preflight(stage: Stage) -> None:
    """OPTIONS lets any page read pictures."""
    answer = await stage.ask("/i/photos/a.jpg", method="OPTIONS")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "HEAD" in answer.headers["access-control-allow-methods"]


async def test_longest_url(stage: Stage) -> None:
    """8000 characters are taken, one more is refused."""
    start = "http://photos.imgix.net/a.jpg?txt="
    fill = "x" * (8000 - len(start))
    assert (await stage.ask(f"/a.jpg?txt={fill}", host="photos.imgix.net")).status == 200
    refused = await stage.ask(f"/a.jpg?txt={fill}x", host="photos.imgix.net")
    assert (refused.status, refused.error["code"]) == (414, "url_too_long")


async def test_default_parameters() -> None:
    """A source's default parameters lie under the request's, and are no part of what is signed."""
    stage = Stage(source("d", secure_url_enabled=True, tokens=("t",), default_params={"q": 40, "w": 9, "invert": True}))
    assert (await stage.ask(f"/i/d/a.jpg?{sign('/a.jpg', 'w=20', 't')}")).status == 200
    assert stage.delivery.orders[0].transformation == parse(b"w=20&q=40&inv=1").transformation


async def test_broken_default_parameter() -> None:
    """A default parameter that cannot be answers 400."""
    answer = await Stage(source("d", default_params={"h": 0})).ask("/i/d/a.jpg")
    assert (answer.status, answer.error["source"]) == (400, {"parameter": "h"})


async def test_typesetting(stage: Stage) -> None:
    """~text is a picture of its own, encoded or not; without txt it is refused."""
    for path in ("/~text", "/%7Etext"):
        assert (await stage.ask(f"/i/photos{path}?txt=Hi")).status == 200
        assert (await stage.ask(f"/i/photos{path}?w=9")).error["source"] == {"parameter": "txt"}
    assert [order.transformation.typeset.text for order in stage.delivery.orders if order.transformation.typeset] == [
        "Hi",
        "Hi",
    ]


async def test_download(stage: Stage) -> None:
    """dl hands the picture out as a file, untouched."""
    answer = await stage.ask("/i/photos/a.jpg?dl=b%22%0d%0ax.jpg")
    assert answer.headers["content-disposition"] == 'attachment; filename="b_ x.jpg"'
    assert stage.delivery.orders[0].transformation == IDENTITY


async def test_robots_and_crossdomain() -> None:
    """The two plain files come from the source's settings; where they say nothing, the origin's do."""
    stage = Stage(
        source("shut", robots="disallow-all", crossdomain_xml_enabled=True, secure_url_enabled=True),
        source("free", robots="allow-all"),
        OPEN,
    )
    shut = await stage.ask("/robots.txt", host="shut.imgix.net")
    assert (shut.body, shut.headers["content-type"]) == (b"User-agent: *\nDisallow: /\n", "text/plain; charset=utf-8")
    assert b"Allow: /\n" in (await stage.ask("/i/free/robots.txt")).body
    assert b"<cross-domain-policy>" in (await stage.ask("/crossdomain.xml", host="shut.imgix.net")).body
    assert stage.delivery.orders == []
    head = await stage.ask("/robots.txt", host="shut.imgix.net", method="HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(shut.body)))
    await stage.ask("/robots.txt", host="photos.imgix.net")
    await stage.ask("/crossdomain.xml", host="free.imgix.net")
    assert [order.path for order in stage.delivery.orders] == ["/robots.txt", "/crossdomain.xml"]


REFUSALS: list[tuple[Exception, int, str]] = [
    (InvalidParameter("mark", "x", "y"), 400, "invalid_parameter"),
    (AddressRefused(), 400, "address_refused"),
    (BadSignature(), 403, "bad_signature"),
    (OriginFailed("no", 403), 403, "origin_denied"),
    (OriginFailed("no", 500), 502, "origin_failed"),
    (OriginFailed("no"), 502, "origin_failed"),
    (NotFound("picture"), 404, "not_found"),
    (LinkExpired(), 404, "link_expired"),
    (SourceDisabled("x"), 410, "bad_source"),
    (TooLarge(500, "bytes"), 413, "too_large"),
    (UrlTooLong(8000, "characters"), 414, "url_too_long"),
    (UnreadableImage(), 421, "unreadable_image"),
    (RenderFailed(), 421, "render_failed"),
    (UnsupportedFormat("pdf", "jpg"), 422, "unsupported_format"),
    (VideoNotRendered("fm=mp4"), 422, "video_not_rendered"),
    (EngineMissing("faces", "faces"), 503, "engine_missing"),
    (Busy(3), 503, "busy"),
    (Unavailable("database"), 503, "unavailable"),
    (StorageFull(), 507, "storage_full"),
    (RuntimeError("a secret"), 500, "internal_error"),
]


@pytest.mark.parametrize(("refusal", "status", "code"), REFUSALS, ids=[f"{c}-{s}" for _, s, c in REFUSALS])
async def test_refusals(stage: Stage, refusal: Exception, status: int, code: str) -> None:
    """Every refusal has its status, one JSON shape and an id; no cache keeps it over a minute."""
    stage.delivery.refusal = refusal
    answer = await stage.ask("/i/photos/a.jpg?w=9")
    assert (answer.status, answer.error["code"], answer.error["status"]) == (status, code, str(status))
    assert "a secret" not in answer.error["detail"]
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-imgix-id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] in ("no-store", "public, max-age=60")
    assert answer.headers["cache-control"] == "no-store" or status in (400, 404, 421, 422)
    head = await stage.ask("/i/photos/a.jpg?w=9", method="HEAD")
    assert (head.status, head.body) == (status, b"")
    if isinstance(refusal, Busy):
        assert answer.headers["retry-after"] == "3"


def told(answer: Answer) -> tuple[int, bytes, str]:
    return answer.status, answer.body, answer.headers["content-type"]


@pytest.mark.parametrize(("refusal", "status"), [(NotFound("picture"), 404), (UnreadableImage(), 421)])
async def test_substitute(stage: Stage, refusal: Refusal, status: int) -> None:
    """A source's substitute goes out whole, under the status of what it stands in for, and is never hot."""
    stage.delivery.stand_in(refusal)
    for _ in range(2):
        answer = await stage.ask("/i/photos/a.jpg", range="bytes=0-1", if_none_match='"abc"')
        assert told(answer) == (status, b"0123456789", "image/webp")
    assert len(stage.delivery.orders) == 2


async def test_log_facts(stage: Stage) -> None:
    """The road leaves for the log what it did, and nothing of the query."""
    first = await stage.ask("/i/photos/a.jpg?w=9&s=secret")
    assert first.facts == {"face": "imgix", "source": "photos", "cache": "miss"}
    assert (await stage.ask("/i/photos/a.jpg?w=9&s=secret")).facts == {"face": "imgix", "cache": "hot"}


async def test_claims(stage: Stage) -> None:
    """The road claims its prefix, its sources' hosts and every label below a delivery domain."""
    roads = stage.road.roads
    assert await roads.claims("localhost", b"/i/photos/a.jpg")
    assert await roads.claims("pics.example.com", b"/a.jpg")
    assert await roads.claims("unknown.imgix.net", b"/a.jpg")
    assert not await roads.claims("localhost", b"/v1/assets")
    assert not await roads.claims("", b"/")


async def test_links_to_own_hosts(stage: Stage) -> None:
    """A URL of ours that a picture names is an order; any other host's is not."""
    await stage.ask("/i/photos/a.jpg")
    base = stage.delivery.orders[0]
    ours = await stage.links.read("https://own.example.com/i/photos/b%20c.png?w=9&h=3", base)
    assert ours is not None
    assert (ours.source, ours.path, ours.transformation) == (OPEN, "/b c.png", parse(b"w=9&h=3").transformation)
    by_host = await stage.links.read("http://pics.example.com/b.png", base)
    assert by_host is not None
    assert by_host.transformation == IDENTITY
    assert await stage.links.read("https://elsewhere.example.com/i/photos/b.png", base) is None
    assert await stage.links.read("https://own.example.com/v1/assets", base) is None


async def test_links_meet_what_requests_meet(stage: Stage) -> None:
    """A link is refused as its request would be: signature, expiry, source, parameters."""
    await stage.ask("/i/photos/a.jpg")
    base = stage.delivery.orders[0]
    good = await stage.links.read(f"https://safe.imgix.net/b.png?{sign('/b.png', 'w=9', 'new')}", base)
    assert good is not None
    assert good.signed
    for url, kind in (
        ("https://safe.imgix.net/b.png?w=9", BadSignature),
        ("https://own.example.com/i/photos/b.png?expires=1", LinkExpired),
        ("https://nobody.imgix.net/b.png", SourceDisabled),
        ("https://own.example.com/i/photos/b.png?w=0", InvalidParameter),
        ("/~text?w=9", InvalidParameter),
    ):
        with pytest.raises(kind):
            await stage.links.read(url, base)


async def test_link_to_text_of_the_same_source(stage: Stage) -> None:
    """`/~text` without a host belongs to the base's source and needs no signature of its own."""
    await stage.ask(f"/i/safe/a.jpg?{sign('/a.jpg', 'w=9', 'new')}")
    order = await stage.links.read("/~text?txt=Hi&txt-size=30", stage.delivery.orders[0])
    assert order is not None
    assert order.source == SAFE
    assert order.transformation == parse(b"txt=Hi&txt-size=30", is_typeset=True).transformation


@given(
    st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(b"/i/photos/".__add__)),
    st.binary(max_size=80).map(lambda query: query.replace(b"?", b"")),
    st.sampled_from(["localhost", "photos.imgix.net", "[::1]:80", "a:b:c", "\xff", ""]),
)
async def test_any_target(path: bytes, query: bytes, host: str) -> None:
    """Whatever bytes a client sends as target, the answer is a picture or a client's error."""
    answer = await Stage(OPEN, SAFE).ask(path.replace(b"?", b"") + b"?" + query, host=host)
    assert answer.status == 200 or 400 <= answer.status < 500 or answer.error["code"] == "engine_missing"
