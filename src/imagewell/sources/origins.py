"""The backend behind a source: where the original of a path lies, and how to be let in there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from imagewell.errors import InvalidParameter, NotFound
from imagewell.sources import urls
from imagewell.sources.fetch import Credentials

MAX_PATH_CHARACTERS = 4096

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_KEEP = "!$&'()*+,;=:@/~-._"


@dataclass(frozen=True, slots=True)
class WebFolder:
    """A folder on another web server. `base` ends without a slash."""

    base: str
    credentials: Credentials | None = None

    @classmethod
    def of(cls, base_url: str, username: str = "", password: str = "") -> WebFolder:
        """The folder at `base_url`, with basic authentication where a username is given.

        Raises: InvalidParameter, AddressRefused: a base that is no plain http or https URL.
        """
        if "?" in base_url or "#" in base_url:
            raise InvalidParameter("base_url", base_url, "an http or https URL without a query")
        credentials = Credentials(username, password) if username else None
        return cls(str(urls.parse(base_url)).rstrip("/"), credentials)

    def url(self, path: str) -> str:
        """The origin's URL of a path.

        Args:
            path: decoded, with a leading slash.
        Raises: NotFound for a path that would leave the folder or cannot be a file's.
        """
        return self.base + quote(inside(path), safe=_KEEP)


def inside(path: str) -> str:
    """`path` itself, if it can only mean something below its folder.

    Raises: NotFound for dot segments, backslashes, control characters, text that is not UTF-8, no leading slash.
    """
    steps = path.split("/")
    if (
        len(path) > MAX_PATH_CHARACTERS
        or _UNSAFE.search(path)
        or not path.startswith("/")
        or "." in steps
        or ".." in steps
    ):
        raise NotFound("picture", path)
    return path
