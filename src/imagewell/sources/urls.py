"""URLs of other servers, read strictly: one spelling of a host, or none.

What cannot be misread cannot be checked in one reading and used in another. A host is a plain DNS name, a dotted quad
or a bracketed IPv6 address; every other notation that some library may take for an address (`0x7f.1`, `2130706433`,
`0177.0.0.1`, full-width digits, percent signs, zone ids, a trailing dot) is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from imagewell.errors import AddressRefused

MAX_URL_CHARACTERS = 8192

_URL = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_PORTS = {"http": 80, "https": 443}
_KEEP = "!$%&'()*+,;=:@/~?-._"
"""Characters of a target that stay as they are; all others are percent-encoded as UTF-8."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `host` is lower-case ASCII, an IPv6 address without its brackets; `path` is
    percent-encoded, with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials are bound to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str) -> Target:
    """The target of an absolute http or https URL without user information.

    Raises: AddressRefused for everything else.
    """
    if len(url) > MAX_URL_CHARACTERS or _UNSAFE.search(url):
        raise AddressRefused("the URL has characters that are not allowed, or too many")
    parts = _URL.fullmatch(url)
    if parts is None or parts["scheme"].lower() not in _PORTS:
        raise AddressRefused("only absolute http and https URLs are fetched")
    scheme = parts["scheme"].lower()
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise AddressRefused("the URL's host is missing or carries user information")
    port = int(authority["port"] or _PORTS[scheme])
    if not 1 <= port <= 65535:
        raise AddressRefused("the URL's port is not one")
    query = "" if parts["query"] is None else f"?{parts['query']}"
    return Target(scheme, host(authority["host"]), port, _encoded((parts["path"] or "/") + query))


def follow(base: Target, location: str) -> Target:
    """The target of a redirect's `Location`, which may be relative."""
    try:
        return parse(urljoin(str(base), location.strip(" ")))
    except ValueError:  # urljoin on broken brackets
        raise AddressRefused("the origin redirects to something that is no URL") from None


def host(text: str) -> str:
    """A host's one spelling. Raises: AddressRefused."""
    if text.startswith("["):
        return _ipv6(text[1:-1])
    name = text.lower() if text.isascii() else _international(text)
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("the URL's host is not a name")
    return _ipv4(name) if _NUMBER.fullmatch(labels[-1]) else name


def _international(text: str) -> str:
    """IDNA 2008 without any mapping: `１２７。０。０。１` is not a name."""
    try:
        return idna.encode(text, strict=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise AddressRefused("the URL's host is not a name") from None


def _ipv4(name: str) -> str:
    """A name that ends in a number is an address or nothing (as in the WHATWG URL standard)."""
    try:
        return str(IPv4Address(name))
    except ValueError:
        raise AddressRefused("the URL's host is a number that is no IPv4 address") from None


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise AddressRefused("the URL's host is not an IPv6 address") from None


def _encoded(path: str) -> str:
    try:
        return quote(path, safe=_KEEP)
    except UnicodeError:  # lone surrogates
        raise AddressRefused("the URL has characters that are not allowed") from None
