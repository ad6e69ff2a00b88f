"""The addresses that answers carry: of pages, and of published pictures.

A client of the first generation follows a link by cutting off the origin that it knows; so an answer's links begin with
what the client itself can reach. Order: the face's own settings; the server's public URL; what a trusted proxy says the
client asked for; the Host header.
"""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urlsplit

from imagewell.errors import AddressRefused
from imagewell.faces.kit.asgi import Scope, header_text
from imagewell.faces.kit.network import within
from imagewell.ids import is_id
from imagewell.settings import Settings
from imagewell.sources import urls

FILES = "/images"
HOSTED_FILES = ("https://storage.img-processing.com/images",)
ID = "image_"
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?")


def public_id(asset_id: str) -> str:
    """An asset's id as this API spells it."""
    return ID + asset_id


def stored_id(image_id: str) -> str | None:
    """The asset's id behind `image_<24 hex digits>`; None for anything else."""
    id = image_id.removeprefix(ID)
    return id if id != image_id and is_id(id) else None


def base(scope: Scope, settings: Settings) -> str:
    """What the address of any path of this API begins with, without a slash at its end."""
    own, root = settings.imgprocessing.public_url, str(scope.get("root_path", ""))
    if own is not None:
        return own
    asked = _asked(scope, settings)
    # On a host of its own the face is at the root, where the server's public URL leads to another API.
    if settings.public_url is not None and (root or _host(settings.url) == _host(asked)):
        return settings.url + root
    return asked + root


def files_base(scope: Scope, settings: Settings) -> str:
    """What the addresses of published pictures begin with."""
    if settings.imgprocessing.files_url is not None:
        return settings.imgprocessing.files_url
    return (settings.url if settings.public_url is not None else _asked(scope, settings)) + FILES


def file_url(scope: Scope, settings: Settings, asset_id: str) -> str:
    """Where a published picture is."""
    return f"{files_base(scope, settings)}/{public_id(asset_id)}"


def own_file(scope: Scope, settings: Settings, url: str) -> str | None:
    """The asset's id behind the address of a published picture of this server; None for any other URL.

    Known are the address that is given out now, the server's public URL, and the hosted product's own host, whose
    addresses old records hold. Raises: AddressRefused for text that is no usable URL.
    """
    target = urls.parse(url)
    path = target.path.partition("?")[0]
    for base_url in (files_base(scope, settings), settings.url + FILES, *HOSTED_FILES):
        with suppress(AddressRefused):  # a Host header may be one that nobody can be reached by
            known = urls.parse(base_url)
            if target.origin == known.origin and path.startswith(known.path + "/"):
                return stored_id(path.removeprefix(known.path + "/"))
    return None


def _asked(scope: Scope, settings: Settings) -> str:
    """Scheme and host as the client asked for them."""
    scheme, host = str(scope.get("scheme", "http")), header_text(scope, b"host").lower()
    peer = (scope.get("client") or ("", 0))[0]
    if within(peer, settings.faces.trusted_proxies):
        scheme = _first(scope, b"x-forwarded-proto") or scheme
        host = _first(scope, b"x-forwarded-host") or host
    if scheme not in ("http", "https") or not HOST.fullmatch(host):
        return settings.url
    return f"{scheme}://{host}"


def _first(scope: Scope, name: bytes) -> str:
    return header_text(scope, name).partition(",")[0].strip().lower()


def _host(url: str) -> str | None:
    return urlsplit(url).hostname
