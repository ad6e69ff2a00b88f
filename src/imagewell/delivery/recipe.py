"""What an order's transformation comes to for a picture of a certain kind. Few recipes serve many pictures, so the last
ones are remembered: checking, settling and spelling one anew costs more than all else that delivery does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from imagewell.imaging.work import Facts
from imagewell.transform import limits, negotiate, spelling
from imagewell.transform.canonical import canonical
from imagewell.transform.limits import Limits
from imagewell.transform.model import FocalPoint, Focus, Stage, Transformation
from imagewell.transform.needs import engines_of

FocalShare = tuple[float, float]

REMEMBERED = 512
"""Transformations; MOST_KINDS: of pictures, each with a recipe of its own."""
MOST_KINDS = 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """A transformation, settled and canonical, its one spelling, which goes into the key, and the engines it has a use
    for."""

    transformation: Transformation
    spelled: bytes
    engines: frozenset[str] = frozenset()


class Checked:
    """A transformation that is within the limits, and its recipes for the kinds of pictures that it was asked of."""

    def __init__(self, asked: Transformation) -> None:
        self.asked = asked
        self._recipes: dict[Hashable, Recipe] = {}

    def recipe(self, facts: Facts, focus: FocalShare | None, accept: str) -> Recipe:
        """The recipe for a picture of these facts.

        Args:
            focus: the focal point kept with the picture, as shares of its sides.
            accept: the request's Accept header.
        """
        taken = (
            ",".join(f"image/{name}" for name in sorted(negotiate.accepts(accept))) if self.asked.output.auto else ""
        )
        key = facts.format, facts.has_alpha, facts.frames, focus, taken
        known = self._recipes.get(key)
        if known is None:
            if len(self._recipes) >= MOST_KINDS:
                self._recipes.clear()
            known = self._recipes[key] = self._make(facts, focus, taken)
        return known

    def _make(self, facts: Facts, focus: FocalShare | None, accept: str) -> Recipe:
        asked = self.asked
        output = negotiate.settle(asked.output, Facts(facts.format, 1, 1, facts.frames, facts.has_alpha), accept)
        stages = asked.stages if focus is None else tuple(_focused(stage, focus) for stage in asked.stages)
        wanted = canonical(replace(asked, stages=stages, output=output))
        return Recipe(wanted, spelling.spell_json(wanted), engines_of(wanted))


class Recipes:
    """Checks transformations, and remembers the last ones.

    One is known again by being the same object, as its face remembers it too: to compare one with another would mean
    looking at every value in it.
    """

    def __init__(self, ceilings: Limits) -> None:
        self._ceilings = ceilings
        self._known: OrderedDict[int, Checked] = OrderedDict()

    def check(self, asked: Transformation) -> Checked:
        """`limits.check`, done once for what is asked again and again. Raises: TooLarge, InvalidParameter."""
        known = self._known.get(id(asked))  # what is known is held by it, so that its id is nobody else's
        if known is None:
            limits.check(asked, self._ceilings)
            known = self._known[id(asked)] = Checked(asked)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(id(asked))
        return known


def _focused(stage: Stage, focus: FocalShare) -> Stage:
    """The picture's own focal point, where one is asked for and not given."""
    resize = stage.resize
    if resize is None or Focus.FOCALPOINT not in resize.focus or resize.focal is not None:
        return stage
    return replace(stage, resize=replace(resize, focal=FocalPoint(*focus)))
