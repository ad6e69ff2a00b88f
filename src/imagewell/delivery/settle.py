"""From an order to all that decides its picture: its originals, its final transformation, its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from imagewell.delivery.mark import Marks
from imagewell.delivery.order import DeliveryOrder, Place
from imagewell.delivery.originals import Found, Originals
from imagewell.delivery.recipe import Recipe, Recipes
from imagewell.delivery.references import Budget, References
from imagewell.imaging.work import Facts
from imagewell.transform.canonical import digest_of
from imagewell.transform.limits import Limits

TYPESET_FACTS = Facts("png", 1, 1, has_alpha=True)
"""What text on a clear ground counts as where its format is left open."""

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Settled:
    """An order with nothing left open.

    base: None for a typeset picture. others: by reference as written; a `Settled` has to be made first.
    recipe: the transformation, settled and canonical. digest: of all this; equal digests are equal pictures.
    expires_s: Unix seconds at which the first of all URLs in it ends, the order's own included.
    """

    order: DeliveryOrder
    base: Found | None
    others: Mapping[str, Found | Settled]
    recipe: Recipe
    digest: str
    expires_s: int | None = None

    @property
    def place(self) -> Place:
        """What its derivative is forgotten by."""
        return self.base.place if self.base else (self.order.source.id, self.order.path)

    @property
    def places(self) -> tuple[Place, ...]:
        """Of every original in it."""
        own = () if self.base is None else (self.base.place,)
        inner = (place for each in self.others.values() for place in places_of(each))
        return tuple(dict.fromkeys((*own, *inner)))

    @property
    def fresh_until_s(self) -> float:
        """When the first of its originals stops being fresh."""
        return min(
            [self.base.fresh_until_s if self.base else FOREVER, *(each.fresh_until_s for each in self.others.values())]
        )

    @property
    def gone_s(self) -> float:
        """When the first of its originals is not there any more."""
        own = self.base.gone_s if self.base else FOREVER
        return min([own, *(each.gone_s for each in self.others.values())])

    @property
    def modified_at(self) -> datetime | None:
        """When the latest of its originals changed."""
        times = [each.modified_at for each in self.others.values()]
        if self.base is not None:
            times.append(self.base.modified_at)
        return max((time for time in times if time is not None), default=None)


class Settler:
    """Settles orders; opens no file and renders nothing."""

    def __init__(
        self,
        originals: Originals,
        references: References,
        marks: Marks,
        limits: Limits,
        engine_version: str,
        engines: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._originals = originals
        self._engines = engines
        self._references = references
        self._marks = marks
        self._limits = limits
        self._recipes = Recipes(limits)
        self._engine_version = engine_version

    async def settle(self, order: DeliveryOrder, base: Found | None = None) -> Settled:
        """Settle an order, and the orders that its references stand for.

        Args:
            base: the original, where it is known already.
        Raises: whatever is wrong with the order or with finding its originals.
        """
        budget = Budget(self._limits.max_inputs, self._limits.max_inputs)
        return await self._settle(order, base, order.source.stage, 0, budget)

    async def _settle(
        self, order: DeliveryOrder, base: Found | None, stage: str, depth: int, budget: Budget
    ) -> Settled:
        checked = self._recipes.check(order.transformation)
        if base is None and order.transformation.typeset is None:
            base = await self._originals.identify(order)
        facts, focus = (TYPESET_FACTS, None) if base is None else (base.original.facts, base.original.focus)
        recipe = checked.recipe(facts, focus, order.accept)
        referred = await self._references.identify(order, depth, budget)
        others = {name: await self._ingredient(each, stage, depth + 1, budget) for name, each in referred.items()}
        identities = {name: identity_of(each) for name, each in others.items()}
        key = digest_of(identity_of(base) if base else "", identities, recipe.spelled, self._version(recipe))
        return Settled(order, base, others, recipe, key, _first_end(order, *referred.values(), *others.values()))

    def _version(self, recipe: Recipe) -> str:
        """What makes the pixels: the engine's version, and which of the engines it could use are there. One that is
        installed later makes another picture."""
        there = recipe.engines and recipe.engines & self._engines()
        return "+".join([self._engine_version, *sorted(there)])

    async def _ingredient(self, each: Found | DeliveryOrder, stage: str, depth: int, budget: Budget) -> Found | Settled:
        """What a reference stands for. `stage` is that of the whole picture: one of the test stage has its mark in the
        end, and in any other a picture of the test stage shows its own."""
        if isinstance(each, Found):
            return each
        each = each if each.source.stage == stage else self._marks.on(each)
        if each.transformation.is_identity:
            return await self._originals.identify(each)
        return await self._settle(each, None, stage, depth, budget)


def _first_end(*parts: Found | DeliveryOrder | Settled) -> int | None:
    """When the first of the URLs behind these ends; an original has none of its own."""
    ends = [
        each.serve.expires_s if isinstance(each, DeliveryOrder) else each.expires_s
        for each in parts
        if not isinstance(each, Found)
    ]
    return min((end for end in ends if end is not None), default=None)


def identity_of(each: Found | Settled) -> str:
    """What tells one picture from another: an original by its bytes, a derivative by what it is made from."""
    return each.original.identity if isinstance(each, Found) else each.digest


def places_of(each: Found | Settled) -> tuple[Place, ...]:
    """The places of an original or of all that is in a derivative."""
    return (each.place,) if isinstance(each, Found) else each.places
