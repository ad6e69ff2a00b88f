"""Where and how long a key works: networks, host names, expiry. Checked when set, matched when used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from imagewell.accounts.scopes import read_scopes
from imagewell.db.text import storable
from imagewell.errors import InvalidParameter, PermissionDenied, Refusal

MAX_ENTRIES = 100
MAPPED_BITS = 96
MAX_RATE = 1_000_000
BOUNDS = frozenset({"ip_allow", "domain_allow", "rate_per_minute", "expires_at"})
"""Limits that a key passes on to those it makes."""


def checked(details: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The fields of `KeyDetails` that were given, as they are stored. Raises: InvalidParameter."""
    said: dict[str, Any] = {}
    if "name" in details:
        said["name"] = storable("name", details["name"], max_chars=100)
    if details.get("scopes") is not None:
        said["scopes"] = sorted(read_scopes(details["scopes"]))
    if "ip_allow" in details:
        said["ip_allow"] = [network(text) for text in _entries("ip_allow", details["ip_allow"])]
    if "domain_allow" in details:
        said["domain_allow"] = [domain(text) for text in _entries("domain_allow", details["domain_allow"])]
    if "rate_per_minute" in details:
        said["rate_per_minute"] = _rate(details["rate_per_minute"])
    if "expires_at" in details:
        said["expires_at"] = _expiry(details["expires_at"], now)
    return said


class Beyond(PermissionDenied):
    """A key was to be given a wider limit than its maker has."""

    def __init__(self, name: str) -> None:
        self.scope = name
        Refusal.__init__(self, f"The API key cannot give a key a wider {name} than its own.")


def bounded(name: str, said: Any, own: Any) -> Any:
    """A limit of a new key: as said, or the maker's own where nothing is said. Raises: Beyond for a wider one.

    Args:
        own: the maker's, which has one.
    """
    if not said:
        return own
    if name == "ip_allow":
        within = all(any(_is_inside(entry, other) for other in own) for entry in said)
    elif name == "domain_allow":
        within = all(_names_no_more(entry, own) for entry in said)
    else:
        within = said <= own
    if not within:
        raise Beyond(name)
    return said


def network(text: str) -> str:
    """An address or network as CIDR text; bits behind the prefix are cut off, IPv4 inside IPv6 is written as IPv4."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidParameter("ip_allow", text, "an IP address or a network such as 10.1.0.0/16") from None
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped and found.prefixlen >= MAPPED_BITS:
        return str(ip_network(f"{mapped}/{found.prefixlen - MAPPED_BITS}"))
    return str(found)


def domain(text: str) -> str:
    """A host name in lower-case ASCII, perhaps with `*.` in front."""
    bare = text.strip().rstrip(".").lower()
    star, name = ("*.", bare[2:]) if bare.startswith("*.") else ("", bare)
    try:
        name = name.encode("idna").decode()
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_is_label(label) for label in labels):
        raise InvalidParameter("domain_allow", text, "a host name such as example.com or *.example.com")
    return star + name


def ip_allowed(allow: Sequence[str], ip: str | None) -> bool:
    """Whether an address lies in one of the networks; none given is everywhere, no address is nowhere."""
    if not allow:
        return True
    try:
        address = ip_address(ip or "")
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in ip_network(network) for network in allow)


def domain_allowed(allow: Sequence[str], host: str | None) -> bool:
    """Whether a host is listed, or lies below one that is listed with `*.`; none given is everywhere."""
    if not allow:
        return True
    name = (host or "").rstrip(".").lower()
    return any(name == entry or (entry.startswith("*.") and name.endswith(entry[1:])) for entry in allow)


def _is_inside(network: str, other: str) -> bool:
    inner, outer = ip_network(network), ip_network(other)
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _names_no_more(entry: str, own: Sequence[str]) -> bool:
    """Whether every host that an entry admits is admitted by `own` too."""
    return entry in own or any(each.startswith("*.") and entry.removeprefix("*").endswith(each[1:]) for each in own)


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= 63 or label.startswith("-") or label.endswith("-"):
        return False
    return all(c.isascii() and (c.isalnum() or c in "-_") for c in label)


def _entries(name: str, entries: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(entries))
    if len(found) > MAX_ENTRIES:
        raise InvalidParameter(name, f"{len(found)} entries", f"at most {MAX_ENTRIES} entries")
    return found


def _rate(rate: int | None) -> int | None:
    if rate is not None and not 1 <= rate <= MAX_RATE:
        raise InvalidParameter("rate_per_minute", rate, f"1 to {MAX_RATE} requests, or null for the usual rate")
    return rate


def _expiry(at: datetime | None, now: datetime) -> datetime | None:
    if at is None:
        return None
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:  # at either end of the calendar, UTC may be past it
        raise InvalidParameter("expires_at", at.isoformat(), "a time before the year 9999") from None
    if at <= now:
        raise InvalidParameter("expires_at", at.isoformat(), "a time in the future")
    return at
