"""The only way out: fetch one file from another server into a file of ours, guarded at every hop.

Scheme and host are read strictly (`urls.py`), the address is checked when the connection is opened (`transport.py`,
`addresses.py`), redirects are followed here so that each goes through both again, and bytes and time are capped.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imagewell.errors import NotFound, OriginFailed
from imagewell.sources import bodies, urls
from imagewell.sources.settings import FetchSettings

if TYPE_CHECKING:
    from imagewell.sources.transport import Answer, Client, Resolve

MAX_AGE_LIMIT_S = 365 * 86_400

Allow = Callable[[urls.Target, int], None]
"""Called with each address before it is connected to, and its number: 0 for the first, one more each redirect. Raises
AddressRefused to go no further."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_MAX_AGE = re.compile(r'(?:^|[,\s])(s-maxage|max-age)\s*=\s*"?(\d{1,10})', re.IGNORECASE)
_UNCACHEABLE = re.compile(r"(?:^|[,\s])(?:no-store|no-cache|private)(?:$|[,\s=])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Basic authentication for one origin; never sent to another, not even by its redirect."""

    username: str
    password: str = field(repr=False, default="")

    @property
    def header(self) -> str:
        """The Authorization value (RFC 7617, UTF-8)."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier fetch said, to ask whether it still holds."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The preconditions of RFC 9110 §13."""
        asked = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came.

    modified: False when the origin said that what is known still holds; the file is then not written, and size and
        sha256 are 0 and empty.
    content_type: as the origin says it, lower case, without parameters; a hint for nobody but a log.
    etag, last_modified: as sent, to be sent back. max_age_s: how long the origin lets shared caches keep it; 0 for not
        at all, None when it does not say.
    url: the last hop's, without its query.
    """

    status: int
    url: str
    modified: bool = True
    size: int = 0
    sha256: str = ""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    max_age_s: int | None = None

    @property
    def last_modified_at(self) -> datetime | None:
        """The date in `last_modified`, in UTC."""
        return moment(self.last_modified)


def moment(http_date: str | None) -> datetime | None:
    """An HTTP date in UTC, whatever zone it was written in; None for text that is none."""
    try:
        found = parsedate_to_datetime(http_date or "")
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, IndexError, OverflowError, TypeError):
        return None


class Fetcher:
    """Fetches files. Connections are kept; close it at the end.

    Args:
        resolve: name and port to addresses; the machine's own resolver when None.
    """

    def __init__(self, settings: FetchSettings, resolve: Resolve | None = None) -> None:
        self._settings = settings
        self._resolve = resolve
        self._client: Client | None = None

    async def fetch(
        self,
        url: str,
        *,
        to: Path,
        max_bytes: int | None = None,
        total_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
        known: Known | None = None,
        max_redirects: int | None = None,
        allow: Allow | None = None,
    ) -> Fetched:
        """GET `url` into the file `to`, which is removed again when anything goes wrong.

        Args:
            max_bytes, total_s, max_redirects: lower or higher than the settings' own.
            headers: further headers, sent to every hop.
            allow: says which places may be asked, of those that the guard lets through.
        Raises: AddressRefused, NotFound (the origin says 404 or 410), TooLarge, OriginFailed, Busy, StorageFull.
        """
        limit = self._settings.max_bytes if max_bytes is None else max_bytes
        hops = 1 + (self._settings.max_redirects if max_redirects is None else max_redirects)
        asked = dict(headers or {})
        try:
            async with asyncio.timeout(self._settings.total_s if total_s is None else total_s):
                return await self._follow(urls.parse(url), to, limit, asked, credentials, known, hops, allow)
        except TimeoutError as error:
            _remove(to)
            raise OriginFailed("it did not finish in time") from error
        except BaseException:
            _remove(to)
            raise

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.close()

    async def _follow(
        self,
        target: urls.Target,
        to: Path,
        limit: int,
        headers: dict[str, str],
        credentials: Credentials | None,
        known: Known | None,
        hops: int,
        allow: Allow | None,
    ) -> Fetched:
        first = target.origin
        asked = {"user-agent": self._settings.user_agent, "accept": "image/*,*/*;q=0.5", "accept-encoding": "identity"}
        asked |= headers | (known.headers if known else {})
        for hop in range(hops):
            if allow is not None:
                allow(target, hop)
            own = asked | {"host": target.authority}
            if credentials and target.origin == first:
                own["authorization"] = credentials.header
            async with self._open().get(target, own) as answer:
                if answer.status not in _REDIRECTS or "location" not in answer.headers:
                    return await _read(target, answer, to, limit, known)
                target = urls.follow(target, answer.headers["location"])
        raise OriginFailed("it redirects too often")

    def _open(self) -> Client:
        """The client, made at the first fetch: its import and its certificates would slow every start."""
        if self._client is None:
            from imagewell.sources import transport

            self._client = transport.Client(self._settings, self._resolve or transport.resolve)
        return self._client


async def _read(target: urls.Target, answer: Answer, to: Path, limit: int, known: Known | None) -> Fetched:
    headers = answer.headers
    url = str(target).partition("?")[0]
    etag, last_modified = _printable(headers.get("etag")), _printable(headers.get("last-modified"))
    age = max_age_s(headers.get("cache-control", ""), headers.get("age", ""))
    if answer.status == _NOT_MODIFIED and known is not None:
        return Fetched(answer.status, url, modified=False, etag=etag, last_modified=last_modified, max_age_s=age)
    if answer.status != 200:
        raise _failure(answer.status)
    size, sha256 = await bodies.keep(headers, answer.parts, to, limit)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()[:100]
    return Fetched(200, url, True, size, sha256, kind, etag, last_modified, age)


def max_age_s(cache_control: str, age: str = "") -> int | None:
    """How long a shared cache may keep an answer (RFC 9111 §4.2.1, without heuristics); None when nothing is said."""
    if _UNCACHEABLE.search(cache_control):
        return 0
    said = {name.lower(): int(seconds) for name, seconds in _MAX_AGE.findall(cache_control)}
    lifetime = said.get("s-maxage", said.get("max-age"))
    if lifetime is None:
        return None
    spent = int(age) if age.isdecimal() and len(age) < 10 else 0
    return min(max(0, lifetime - spent), MAX_AGE_LIMIT_S)


def _failure(status: int) -> Exception:
    if status in (404, 410):
        return NotFound("picture at the origin")
    if status in (401, 403):
        return OriginFailed("it refuses access", status)
    return OriginFailed(f"it answered {status}", status)


def _printable(value: str | None) -> str | None:
    """A validator that is safe to keep and to send back."""
    return value if value and len(value) <= 500 and value.isascii() and value.isprintable() else None


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
