"""The own API: where it answers, and how it is put together."""

from __future__ import annotations

from imagewell import __version__
from imagewell.accounts.subject import Subject
from imagewell.faces.kit.asgi import Handler
from imagewell.faces.kit.auth import bearer
from imagewell.faces.kit.bodies import Pace
from imagewell.faces.kit.docs import docs_router
from imagewell.faces.kit.face import Face, make_app
from imagewell.faces.kit.gate import Gate
from imagewell.faces.kit.idempotency import IdempotentPosts
from imagewell.faces.kit.openapi import complete
from imagewell.faces.kit.services import Services
from imagewell.faces.own.error_page import router as error_page
from imagewell.faces.own.errors import TABLE
from imagewell.faces.own.routes import account, assets, folders, jobs, keys, sources, transform, uploads, usage
from imagewell.faces.own.wire.assets import AssetFromUrl
from imagewell.faces.own.wire.common import Problem
from imagewell.usage.rates import Window

TITLE = "Imagewell API"
ROOT_PATHS = ("/v1/", "/docs", "/openapi.json")
DESCRIPTION = """One API over one library of pictures: upload, organise, transform, deliver.

Send a key as `Authorization: Bearer live_…`. Times are RFC 3339 in UTC, ids 24 hexadecimal digits. Lists come in pages:
give `next` as `after` until it is null. A POST with an `Idempotency-Key` is done once however often it is sent. What
can be changed has an `ETag`; send it as `If-Match` to change nothing that somebody else changed meanwhile. Errors are
problem documents (RFC 9457); `code` is stable, and `request_id` finds the request in the server's log.
"""


def make_face(services: Services) -> Face:
    """The own API over `services`."""
    return Face("own", "", services.settings.faces.own.hosts, _app(services), ROOT_PATHS)


def _app(services: Services) -> Handler:
    settings = services.settings

    def window(subject: Subject) -> Window:
        return Window("own", subject.rate_per_minute or settings.rates.own_per_minute, 60)

    def gate(app: Handler) -> Handler:
        return Gate(app, services, TABLE, credential=bearer, guarded=_guarded, window=window)

    def inner(app: Handler) -> Handler:
        return IdempotentPosts(app, services.idempotency, settings.uploads.max_json_bytes, Pace.of(settings.uploads))

    app, api = make_app(
        "own",
        services,
        TABLE,
        [
            docs_router(TITLE),
            error_page,
            *(each.router for each in (uploads, assets, folders, keys, sources, transform, jobs, usage, account)),
        ],
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        servers=[{"url": settings.url}],
        gate=gate,
        inner=inner,
    )
    complete(api, [Problem, AssetFromUrl], idempotent=True)
    return app


def _guarded(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")
