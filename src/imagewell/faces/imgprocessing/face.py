"""Where IMG Processing answers, and how it is put together."""

from __future__ import annotations

from collections.abc import Callable

from imagewell import __version__
from imagewell.accounts.subject import Stage, Subject
from imagewell.faces.imgprocessing import error_pages
from imagewell.faces.imgprocessing.cors import Cors
from imagewell.faces.imgprocessing.errors import table
from imagewell.faces.imgprocessing.pictures import PublicFiles, prefixes
from imagewell.faces.imgprocessing.routes import analysis, edits, images, imagining, making
from imagewell.faces.imgprocessing.wire import Problem
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.kit.auth import api_key_header
from imagewell.faces.kit.bodies import Drained
from imagewell.faces.kit.docs import docs_router
from imagewell.faces.kit.face import Face, RoutesFirst, make_app
from imagewell.faces.kit.gate import Gate
from imagewell.faces.kit.openapi import complete
from imagewell.faces.kit.services import Services
from imagewell.usage.rates import Window

TITLE = "IMG Processing API on Imagewell"
PREFIX = "/imgprocessing"
HOSTS = ("api.img-processing.com", "storage.img-processing.com")
DESCRIPTION = """Keep pictures, and make new ones of them: each edit is a new image, and its source stays as it is.

Send a key as `x-api-key`: `live_…` or `test_…`. Errors are `application/problem+json`.
"""
SECURITY = {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "`live_…` or `test_…`."}
ROUTERS = (making.router, imagining.router, images.router, edits.router, analysis.router)


def make_face(services: Services) -> Face:
    """The IMG Processing face over `services`."""
    hosts = (*HOSTS, *services.settings.faces.imgprocessing.hosts)
    app = Drained(Cors(_app(services), services.settings.imgprocessing.cors_origins))
    return Face("imgprocessing", PREFIX, hosts, app, prefixes(services))


def _app(services: Services) -> Handler:
    settings = services.settings
    words = table(settings.imgprocessing.errors_url or f"{settings.url}{PREFIX}/docs/errors")

    def gate(app: Handler) -> Handler:
        gated = Gate(app, services, words, credential=api_key_header, guarded=_guarded, window=_window(services))
        return PublicFiles(RoutesFirst(gated, ROUTERS, _guarded), services)

    app, api = make_app(
        "imgprocessing",
        services,
        words,
        [docs_router(TITLE), error_pages.router, *ROUTERS],
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        servers=[{"url": settings.imgprocessing.public_url or settings.url + PREFIX}],
        gate=gate,
    )
    complete(api, [Problem], security=SECURITY)
    return app


def _window(services: Services) -> Callable[[Subject], Window]:
    rates = services.settings.rates

    def window(subject: Subject) -> Window:
        test = subject.stage == Stage.test
        usual = rates.imgprocessing_test_per_minute if test else rates.imgprocessing_live_per_minute
        return Window("imgprocessing", subject.rate_per_minute or usual, 60)

    return window


def _guarded(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")
