"""The reference page of the rendering URLs, made from the table: `python -m imagewell.faces.imgix.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby

from imagewell.faces.imgix.errors import ERROR_AGE_S
from imagewell.faces.imgix.params_engines import ABSENT
from imagewell.faces.imgix.params_output import RENDERED
from imagewell.faces.imgix.readers import OWN_COLORS
from imagewell.faces.imgix.table import BEYOND, PLAIN_ONLY, REGISTRY
from imagewell.faces.kit.dialect import Param, Tier

OPENING = """\
# imgix rendering URLs

Made from the table of parameters by `python -m imagewell.faces.imgix.reference`; do not edit.

A picture is reached as `/i/<source>/<path>?<parameters>` on any host, or as `/<path>?<parameters>` when the `Host` is
`<source>.imgix.net`, a label below another delivery domain, or one of the source's custom domains.

## How a URL is read

* Names are lower case. An alias means its parameter; the last of several wins, only `auto` adds up.
* `<name>64` takes the value as base64url, for every name and alias except {plain_only}. Broken base64url answers 400.
* `+` is a space, `%2B` a plus. Unknown names, `ixlib` and `ixid` are passed over.
* A value that cannot be read is passed over, a number out of range is brought into it. `w` or `h` of zero or less,
  and an unreadable `expires`, answer 400.
* Ranges: `a..b` is kept; `a..b?` is imgix's suggestion, and this server keeps to it where the picture needs a bound.
* Colours: a CSS name or {own_colors} (whose values are this server's own), or hexadecimal `RGB`, `ARGB`, `RRGGBB`,
  `AARRGGBB`: alpha comes first.
* Without any parameter that concerns pixels the original's own bytes are sent. As soon as there is one, the picture is
  turned upright by its EXIF orientation and written anew.
* A source's default parameters lie under those of the URL, and are no part of what is signed.

## What differs from the hosted service

* `fm` is one of {formats}. `jp2` and `jxr` answer 422, and so does everything about video.
* `bg-remove`, and `faces=1` with `fm=json`, need an engine; where it is not installed they answer 503 and name the
  commands that install it. Without face detection `crop=faces` goes on to the next word, then the centre;
  `fit=facearea,fill` takes the word behind it; `fit=facearea` alone crops. It is the same where no face is found.
* Other parameters of engines, for which there is none yet, answer 503. At its documented default each of them asks for
  nothing.
* `auto=redeye`, `svg-sanitize` and `pdf-annotation` are taken and change nothing.
* `rasterize-bypass=true` sends the original's bytes, whatever its type.
* Client hints (`ch`): `Width` takes the place of `w`, `DPR` of `dpr`, `Save-Data: on` brings `q` down to 45.

## Signed URLs

`s`, the last parameter, is the MD5 in hexadecimal of token, path and query as sent, the query with its question mark
and without `&s=…`. Below `/i/<source>/` the path may be signed with or without that prefix. A source may have several
tokens at once while one is replaced. `expires` is in Unix seconds: from then on the URL answers 404.

## Answers

| status | for |
|---|---|
| 200, 206, 304 | the picture, a byte range of it, or that it has not changed |
| 400 | a parameter, path or base64url that cannot be; an overlay that leads back to its own source |
| 403 | a missing or wrong signature; an origin that lets nobody in |
| 404 | no such picture; an expired URL |
| 405 | a method other than GET, HEAD, OPTIONS |
| 410 | no such source, or one that is switched off (`bad_source`) |
| 413, 414 | a picture or result beyond the limits; a URL of more than 8000 characters |
| 421 | an original that is corrupt |
| 422 | a type that cannot be rendered |
| 502, 503, 507 | trouble with the origin; no room, no engine, too much to do; a full disk |

Every error is `{{"errors": [{{"status", "code", "detail", "source"}}], "request_id"}}`, and no cache keeps it longer
than {error_age} s.
"""

TIERS = {
    Tier.CORE: "yes",
    Tier.EXT: "yes",
    Tier.AI: "with its engine",
    Tier.VIDEO: "no",
}


def page() -> str:
    """The whole page, in Markdown."""
    opening = OPENING.format(
        plain_only=_codes(sorted(PLAIN_ONLY)),
        own_colors=_codes(OWN_COLORS),
        formats=_codes(RENDERED),
        error_age=ERROR_AGE_S,
    )
    sections = [_section(category, rows) for category, rows in _by_category(REGISTRY)]
    beyond = _section("Seen in imgix's pages only", BEYOND)
    return "\n".join([opening, "## Parameters\n", *sections, beyond])


def _by_category(params: Iterable[Param]) -> list[tuple[str, list[Param]]]:
    ordered = sorted(params, key=lambda param: (param.tier is Tier.VIDEO, param.category, param.name))
    return [(category, list(rows)) for category, rows in groupby(ordered, key=lambda param: param.category)]


def _section(title: str, params: Iterable[Param]) -> str:
    head = ["| name | aliases | value | default | needs | served | meaning |", "|---|---|---|---|---|---|---|"]
    return "\n".join([f"### {title}\n", *head, *map(_row, params), ""])


def _row(param: Param) -> str:
    default = f"`{param.default}`" if param.default else ""
    cells = (
        f"`{param.name}`",
        _codes(param.aliases),
        param.value.replace("|", "\\|"),
        default,
        param.needs,
        "no engine yet" if param.group == ABSENT else TIERS[param.tier],
        param.about,
    )
    return f"| {' | '.join(cells)} |"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(page())
