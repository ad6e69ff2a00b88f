"""Calls to one server that the operator named: JSON there and back, through the transport of every fetch.

The address comes from the settings and from nobody else, so it may be inside; that one host and port is all that such a
client can reach. Redirects are answers like any other, bytes and time are capped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from imagewell.errors import OriginFailed
from imagewell.sources import bodies, urls
from imagewell.sources.settings import FetchSettings

if TYPE_CHECKING:
    from imagewell.sources.transport import Client, Resolve

MAX_ERROR_BYTES = 64 * 1024
MAX_VALUES = 1_000_000
"""In one JSON document: an empty list is two bytes, and takes thirty times as much when it is read."""


class CallTimeout(OriginFailed):
    """The server did not answer completely in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered. body: whole, decompressed; of an error no more than `MAX_ERROR_BYTES`."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON. Raises: OriginFailed, also for more than `MAX_VALUES` values."""
        if sum(map(self.body.count, (b",", b"[", b"{"))) > MAX_VALUES:
            raise OriginFailed("its answer has too many parts", self.status)
        try:
            return from_json(self.body)
        except ValueError:
            raise OriginFailed("its answer is not JSON", self.status) from None


class Calls:
    """Speaks to the server at `base_url`. Connections are kept; close it at the end.

    Args:
        api_key: sent as a bearer token to this server alone.
        timeout_s: for one call where it names no shorter time. max_bytes: of one answer.
        resolve: name and port to addresses; the machine's own resolver when None.
    Raises: AddressRefused for a `base_url` that is none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        max_bytes: int = 1024 * 1024,
        resolve: Resolve | None = None,
    ) -> None:
        self._base = urls.parse(base_url)
        self._base_url = str(self._base).rstrip("/")
        self._key = api_key
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._resolve = resolve
        self._client: Client | None = None

    async def post(self, path: str, document: Any, timeout_s: float | None = None) -> Reply:
        """POST a JSON document to a path below the base URL.

        Args:
            timeout_s: for the whole call, where it is shorter than the client's own.
        Raises: OriginFailed (unreachable, broken off), CallTimeout, TooLarge, Busy (no connection free).
        """
        content = to_json(document)
        target = urls.parse(self._base_url + path)
        headers = self._headers(target) | {"content-type": "application/json", "content-length": str(len(content))}
        asked = self._open().exchange("POST", target, headers, content)
        async with _limited(self._limit(timeout_s)), asked as answer:
            limit = self._max_bytes if answer.status == 200 else MAX_ERROR_BYTES
            return Reply(answer.status, answer.headers, await bodies.read(answer.headers, answer.parts, limit))

    def owns(self, url: str) -> bool:
        """Whether `url` is at this very server. Raises: AddressRefused for what is no URL."""
        return urls.parse(url).origin == self._base.origin

    async def download(self, url: str, to: Path, timeout_s: float | None = None) -> None:
        """GET a file of this server into `to`, which is removed again when anything goes wrong.

        Raises: OriginFailed, CallTimeout, TooLarge, Busy, AddressRefused (it is not this server's).
        """
        target = urls.parse(url)
        try:
            async with _limited(self._limit(timeout_s)), self._open().get(target, self._headers(target)) as answer:
                if answer.status != 200:
                    raise OriginFailed(f"it answered {answer.status}", answer.status)
                await bodies.keep(answer.headers, answer.parts, to, self._max_bytes)
        except BaseException:
            _remove(to)
            raise

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.close()

    def _headers(self, target: urls.Target) -> dict[str, str]:
        headers = {"host": target.authority, "accept": "*/*", "accept-encoding": "identity", "user-agent": "Imagewell"}
        if self._key and target.origin == self._base.origin:
            headers["authorization"] = f"Bearer {self._key}"
        return headers

    def _limit(self, timeout_s: float | None) -> float:
        return self._timeout_s if timeout_s is None else min(timeout_s, self._timeout_s)

    def _open(self) -> Client:
        """The client, made at the first call: its import and its certificates would slow every start."""
        if self._client is None:
            from imagewell.sources import transport

            # A model may think for as long as the call may take before the first byte comes.
            patient = FetchSettings().model_copy(update={"read_timeout_s": self._timeout_s})
            self._client = transport.Client(patient, self._resolve or transport.resolve, named=self._base)
        return self._client


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


class _limited:  # noqa: N801  # reads as a phrase
    """`async with _limited(seconds)`: what takes longer is a CallTimeout."""

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._timeout.__aexit__(*error)
        except TimeoutError as late:
            raise CallTimeout("it did not finish in time") from late
