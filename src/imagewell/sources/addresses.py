"""The network guard: which addresses this server may connect to on behalf of somebody else.

The ranges are those of the IANA special-purpose registries (RFC 6890 and its successors), written out so that they can
be read here and do not change with Python's version. An IPv6 address that carries an IPv4 one is judged by both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; Linux connects to itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind carriers' NAT; one cloud's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # one cloud's metadata service, on an address that looks public
        "169.254.0.0/16",  # link-local; most clouds' metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

OPEN_V6 = IPv6Network("2000::/3")
"""The only IPv6 range from which public addresses are given out; all else (::, ::1, fc00::/7, fe80::/10, ff00::/8,
compatible addresses, local NAT64, …) is inside or reserved."""

REFUSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)

_MAPPED = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_CARRIERS = (_MAPPED, _TRANSLATED, _NAT64)
"""Ranges outside `OPEN_V6` that are only an envelope: the IPv4 address within decides alone."""

_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)


def allowed(address: Address, allow_networks: Sequence[Network] = ()) -> bool:
    """Whether the server may connect to `address`.

    Args:
        allow_networks: what an operator opened although it is not public. An address inside one of them is allowed as
            it stands; an envelope (mapped, NAT64, …) of such an IPv4 address too.
    """
    if _within(address, allow_networks):
        return True
    if isinstance(address, IPv4Address):
        return not _within(address, REFUSED_V4)
    if address.scope_id is not None:
        return False
    if not all(allowed(inner, allow_networks) for inner in embedded(address)):
        return False
    if _within(address, _CARRIERS):
        return True
    return address in OPEN_V6 and not _within(address, REFUSED_V6)


def allowed_text(text: str, allow_networks: Sequence[Network] = ()) -> bool:
    """The same for an address as a resolver spells it; what is no address is not allowed."""
    try:
        return allowed(ip_address(text), allow_networks)
    except ValueError:
        return False


def embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address carries: RFC 4291 mapped and compatible, RFC 2765 translated, RFC 6052
    NAT64, RFC 3056 6to4, RFC 4380 Teredo (server and client), RFC 5214 ISATAP."""
    number = int(address)
    if _within(address, (*_CARRIERS, _COMPATIBLE)):
        yield IPv4Address(number & 0xFFFFFFFF)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    elif address in _TEREDO:
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~number & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
