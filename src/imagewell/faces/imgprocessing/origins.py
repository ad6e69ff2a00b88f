"""Where pictures may be imported from, by URL: a list of places, and further places that these redirect to.

A pattern is matched against the host as it was read, strictly (`sources/urls.py`), never against the text of the URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from imagewell.errors import AddressRefused
from imagewell.faces.imgprocessing.settings import ImgProcessingSettings
from imagewell.sources.urls import Target, parse

MAX_REDIRECTS = 5

PLACES = (
    "https://*.s3.*.amazonaws.com/*",
    "https://*.s3.amazonaws.com/*",
    "https://s3.amazonaws.com/*",
    "https://*.blob.core.windows.net/*",
    "https://*.r2.dev/*",
    "https://www.dropbox.com/*",
    "https://storage.googleapis.com/*",
    "https://drive.google.com/*",
    "https://1drv.ms/*",
)
"""What the hosted product takes, besides its own public files."""
REDIRECT_PLACES = (
    "https://*.dropboxusercontent.com/*",
    "https://*.googleusercontent.com/*",
    "https://drive.usercontent.google.com/*",
    "https://*.live.com/*",
    "https://*.sharepoint.com/*",
)
"""Where the shares among them lead to; not taken as the first address."""

PORTS = {"http": 80, "https": 443}
PATTERN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/:]+)(?::(?P<port>[0-9]+))?/\*")
DRIVE_FILE = re.compile(r"/file/d/(?P<id>[A-Za-z0-9_-]{1,200})(?:/[^?]*)?")


@dataclass(frozen=True, slots=True)
class Places:
    """Origins that a URL may have. `first`: of the URL itself; `later`: of redirects as well."""

    first: tuple[Callable[[Target], bool], ...]
    later: tuple[Callable[[Target], bool], ...]

    @classmethod
    def of(cls, settings: ImgProcessingSettings) -> Places:
        """As the operator says."""
        kept = [pattern for pattern in PLACES if pattern not in settings.remove_import_patterns]
        first = tuple(map(_matcher, (*kept, *settings.add_import_patterns)))
        return cls(first, (*first, *map(_matcher, REDIRECT_PLACES)))

    def check(self, target: Target, hop: int) -> None:
        """Raises: AddressRefused. `hop`: 0 for the URL itself, then one more each redirect."""
        if not any(matches(target) for matches in (self.later if hop else self.first)):
            raise AddressRefused("pictures are not imported from this place")


def _matcher(pattern: str) -> Callable[[Target], bool]:
    """A `*` stands for one label of the host or several."""
    parts = PATTERN.fullmatch(pattern)
    assert parts is not None, "patterns are checked where they are set"
    scheme, port = parts["scheme"], int(parts["port"] or PORTS[parts["scheme"]])
    host = re.compile(re.escape(parts["host"]).replace(r"\*", r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*"))

    def matches(target: Target) -> bool:
        return (target.scheme, target.port) == (scheme, port) and host.fullmatch(target.host) is not None

    return matches


def direct(url: str) -> Target:
    """The address of the file itself: the page that a share's link shows is no picture.

    Raises: AddressRefused for what is no usable URL at all.
    """
    target = parse(url)
    rewrite = REWRITES.get(target.host)
    return target if rewrite is None else replace(target, path=rewrite(target.path))


def _dropbox(path: str) -> str:
    bare, _, query = path.partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=50))
    return path if "raw" in asked else f"{bare}?{urlencode(asked | {'dl': '1'})}"


def _drive(path: str) -> str:
    bare, _, query = path.partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=50))
    file = DRIVE_FILE.fullmatch(bare)
    id = file["id"] if file else asked.get("id") if bare == "/open" else None
    if id is None:
        return path
    shared = {"resourcekey": asked["resourcekey"]} if "resourcekey" in asked else {}
    return f"/uc?{urlencode({'export': 'download', 'id': id} | shared)}"


REWRITES: Mapping[str, Callable[[str], str]] = {"www.dropbox.com": _dropbox, "drive.google.com": _drive}
