"""The network guard's ranges."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.sources.addresses import REFUSED_V4, allowed, allowed_text

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "5f00::1",
    "4000::1",
    "8000::1",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "3fff::1",
    "64:ff9b:1::1",
    "64:ff9b:1:0:7f00:1::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "::127.0.0.1",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:1::1",
    "2002:808:808::",
    "2001:0:808:808:0:0:80ff:fffe",
    "2001:0:7f00:1:0:0:f7f7:f7f7",
    "2001::1",
    "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:10.0.0.1",
    "fe80::5efe:8.8.8.8",
]

OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
    "2400:cb00::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700::5efe:8.8.8.8",
]


@pytest.mark.parametrize("text", INSIDE)
def test_inside(text: str) -> None:
    """An address that is not public is refused in every form it can be carried in."""
    assert not allowed_text(text)


@pytest.mark.parametrize("text", OUTSIDE)
def test_outside(text: str) -> None:
    """A public address is allowed, up to the very edges of the refused ranges."""
    assert allowed_text(text)


@pytest.mark.parametrize("text", ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "127.255.0.9"])
def test_opened_network(text: str) -> None:
    """A network that the operator opened may be reached, also inside an envelope."""
    assert allowed_text(text, (ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    "text", ["::1", "10.0.0.1", "2002:7f00:1::", "fe80::1%lo", "localhost", "", "127.1", "0x7f000001"]
)
def test_opened_network_opens_nothing_else(text: str) -> None:
    """Opening one network opens no other, nor anything that is no address."""
    assert not allowed_text(text, (ip_network("127.0.0.0/8"),))


@given(st.integers(0, 2**32 - 1), st.sampled_from(["::ffff:0:0", "::ffff:0:0:0", "64:ff9b::"]))
def test_an_envelope_is_judged_by_what_it_carries(number: int, prefix: str) -> None:
    """Mapped, translated and NAT64 addresses are allowed exactly when the IPv4 address within is."""
    carried = IPv6Address(int(IPv6Address(prefix)) | number)
    assert allowed(carried) == allowed(IPv4Address(number))


@given(st.ip_addresses(v=4))
def test_agrees_with_the_registry(address: IPv4Address) -> None:
    """Nothing that Python's copy of the registry calls private, multicast or reserved is allowed."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not allowed(address)


@given(st.ip_addresses(v=6))
def test_agrees_with_the_registry_for_v6(address: IPv6Address) -> None:
    """The same for IPv6; only envelopes of public IPv4 addresses may differ."""
    if (address.is_private or address.is_multicast or address.is_link_local) and address.ipv4_mapped is None:
        assert not allowed(address)


@pytest.mark.parametrize("network", REFUSED_V4, ids=str)
def test_both_ends_of_each_range(network) -> None:
    """The first and the last address of a refused range are refused, alone and mapped."""
    for address in (network[0], network[-1]):
        assert not allowed(address)
        assert not allowed(ip_address(f"::ffff:{address}"))
