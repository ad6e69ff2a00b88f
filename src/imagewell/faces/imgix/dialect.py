"""imgix's rendering URLs, read: a raw query to a picture and how it is handed out.

The table says what each name means (`table.py`), `bag.py` reads the query, `build.py` makes the picture. Unknown
names and unreadable values are passed over, numbers out of range are brought into it; what remains an error is a side
of no pixels, broken base64url, an unreadable `expires`, and what this server cannot do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from imagewell.faces.imgix import bag as bags
from imagewell.faces.imgix import build, hints
from imagewell.faces.imgix.hints import NO_HINTS, Hints
from imagewell.faces.imgix.output import serve
from imagewell.faces.imgix.table import TABLE
from imagewell.transform.model import ServeOptions, Transformation

Defaults = tuple[tuple[str, str], ...]
"""A source's default parameters, as written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one URL asks for. vary: the client hints it opted in to, as Vary names them."""

    transformation: Transformation
    serve: ServeOptions
    vary: str = ""


def parse(query: bytes, *, defaults: Defaults = (), client: Hints = NO_HINTS, is_typeset: bool = False) -> Asked:
    """The picture that a raw query asks for.

    Args:
        query: as it was sent, without the question mark.
        defaults: put under the request's own parameters.
        client: the request's hint headers; they count only where the URL opts in.
        is_typeset: the path is `/~text`.
    Raises: InvalidParameter, EngineMissing, UnsupportedFormat.
    """
    found = bags.of_query(query)
    if defaults:
        found = {**bags.collect(defaults), **found}
    names = hints.wanted(found)
    if names:
        hints.apply(found, names, client)
    values = TABLE.read(found)
    if not values.get("bypass", {}).get("on"):
        build.refuse_absent(found)
    return Asked(build.picture(values, is_typeset=is_typeset), serve(values), hints.vary(names))


@lru_cache(maxsize=512)
def parse_cached(query: bytes, defaults: Defaults, client: Hints, is_typeset: bool) -> Asked:
    """`parse`, remembered: it depends on nothing else."""
    return parse(query, defaults=defaults, client=client, is_typeset=is_typeset)


def defaults_of(params: Mapping[str, str | int | float | bool]) -> Defaults:
    """A source's default parameters as text."""
    return tuple((name, _text(value)) for name, value in params.items())


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
