"""Names of sources, and the host names that lead to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from ipaddress import ip_address

from imagewell.errors import AddressRefused, InvalidParameter
from imagewell.sources import urls

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MAX_HOSTS = 100
EXPECTED_LABEL = "1 to 63 of a-z, 0-9 and inner hyphens"


def clean_label(name: str, value: object) -> str:
    """A source's name, or one of its labels: what can stand as one part of a host name."""
    if not isinstance(value, str) or not LABEL.fullmatch(value):
        raise InvalidParameter(name, value, EXPECTED_LABEL)
    return value


def clean_labels(source_name: str, values: Iterable[object]) -> list[str]:
    """The labels of a source: its name first, whether or not it was given."""
    return _few("subdomains", [source_name, *(clean_label("subdomains", value) for value in values)])


def clean_domains(values: Iterable[object], reserved: Collection[str] = ()) -> list[str]:
    """Custom domains: whole host names with at least one dot, none of those that are reserved, and no addresses."""
    domains = _few("custom_domains", [_domain(value) for value in values])
    for domain in domains:
        if domain in reserved or _is_address(domain):
            raise InvalidParameter("custom_domains", domain, "a host name that this server does not use itself")
    return domains


def host_of(written: str) -> str:
    """A Host header as it is looked up: lower case, without port or trailing dot."""
    host, colon, port = written.rpartition(":")
    bare = host if colon and port.isdigit() else written
    return bare.rstrip(".").lower()


def _domain(value: object) -> str:
    try:
        host = urls.host(str(value))
    except AddressRefused:
        host = ""
    if "." not in host or not isinstance(value, str):
        raise InvalidParameter("custom_domains", value, "a host name such as images.example.com")
    return host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _few(name: str, values: list[str]) -> list[str]:
    found = list(dict.fromkeys(values))
    if len(found) > MAX_HOSTS:
        raise InvalidParameter(name, f"{len(found)} names", f"at most {MAX_HOSTS}")
    return found
