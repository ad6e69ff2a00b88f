"""How a face is put together: a FastAPI application of its own inside the kit's plain ASGI layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from imagewell.errors import NotFound, Refusal
from imagewell.faces.kit.asgi import FACTS, Handler, Receive, Scope, Send
from imagewell.faces.kit.bodies import BodyCeiling, Pace
from imagewell.faces.kit.errors import ErrorTable, MethodNotAllowed, faults_of, report
from imagewell.faces.kit.gate import route_path
from imagewell.faces.kit.middleware import RequestIds, request_id_of
from imagewell.faces.kit.refusals import Refusals
from imagewell.faces.kit.services import Services


@dataclass(frozen=True, slots=True)
class Face:
    """One face, for the server to route to.

    prefix: where it answers on any host, "" for the root. hosts: names it owns, on which it answers at the root.
    root_paths: leading parts of paths that it also answers at the root of any host, under no prefix.
    """

    name: str
    prefix: str
    hosts: tuple[str, ...]
    app: Handler
    root_paths: tuple[str, ...] = ()


class Named:
    """Notes the face's name for the log line and the metrics."""

    def __init__(self, app: Handler, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        scope.setdefault(FACTS, {"face": self.name})
        await self.app(scope, receive, send)


class RoutesFirst:
    """Refuses what no route takes before anyone asks who is calling, for protocols that want it in this order.

    Args:
        guarded: paths, below the face's prefix, that are looked at; others pass.
    """

    def __init__(self, app: Handler, routers: Sequence[APIRouter], guarded: Callable[[str], bool]) -> None:
        self.app = app
        self._routes = [route for router in routers for route in router.routes]
        self._guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Raises: NotFound, MethodNotAllowed."""
        if scope["type"] == "http" and self._guarded(route_path(scope)):
            refusal = _unrouted(self._routes, scope)
            if not isinstance(refusal, MethodNotAllowed) or scope["method"] not in refusal.allow:
                raise refusal
        await self.app(scope, receive, send)


def make_app(
    name: str,
    services: Services,
    table: ErrorTable,
    routers: Sequence[APIRouter],
    *,
    title: str,
    version: str,
    description: str,
    servers: list[dict[str, str]],
    gate: Callable[[Handler], Handler],
    inner: Callable[[Handler], Handler] = lambda app: app,
    **options: Any,
) -> tuple[Handler, FastAPI]:
    """The face's ASGI application, outermost layer first: request id, refusals, gate, `inner`, body ceiling, routes.

    Returns: the application, and the FastAPI inside it, whose OpenAPI document it is.
    """
    api = FastAPI(
        title=title,
        version=version,
        description=description,
        servers=servers,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        **options,
    )
    api.state.services = services
    for router in routers:
        api.include_router(router)
    _answer_refusals(api, table, [route for router in routers for route in router.routes])
    uploads = services.settings.uploads
    app: Handler = BodyCeiling(api, uploads.max_json_bytes, Pace.of(uploads))
    return Named(RequestIds(Refusals(gate(inner(app)), table)), name), api


def _answer_refusals(api: FastAPI, table: ErrorTable, routes: Sequence[BaseRoute]) -> None:
    """Refusals become answers inside the framework, so that its own error layer never sees them."""

    def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            error = faults_of(list(error.errors()))
        elif isinstance(error, HTTPException) and error.status_code in (404, 405) and error.__cause__ is None:
            error = _unrouted(routes, request.scope)
        report(error, request.scope)
        made = table.answer(error, request_id_of(request.scope), request.url.path)
        body = b"" if request.method == "HEAD" else made.body
        response = Response(body, made.status)
        for name, value in made.headers.items():
            response.headers[name] = value
        return response

    for kind in (Refusal, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(kind, answer)


def _unrouted(routes: Sequence[BaseRoute], scope: Scope) -> Refusal:
    """Why no route takes a request: a path nobody knows, or a method that none of the path's routes has.

    Where one does take it, the method is among those of the answer.
    """
    matching = [route for route in routes if route.matches(scope)[0] is not Match.NONE]
    if not matching:
        return NotFound("path")
    first = getattr(matching[0], "path", "")
    allow = {method for route in matching if getattr(route, "path", "") == first for method in _methods(route)}
    return MethodNotAllowed(str(scope["method"]), tuple(sorted(allow)))


def _methods(route: BaseRoute) -> set[str]:
    return set(getattr(route, "methods", None) or ())
