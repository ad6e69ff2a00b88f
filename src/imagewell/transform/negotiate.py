"""`auto`, and a format that is left open, become concrete: what the source is and what the client reads decide
(imgix B.6.1, B.6.2)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from imagewell.transform.canonical.output import DATA
from imagewell.transform.model import Format, Output

COMPRESSED_QUALITY = 45
"""Of `auto=compress`, where no quality is asked for."""
LONGEST_ACCEPT = 1024
"""Characters of an Accept header that are read: browsers send fewer than 200."""
SOURCES = {
    "jpeg": Format.JPEG,
    "png": Format.PNG,
    "webp": Format.WEBP,
    "avif": Format.AVIF,
    "gif": Format.GIF,
}
"""Source formats that browsers read, and are kept. All others become JPEG, or PNG where the result has clear pixels."""
MOVING = frozenset({"gif", "webp"})
"""Source formats that keep their frames when nothing else is asked for."""
MEDIA = {"image/avif": "avif", "image/webp": "webp"}


class SourceFacts(Protocol):
    """What has to be known of the source: `imaging.work.Facts` is one."""

    @property
    def format(self) -> str:
        """ "jpeg", "png", … as the probe found it."""

    @property
    def frames(self) -> int:
        """1 for a still."""


def settle(output: Output, facts: SourceFacts, accept: str) -> Output:
    """The output with a format and without `auto`.

    Args:
        facts: of the base picture.
        accept: the request's Accept header as it came; empty where there was none.
    Returns: what does not depend on the request any more. `if_clear` may be set: the format written instead when the
        result has clear pixels, which only the engine can see.
    """
    if output.format in DATA:
        return replace(output, auto=frozenset(), if_clear=None)
    fallback = _with_format(output, facts)
    if "compress" in output.auto:
        fallback = _compressed(fallback, output, facts)
    chosen = _negotiated(facts, accept) if "format" in output.auto else None
    if chosen is not None:
        fallback = replace(fallback, format=chosen, if_clear=None, indexed=False, true_color=False)
    return replace(fallback, auto=frozenset())


def varies(output: Output) -> bool:
    """Whether the answer depends on the Accept header, so that caches have to be told."""
    return "format" in output.auto and output.format not in DATA


def accepts(accept: str) -> frozenset[str]:
    """Which of "avif" and "webp" an Accept header names. Wildcards do not count: every client sends those."""
    return _accepted(accept[:LONGEST_ACCEPT])


@lru_cache(maxsize=1024)
def _accepted(accept: str) -> frozenset[str]:
    found: dict[str, bool] = {}
    for item in accept.lower().split(","):
        media, *parameters = (part.strip() for part in item.split(";"))
        if media in MEDIA:
            found[MEDIA[media]] = found.get(MEDIA[media], True) and all(map(_is_wanted, parameters))
    return frozenset(name for name, wanted in found.items() if wanted)


def _is_wanted(parameter: str) -> bool:
    """Whether a parameter of a media range leaves it wanted: any but q=0, and a q that is no number."""
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return True
    try:
        return 0 < float(value) <= 1
    except ValueError:
        return False


def _with_format(output: Output, facts: SourceFacts) -> Output:
    """The asked format, else the source's own."""
    if output.format is not None:
        return output
    kept = SOURCES.get(facts.format)
    if kept is not None:
        return replace(output, format=kept)
    return replace(output, format=Format.JPEG, if_clear=output.if_clear or Format.PNG)


def _compressed(settled: Output, asked: Output, facts: SourceFacts) -> Output:
    """Low quality and no metadata; where no format is asked for, or only as a fallback, JPEG, or an indexed PNG where
    the result has clear pixels. An animation keeps its format: neither of these moves."""
    quality = COMPRESSED_QUALITY if settled.quality is None else settled.quality
    settled = replace(settled, quality=quality, iptc=False)
    is_asked = asked.format is not None and "format" not in asked.auto
    if is_asked or (facts.frames > 1 and facts.format in MOVING):
        return settled
    return replace(settled, format=Format.JPEG, if_clear=Format.PNG, indexed=not settled.true_color)


def _negotiated(facts: SourceFacts, accept: str) -> Format | None:
    """The best format that the client names; None where it names neither. Animations are never AVIF: our encoder
    writes stills only."""
    readable = accepts(accept)
    if "avif" in readable and facts.frames == 1:
        return Format.AVIF
    return Format.WEBP if "webp" in readable else None
