"""Connections that go to a checked address: httpcore, the engine of httpx, with a network backend of our own.

The backend is asked to connect to a *name*. It resolves that name once, keeps the addresses the guard allows and
connects to one of those by number, so that a name which resolves to something else a moment later changes nothing.
TLS still greets and verifies the name, and so does the Host header. Why not httpx: docs/decisions/0301-fetch-guard.md.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore

from imagewell.errors import AddressRefused, Busy, OriginFailed
from imagewell.sources import addresses
from imagewell.sources.settings import FetchSettings
from imagewell.sources.urls import Target

MAX_ADDRESSES_TRIED = 3

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Name and port to addresses, in the order they should be tried. Raises OSError when the name is unknown."""


async def resolve(name: str, port: int) -> list[str]:
    """The machine's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to allowed addresses and nothing else."""

    def __init__(self, settings: FetchSettings, resolve: Resolve) -> None:
        self._networks = settings.allow_networks
        self._resolve = resolve
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first allowed address of `host` that answers.

        Raises: AddressRefused; httpcore.ConnectError and ConnectTimeout.
        """
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in (await self._allowed(host, port))[:MAX_ADDRESSES_TRIED]:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _allowed(self, host: str, port: int) -> list[str]:
        try:
            found = [str(ip_address(host))]
        except ValueError:
            found = await self._resolved(host, port)
        usable = [address for address in found if addresses.allowed_text(address, self._networks)]
        if found and not usable:
            raise AddressRefused
        return usable

    async def _resolved(self, host: str, port: int) -> list[str]:
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error


class NamedBackend(GuardedBackend):
    """Opens connections to the one server that the operator named, wherever that is, and to no other."""

    def __init__(self, settings: FetchSettings, resolve: Resolve, named: Target) -> None:
        super().__init__(settings, resolve)
        self._named = named.host, named.port

    async def _allowed(self, host: str, port: int) -> list[str]:
        if (host, port) != self._named:
            raise AddressRefused
        try:
            return [str(ip_address(host))]
        except ValueError:
            return await self._resolved(host, port)


@dataclass(frozen=True, slots=True)
class Answer:
    """One origin's answer. headers: names in lower case, the last of equal names; `parts` are the body's bytes as
    they came, still compressed where a Content-Encoding says so."""

    status: int
    headers: Mapping[str, str]
    parts: AsyncIterator[bytes]


class Client:
    """HTTP over kept connections; no cookies, no redirects, no proxy from the environment.

    Args:
        named: the only server it speaks to, which may be inside; any that is public when None.
    """

    def __init__(self, settings: FetchSettings, resolve: Resolve, named: Target | None = None) -> None:
        timeouts = {
            "connect": settings.connect_timeout_s,
            "pool": settings.connect_timeout_s,
            "read": settings.read_timeout_s,
            "write": settings.read_timeout_s,
        }
        self._extensions = {"timeout": timeouts}
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpcore.default_ssl_context(),
            max_connections=settings.max_connections,
            max_keepalive_connections=settings.max_connections // 2,
            keepalive_expiry=10.0,
            network_backend=NamedBackend(settings, resolve, named) if named else GuardedBackend(settings, resolve),
        )

    def get(self, target: Target, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Answer]:
        """One GET. Raises: as `exchange`."""
        return self.exchange("GET", target, headers)

    @asynccontextmanager
    async def exchange(
        self, method: str, target: Target, headers: Mapping[str, str], content: bytes | None = None
    ) -> AsyncIterator[Answer]:
        """One exchange. Raises: AddressRefused, OriginFailed, Busy (no connection free), also while `parts` is read."""
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        try:
            asked = self._pool.stream(method, url, headers=sent, content=content, extensions=self._extensions)
            async with asked as answer:
                received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                yield Answer(answer.status, received, answer.aiter_stream())
        except httpcore.PoolTimeout:
            raise Busy(2) from None
        except httpcore.TimeoutException as error:
            raise OriginFailed("it did not answer in time") from error
        except httpcore.ConnectError as error:
            raise OriginFailed("it cannot be reached") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise OriginFailed("it broke off or does not speak HTTP") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
