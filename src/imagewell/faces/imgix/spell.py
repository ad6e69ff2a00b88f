"""A picture spelled as an imgix query: the other direction of the dialect, for playgrounds, links and imports."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from imagewell.errors import InvalidParameter
from imagewell.faces.imgix.dialect import parse
from imagewell.faces.imgix.frame import frame_fields
from imagewell.faces.imgix.output import output_fields, serve_fields
from imagewell.faces.imgix.overlays import overlay_fields
from imagewell.faces.imgix.size import resize_fields, rotate_fields
from imagewell.faces.imgix.table import TABLE
from imagewell.faces.imgix.tone import tone_fields
from imagewell.faces.imgix.typeset import typeset_fields
from imagewell.faces.kit.dialect import Fields
from imagewell.transform.canonical import canonical
from imagewell.transform.model import ServeOptions, Stage, Transformation

KEPT = ",:/-_.~"


def spell(wanted: Transformation, serve: ServeOptions | None = None) -> str:
    """The query, without the question mark; empty for the original. A typeset picture belongs to the path `/~text`.

    Raises: InvalidParameter for what one imgix URL cannot say: several stages, several watermarks, a share where px
        are needed.
    """
    try:
        query = "&".join(f"{name}={quote(text, safe=KEPT)}" for name, text in pairs(wanted, serve or ServeOptions()))
    except (ValueError, KeyError, StopIteration) as error:
        raise refusal() from error
    read = parse(query.encode("ascii"), is_typeset=wanted.typeset is not None).transformation
    if canonical(read) != canonical(wanted):
        raise refusal()
    return query


def refusal() -> InvalidParameter:
    """What is said of a picture that does not fit one URL."""
    return InvalidParameter("transformation", "this picture", "one that a single imgix URL can say")


def pairs(wanted: Transformation, serve: ServeOptions) -> Iterator[tuple[str, str]]:
    """Name and text, one a parameter, unencoded."""
    named = [pair for group, fields in _groups(wanted) for pair in TABLE.spell(group, fields)]
    if not named and not wanted.is_identity:
        named = [("fit", "clip")]  # neutral, and enough to say that the picture is rendered at all
    yield from named
    for group, fields in serve_fields(serve):
        yield from TABLE.spell(group, fields)


def _groups(wanted: Transformation) -> Iterator[tuple[str, Fields]]:
    if len(wanted.stages) > 1:
        raise ValueError("one stage")
    if wanted.typeset is not None:
        yield from typeset_fields(wanted.typeset)
    for stage in wanted.stages:
        yield from _stage_groups(stage)
    yield from output_fields(wanted)


def _stage_groups(stage: Stage) -> Iterator[tuple[str, Fields]]:
    plain = {name: getattr(stage, name) for name in ("region", "orient", "flip")}
    yield "stage", {**plain, "dpr": None if stage.dpr == 1 else stage.dpr}
    yield from resize_fields(stage)
    yield from rotate_fields(stage)
    yield from frame_fields(stage)
    yield from tone_fields(stage)
    yield from overlay_fields(stage)
