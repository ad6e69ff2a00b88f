"""What an order's transformation comes to for a picture of a certain kind. Few recipes serve many pictures, so the last
ones are remembered: checking, settling and spelling one anew costs more than all else that delivery does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from imagewell.imaging.work import Facts
from imagewell.transform import limits, negotiate, spelling
from imagewell.transform.canonical import canonical
from imagewell.transform.limits import Limits
from imagewell.transform.model import FocalPoint, Focus, Stage, Transformation

FocalShare = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A transformation, settled and canonical, and its one spelling, which goes into the key."""

    transformation: Transformation
    spelled: bytes


def recipe_for(asked: Transformation, facts: Facts, focus: FocalShare | None, accept: str) -> Recipe:
    """The recipe for a picture of these facts.

    Args:
        focus: the focal point kept with the picture, as shares of its sides.
        accept: the request's Accept header.
    """
    taken = ",".join(f"image/{name}" for name in sorted(negotiate.accepts(accept))) if asked.output.auto else ""
    return _recipe(asked, facts.format, facts.has_alpha, facts.frames, focus, taken)


@lru_cache(maxsize=512)
def check(asked: Transformation, ceilings: Limits) -> None:
    """`limits.check`, done once for what is asked again and again. Raises: TooLarge, InvalidParameter."""
    limits.check(asked, ceilings)


@lru_cache(maxsize=512)
def _recipe(
    asked: Transformation,
    format: str,
    has_alpha: bool,
    frames: int,
    focus: FocalShare | None,
    accept: str,
) -> Recipe:
    output = negotiate.settle(asked.output, Facts(format, 1, 1, frames, has_alpha), accept)
    stages = asked.stages if focus is None else tuple(_focused(stage, focus) for stage in asked.stages)
    wanted = canonical(replace(asked, stages=stages, output=output))
    return Recipe(wanted, spelling.spell_json(wanted))


def _focused(stage: Stage, focus: FocalShare) -> Stage:
    """The picture's own focal point, where one is asked for and not given."""
    resize = stage.resize
    if resize is None or Focus.FOCALPOINT not in resize.focus or resize.focal is not None:
        return stage
    return replace(stage, resize=replace(resize, focal=FocalPoint(*focus)))
