"""Where credentials sit, and who is calling on the network."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from imagewell.faces.kit.auth import api_key_header, basic, basic_user, bearer
from imagewell.faces.kit.network import address_bucket, client_address, host_of, origin_host, within

from .asgi import scope

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer live_x", "live_x"),
        ("bEARER    live_x", "live_x"),
        ("Bearer live_x ", "live_x"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearer a b", None),
        ("Bearer\tx", None),
        ("Basic x", None),
        ("xBearer x", None),
        ("", None),
    ],
)
def test_a_bearer_token(header: str, token: str | None) -> None:
    """The scheme in any case, one space or more, exactly one token."""
    assert bearer(scope(headers=[("authorization", header)])) == token


def test_no_header_is_no_credential() -> None:
    """Without the header nothing is found."""
    assert (bearer(scope()), basic(scope()), api_key_header(scope())) == (None, None, None)


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("Basic a2V5Og==", ("key", "")),
        ("basic a2V5OnA6dw==", ("key", "p:w")),
        ("Basic a2V5", None),
        ("Basic !!!", None),
        ("Basic a2V5Og", None),
        ("Basic /////w==", None),
    ],
)
def test_basic_credentials(header: str, pair: tuple[str, str] | None) -> None:
    """User and password, or nothing for what is no Basic header."""
    asked = scope(headers=[("authorization", header)])
    assert basic(asked) == pair
    assert basic_user(asked) == (pair[0] if pair else None)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.9", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, nonsense, 10.0.0.9", "10.0.0.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "2001:db8::5", "2001:db8::5"),
        ("", "198.51.100.1", None),
    ],
)
def test_the_clients_address_behind_proxies(peer: str, forwarded: str, address: str | None) -> None:
    """X-Forwarded-For counts only from a trusted proxy, and from the right."""
    asked = scope(headers=[("x-forwarded-for", forwarded)], client=(peer, 1))
    assert client_address(asked, PROXIES) == address


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    """Nobody can lend themselves another's address."""
    asked = scope(headers=[("x-forwarded-for", "127.0.0.1")], client=("203.0.113.7", 1))
    assert client_address(asked, ()) == "203.0.113.7"
    assert not within("203.0.113.7", (ip_network("127.0.0.0/8"),))
    assert within("127.0.0.9", (ip_network("127.0.0.0/8"),))


def test_one_household_is_one_bucket() -> None:
    """IPv6 clients are counted by their /64."""
    assert address_bucket("2001:db8:1:2:3:4:5:6") == address_bucket("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert address_bucket("203.0.113.7") == "203.0.113.7"
    assert address_bucket(None) == "unknown"


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ([("origin", "https://shop.example.com:8443")], "shop.example.com"),
        ([("origin", "null"), ("referer", "https://a.example/x?y")], "a.example"),
        ([("referer", "http://[::1")], None),
        ([], None),
    ],
)
def test_the_calling_pages_host(headers: list[tuple[str, str]], host: str | None) -> None:
    """Origin, else Referer, else nothing."""
    assert origin_host(scope(headers=headers)) == host


@pytest.mark.parametrize(
    ("header", "host"),
    [("API.Imager.com:80", "api.imager.com"), ("[::1]:8000", "[::1]"), ("a.example.", "a.example"), ("", "")],
)
def test_the_host_header(header: str, host: str) -> None:
    """Lower case, without port and final dot."""
    assert host_of(scope(headers=[("host", header)])) == host
