"""The gate of a face: who is calling and how often, settled before any route, body or method is looked at."""

from __future__ import annotations

from collections.abc import Callable

from imagewell.accounts.subject import Subject
from imagewell.errors import AddressNotAllowed, NoCredentials, Refusal, UnknownKey
from imagewell.faces.kit.asgi import SUBJECT, Handler, Headers, Receive, Scope, Send, with_headers
from imagewell.faces.kit.errors import ErrorTable
from imagewell.faces.kit.network import address_bucket, client_address, origin_host
from imagewell.faces.kit.services import Services
from imagewell.usage.rates import Figures, OverRate, Window


class Gate:
    """Lets requests through that carry a good key and are within their rate.

    Args:
        credential: reads the key's text from a request.
        guarded: whether a path, below the face's prefix, needs a key; others pass untouched.
        window: the rate of one caller.
    """

    def __init__(
        self,
        app: Handler,
        services: Services,
        table: ErrorTable,
        *,
        credential: Callable[[Scope], str | None],
        guarded: Callable[[str], bool],
        window: Callable[[Subject], Window],
    ) -> None:
        self.app = app
        self._services = services
        self._table = table
        self._credential = credential
        self._guarded = guarded
        self._window = window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not self._guarded(route_path(scope)):
            await self.app(scope, receive, send)
            return
        try:
            scope[SUBJECT] = subject = await self._subject(scope)
            figures = await self._count(subject)
        except OverRate as refusal:
            await self._table.send(scope, send, refusal, _rate_headers(refusal.figures) if SUBJECT in scope else None)
        except Refusal as refusal:
            await self._table.send(scope, send, refusal)
        else:
            shown = [] if figures is None else _rate_headers(figures)
            await self.app(scope, receive, with_headers(send, lambda _: shown) if shown else send)

    async def _subject(self, scope: Scope) -> Subject:
        """Who is calling. Attempts without a valid key are counted by address. Raises: Refusal."""
        settings = self._services.settings
        address = client_address(scope, settings.faces.trusted_proxies)
        key = self._credential(scope)
        try:
            if key is None:
                raise NoCredentials
            return await self._services.accounts.authenticate(key, ip=address, origin_host=origin_host(scope))
        except (NoCredentials, UnknownKey, AddressNotAllowed):
            window = Window("unauthenticated", settings.rates.unauthenticated_per_minute, 60)
            await self._services.rates.hit(window, address_bucket(address))
            raise

    async def _count(self, subject: Subject) -> Figures | None:
        return await self._services.rates.hit(self._window(subject), subject.key_id or subject.account_id)


def route_path(scope: Scope) -> str:
    """The path below where the face is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and (path == root or path.startswith(root + "/")) else path


def _rate_headers(figures: Figures) -> Headers:
    return [(name.encode(), value.encode()) for name, value in figures.headers().items()]
