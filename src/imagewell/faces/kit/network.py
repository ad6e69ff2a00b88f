"""Who is calling, on the network: the client's address behind trusted proxies, the host of the calling page."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from imagewell.faces.kit.asgi import Scope, header, header_text
from imagewell.faces.kit.settings import Network

Address = IPv4Address | IPv6Address


def client_address(scope: Scope, trusted: Sequence[Network]) -> str | None:
    """The client's IP address.

    `X-Forwarded-For` counts only when the peer is a trusted proxy, and is read from the right: the first address that
    is not a trusted proxy itself is the client's. What a client writes further left is never believed.
    """
    peer = _address((scope.get("client") or ("", 0))[0])
    if peer is None:
        return None
    if trusted and _within(peer, trusted):
        for text in reversed(_forwarded(scope)):
            found = _address(text)
            if found is None:
                break
            peer = found
            if not _within(found, trusted):
                break
    return str(peer)


def address_bucket(address: str | None) -> str:
    """What one client is counted under: an IPv4 address, or the /64 of an IPv6 one, which is one household."""
    found = _address(address or "")
    if isinstance(found, IPv6Address):
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found or "unknown")


def within(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks."""
    found = _address(address or "")
    return found is not None and _within(found, networks)


def origin_host(scope: Scope) -> str | None:
    """The host of the page that makes the call: Origin, else Referer; for keys with a domain allow-list."""
    for name in (b"origin", b"referer"):
        text = header_text(scope, name)
        if text and text != "null":
            try:
                return urlsplit(text).hostname
            except ValueError:
                return None
    return None


def host_of(scope: Scope) -> str:
    """The Host header in lower case, without its port."""
    host = (header(scope, b"host") or b"").decode("latin-1").lower().strip()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def _forwarded(scope: Scope) -> list[str]:
    joined = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    return [part.strip() for part in joined.decode("latin-1").split(",") if part.strip()][-32:]


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
