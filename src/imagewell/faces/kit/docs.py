"""A face's interactive documentation: Scalar's bundle, served from here, and the OpenAPI document it reads."""

from __future__ import annotations

import html
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from imagewell.errors import NotFound

BUNDLE = Path(__file__).parents[4] / "web/node_modules/@scalar/api-reference/dist/browser/standalone.js"
"""Where `npm ci --prefix web` puts it. Without it the page is a link to the OpenAPI document."""

# Scalar writes style elements of its own; scripts come from this server alone, and nothing from anywhere else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONFIGURATION = (
    '{"withDefaultFonts":false,"telemetry":false,"hideClientButton":true,"showDeveloperTools":"never",'
    '"agent":{"disabled":true},"mcp":{"disabled":true},"authentication":{"preferredSecurityScheme":"key"}}'
)

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body>
<noscript>The OpenAPI document is at <a href="openapi.json">openapi.json</a>.</noscript>
<script id="api-reference" data-url="openapi.json" data-configuration="{configuration}"></script>
<script src="docs/scalar.js"></script>
</body>
</html>
"""

PLAIN_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>The OpenAPI document is at <a href="openapi.json">openapi.json</a>.</p>
<p>For the interactive page, run <code>npm ci --prefix web</code> in the checkout.</p></body>
</html>
"""


def docs_router(title: str, bundle: Path = BUNDLE) -> APIRouter:
    """`/docs` and its script, for a face whose document is at `/openapi.json` beside it."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def page() -> HTMLResponse:
        template = PAGE if bundle.is_file() else PLAIN_PAGE
        text = template.format(title=html.escape(title), configuration=html.escape(CONFIGURATION))
        headers = {
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
        }
        return HTMLResponse(text, headers=headers)

    @router.get("/docs/scalar.js")
    def script() -> Response:
        if not bundle.is_file():
            raise NotFound("path")
        headers = {"cache-control": "public, max-age=3600", "x-content-type-options": "nosniff"}
        return FileResponse(bundle, media_type="text/javascript", headers=headers)

    return router
