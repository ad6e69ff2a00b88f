"""URLs of other servers are read in one way or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.errors import AddressRefused
from imagewell.sources import urls

ACCEPTED = {
    "http://example.com": "http://example.com/",
    "HTTPS://Example.COM/A.jpg": "https://example.com/A.jpg",
    "http://example.com:80/a": "http://example.com/a",
    "http://example.com:8080/a?b=c#d": "http://example.com:8080/a?b=c",
    "https://a-b.c_d.example/x": "https://a-b.c_d.example/x",
    "http://93.184.216.34/a": "http://93.184.216.34/a",
    "http://[2606:4700::1111]:81/a": "http://[2606:4700::1111]:81/a",
    "http://[2606:4700:0:0:0:0:0:1111]/a": "http://[2606:4700::1111]/a",
    "http://bücher.example/ä.jpg?ö": "http://xn--bcher-kva.example/%C3%A4.jpg?%C3%B6",
    "http://example.com/a%20b%2Fc": "http://example.com/a%20b%2Fc",
    'http://example.com/a"<b>': "http://example.com/a%22%3Cb%3E",
    "http://example.com//a//b/../c": "http://example.com//a//b/../c",
    "http://127.0.0.1/": "http://127.0.0.1/",  # judged when the connection is opened
    "http://localhost/": "http://localhost/",
}

REFUSED = [
    "",
    "example.com/a.jpg",
    "//example.com/a.jpg",
    "ftp://example.com/a",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "http:///a",
    "http://",
    "http:example.com",
    "http:/example.com",
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://example.com@127.0.0.1/",
    "http://@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\.evil/",
    "http://exa mple.com/",
    "http://example.com/a b",
    "http://example.com/\r\nHost: evil",
    "http://example.com/\x00",
    "http://example.com/\ud800",
    " http://example.com/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:/",
    "http://example.com:8x/",
    "http://example.com:-1/",
    "http://example.com:８０/",
    "http://example.com./",
    "http://.example.com/",
    "http://example..com/",
    "http://-example.com/",
    "http://" + "a" * 64 + ".com/",
    "http://" + "a." * 130 + "com/",
    "http://example.com/" + "a" * 9000,
    "http://*.example.com/",
    "http://example.com%00.evil/",
    "http://%31%32%37.0.0.1/",
    "http://%6cocalhost/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://0X7F.0.0.1/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://00000177.0.0.1/",
    "http://127.0.0.01/",
    "http://2130706433/",
    "http://017700000001/",
    "http://127.0.0.256/",
    "http://127.0.0.1.5/",
    "http://1.2.3.4.5.6/",
    "http://example.1/",
    "http://example.0x1/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://127｡0｡0｡1/",
    "http://ⓛocalhost/",
    "http://ｌocalhost/",
    "http://ſ.example/",
    "http://l\u00adocalhost/",
    "http://loc\u200dalhost/",
    "http://[::1/",
    "http://::1/",
    "http://[::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::ffff:127.0.0.1%lo]/",
    "http://[127.0.0.1]/",
    "http://[v1.a]/",
    "http://[::g]/",
    "http://[]/",
    "http://[::1]x/",
    "http://[::1]:/",
    "http://[::ffff:0177.0.0.1]/",
    "http://a[::1]/",
]


@pytest.mark.parametrize(("url", "spelled"), ACCEPTED.items())
def test_accepted(url: str, spelled: str) -> None:
    """A plain URL is read, and spelled back in one way."""
    assert str(urls.parse(url)) == spelled


@pytest.mark.parametrize("url", REFUSED, ids=ascii)
def test_refused(url: str) -> None:
    """Anything that two readers could take for two different places is refused."""
    with pytest.raises(AddressRefused):
        urls.parse(url)


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("b.jpg", "http://example.com/x/b.jpg"),
        ("/b.jpg?c", "http://example.com/b.jpg?c"),
        ("//other.example/b", "http://other.example/b"),
        ("https://other.example", "https://other.example/"),
        ("../../../b", "http://example.com/b"),
    ],
)
def test_redirects_are_resolved(location: str, there: str) -> None:
    """A Location is resolved against the hop it came from."""
    assert str(urls.follow(urls.parse("http://example.com/x/a.jpg"), location)) == there


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://[::1", "http://a@b/", "gopher://x/", "http://0x7f.1/"]
)
def test_redirects_are_read_as_strictly(location: str) -> None:
    """A redirect can go nowhere a first URL could not."""
    with pytest.raises(AddressRefused):
        urls.follow(urls.parse("http://example.com/"), location)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way, and what it accepts it spells the same for ever."""
    for url in (text, f"http://{text}/", f"http://example.com/{text}"):
        try:
            target = urls.parse(url)
        except AddressRefused:
            continue
        assert target.host.isascii()
        assert urls.parse(str(target)) == target
