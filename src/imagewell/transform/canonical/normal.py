"""`canonical`: what cannot be seen in the picture is left out."""

from __future__ import annotations

from dataclasses import replace

from imagewell.transform.canonical.output import output_normal
from imagewell.transform.canonical.overlay import text_normal
from imagewell.transform.canonical.stage import stage_normal
from imagewell.transform.canonical.tidy import tidy
from imagewell.transform.geometry import at_device_pixels, multiplied, multiplied_text
from imagewell.transform.model import Frames, Stage, Text, Transformation

NEUTRAL = Stage()


def canonical(transformation: Transformation) -> Transformation:
    """The normal form: the same picture, said in one way.

    dpr is multiplied out; operations and fields that cannot act are gone; numbers have one spelling. The identity
    stays the identity; everything else keeps at least one stage, because even an empty one turns the picture upright
    and writes it anew. Canonical of canonical is canonical.
    """
    if transformation.is_identity:
        return transformation
    stages, typeset = _at_device_pixels(transformation)
    return Transformation(
        stages=_without_empty([stage_normal(tidy(stage), is_first) for stage, is_first in _numbered(stages, typeset)]),
        output=output_normal(tidy(transformation.output)),
        frames=transformation.frames and _frames(tidy(transformation.frames)),
        typeset=typeset and text_normal(tidy(typeset)),
    )


def _at_device_pixels(transformation: Transformation) -> tuple[tuple[Stage, ...], Text | None]:
    """Every stage at dpr 1. Typeset text is at the dpr of its first stage, which then always acts: the text's own
    size is what was asked for."""
    stages, text = transformation.stages, transformation.typeset
    if text is None or not stages:
        return tuple(map(at_device_pixels, stages)), text
    first, *later = stages
    stages = (multiplied(first, first.dpr), *map(at_device_pixels, later))
    return stages, multiplied_text(text, first.dpr)


def _numbered(stages: tuple[Stage, ...], typeset: Text | None) -> list[tuple[Stage, bool]]:
    """Each stage, and whether it is the first to see an original, which may lie on its side."""
    return [(stage, index == 0 and typeset is None) for index, stage in enumerate(stages)]


def _without_empty(stages: list[Stage]) -> tuple[Stage, ...]:
    """Empty stages left out; not the first where it turns the original upright before another turns it further."""
    first, later = stages[:1] or [NEUTRAL], [stage for stage in stages[1:] if stage != NEUTRAL]
    if first == [NEUTRAL] and later and later[0].orient is None:
        return tuple(later)
    return (*first, *later)


def _frames(frames: Frames) -> Frames | None:
    if frames.keep_every == 1:
        frames = replace(frames, keep_every=None)
    return None if frames == Frames() else frames
