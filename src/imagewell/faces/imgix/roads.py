"""Which source and which path a URL means: by its host, or below `/i/<source>/` on any other host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote_to_bytes

from imagewell.errors import InvalidParameter, SourceDisabled
from imagewell.sources.view import SourceView

PREFIX = b"/i/"

_UNUSABLE = re.compile(r"[\x00-\x1f\x7f\\]")


class SourceBook(Protocol):
    """The part of `sources.service.Sources` that delivery looks things up in."""

    async def by_name(self, name: str) -> SourceView | None:
        """The source of that name."""

    async def by_host(self, host: str) -> SourceView | None:
        """The source whose custom domain or delivery subdomain `host` is; lower case, without port."""


@dataclass(frozen=True, slots=True)
class Road:
    """Where a URL leads.

    path: of the picture inside its source, decoded once and checked. signable: the raw paths that a signature may
    cover: as sent and, below `/i/<source>`, also what follows it, since imgix names the source by host and signs the
    rest.
    """

    source: SourceView
    path: str
    signable: tuple[bytes, ...]


class Roads:
    """Finds sources.

    Args:
        domains: delivery domains; every label below one is a source's, known or not.
    """

    def __init__(self, sources: SourceBook, domains: tuple[str, ...] = ("imgix.net",)) -> None:
        self._sources = sources
        self._suffixes = tuple(f".{domain.lower()}" for domain in domains)

    async def claims(self, host: str, raw_path: bytes) -> bool:
        """Whether a request is delivery's to answer: below the prefix, or on a host that is or could be a source's."""
        return raw_path.startswith(PREFIX) or await self.is_source(host)

    async def is_source(self, host: str) -> bool:
        """Whether a host is a source's, or one that only a source could have."""
        return host.endswith(self._suffixes) or await self._by_host(host) is not None

    async def find(self, host: str, raw_path: bytes) -> Road:
        """The road of a request. A source's own host comes first: there a path may begin with `/i/` as with any other.

        Raises: SourceDisabled for an unknown or disabled source, InvalidParameter for a path that cannot be one.
        """
        source = await self._by_host(host)
        if source is not None:
            return _road(source, source.name, raw_path, (raw_path,))
        if not raw_path.startswith(PREFIX):
            raise SourceDisabled(host)
        name, _, rest = raw_path[len(PREFIX) :].partition(b"/")
        inner = b"/" + rest
        named = decoded(name)
        return _road(await self._sources.by_name(named), named, inner, (inner, raw_path))

    async def _by_host(self, host: str) -> SourceView | None:
        return await self._sources.by_host(host) if host else None


def _road(source: SourceView | None, name: str, raw_path: bytes, signable: tuple[bytes, ...]) -> Road:
    if source is None or not source.enabled:
        raise SourceDisabled(name)
    return Road(source, checked(decoded(raw_path)), signable)


def decoded(raw: bytes) -> str:
    """Percent-encoding undone, once. Raises: InvalidParameter for bytes that are no UTF-8."""
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidParameter("path", raw.decode("latin-1"), "percent-encoded UTF-8") from None


def checked(path: str) -> str:
    """`path`, when it can be a picture's.

    Raises: InvalidParameter for dot segments, backslashes, control characters, no leading slash.
    """
    segments = path.split("/")
    if not path.startswith("/") or ".." in segments or "." in segments or _UNUSABLE.search(path):
        raise InvalidParameter("path", path, "a path without dot segments, backslashes and control characters")
    return path
