"""Where Imager answers, and how it is put together."""

from __future__ import annotations

from imagewell import __version__
from imagewell.accounts.subject import Subject
from imagewell.faces.imager.errors import TABLE
from imagewell.faces.imager.pictures import Pictures
from imagewell.faces.imager.routes import router
from imagewell.faces.imager.wire import ErrorAnswer
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.kit.auth import bearer
from imagewell.faces.kit.docs import docs_router
from imagewell.faces.kit.face import Face, make_app
from imagewell.faces.kit.gate import Gate
from imagewell.faces.kit.openapi import complete
from imagewell.faces.kit.services import Services
from imagewell.usage.rates import Window

TITLE = "Imager API on Imagewell"
PREFIX = "/imager"
HOSTS = ("api.imager.com",)
ROOT_PATHS = ("/api/", "/image/")
"""No other face uses these, so that they answer at the root of every host."""


def make_face(services: Services) -> Face:
    """The Imager face over `services`."""
    hosts = (*HOSTS, *services.settings.faces.imager.hosts)
    return Face("imager", PREFIX, hosts, _app(services), ROOT_PATHS)


def _app(services: Services) -> Handler:
    per_hour = services.settings.rates.imager_per_hour

    def window(subject: Subject) -> Window:
        return Window("imager", per_hour, 3600)

    def gate(app: Handler) -> Handler:
        gated = Gate(app, services, TABLE, credential=bearer, guarded=_guarded, window=window)
        return Pictures(gated, services)

    app, api = make_app(
        "imager",
        services,
        TABLE,
        [docs_router(TITLE), router],
        title=TITLE,
        version=__version__,
        description="Upload a picture, read it back.",
        servers=[{"url": services.settings.url + PREFIX}],
        gate=gate,
    )
    complete(api, [ErrorAnswer])
    return app


def _guarded(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")
