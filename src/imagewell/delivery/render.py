"""From a settled order to its derivative: from the cache, from somebody else's render in flight, or made here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Protocol

from imagewell.delivery.cache import Derivative, DerivativeCache
from imagewell.delivery.flight import Flight
from imagewell.delivery.mark import STAMPED
from imagewell.delivery.order import CacheWord, StoreRef
from imagewell.delivery.originals import Found, Originals
from imagewell.delivery.settle import Settled
from imagewell.errors import Busy, NotFound, Refusal, RenderFailed
from imagewell.imaging.pool import PoolStats
from imagewell.imaging.work import BASE, Facts, RenderOrder, Rendition
from imagewell.storage.store import Store
from imagewell.transform.limits import Limits

SHORTEST_DEADLINE_S = 0.5


class Engine(Protocol):
    """The render pool as delivery uses it."""

    async def render(self, order: RenderOrder, deadline_s: float | None = None) -> Rendition:
        """Writes the rendition to the order's file."""
        ...

    async def probe(self, path: str, decode: bool = False) -> Facts:
        """Facts from the header."""
        ...

    def stats(self) -> PoolStats:
        """How busy it is."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether it would refuse one more order."""
        ...

    @property
    def engines(self) -> frozenset[str]:
        """Those that are installed of what looks at pictures."""
        ...


class Renderer:
    """Gets derivatives."""

    def __init__(
        self, store: Store, engine: Engine, cache: DerivativeCache, originals: Originals, limits: Limits
    ) -> None:
        self._store = store
        self._engine = engine
        self._cache = cache
        self._originals = originals
        self._limits = limits
        self._flight: Flight[Derivative] = Flight()

    async def derivative(self, settled: Settled, ends_s: float) -> tuple[Derivative, CacheWord]:
        """The derivative, and where it came from.

        Args:
            ends_s: the loop's time by which it must be there.
        Raises: Busy, RenderFailed, NotFound and what decoding and encoding refuse.
        """
        kept = await self._cache.get(settled.digest, settled.recipe.transformation.output.format, settled.place)
        if kept is not None:
            return kept, "hit"
        if self._engine.is_full and settled.digest not in self._flight:
            raise Busy  # it would say so too, but a flood must be cheap to refuse
        kept, joined = await self._flight.once(settled.digest, lambda: self._make(settled, ends_s))
        return kept, "joined" if joined else "miss"

    async def close(self) -> None:
        """Cancel what is in flight."""
        await self._flight.close()

    async def _make(self, settled: Settled, ends_s: float) -> Derivative:
        made_meanwhile = self._cache.recall(settled.digest)
        if made_meanwhile is not None:
            return made_meanwhile
        async with AsyncExitStack() as stack:
            inputs = {name: await self._open(stack, settled, each, ends_s) for name, each in settled.others.items()}
            if settled.base is not None:
                inputs[BASE] = await self._open(stack, settled, settled.base, ends_s)
            file = self._store.temp_name()
            try:
                made = await self._engine.render(self._order(settled, inputs, file), _left_s(ends_s))
            except NotFound:
                raise await self._gone(settled) from None
        return await self._cache.put(settled.digest, file, made, settled.place, settled.order.source.id)

    async def _open(self, stack: AsyncExitStack, settled: Settled, each: Found | Settled, ends_s: float) -> str:
        """A path that holds the picture until the stack is closed."""
        if isinstance(each, Settled):
            derivative, _ = await self.derivative(each, ends_s)
            if isinstance(derivative.body, StoreRef):
                return str(await stack.enter_async_context(self._store.local(derivative.body.key)))
            file = self._store.temp()
            stack.callback(_remove, file)
            await asyncio.to_thread(file.write_bytes, derivative.body)
            return str(file)
        own = self._store.own_path(each.original.key)
        if own is not None:
            return own  # whether it is there, the worker will see
        try:
            return str(await stack.enter_async_context(self._store.local(each.original.key)))
        except NotFound:
            raise await self._gone(settled) from None

    async def _gone(self, settled: Settled) -> Refusal:
        """What to say when a worker found one of the inputs missing."""
        for each in (settled.base, *settled.others.values()):
            if isinstance(each, Found) and await self._store.size(each.original.key) is None:
                await self._originals.lost(each)
                return NotFound("picture", each.original.path)
        return RenderFailed("one of the pictures in it was removed meanwhile")

    def _order(self, settled: Settled, inputs: Mapping[str, str], file: str) -> RenderOrder:
        base = settled.base.original if settled.base else None
        # An original that is only marked keeps its size, as it would have unmarked.
        is_whole = settled.recipe.transformation.stages == STAMPED
        return RenderOrder(
            inputs=inputs,
            transformation=settled.recipe.transformation,
            write_to=file,
            origin_type=base.content_type if base else "",
            origin_bytes=base.size if base else 0,
            answer_bytes=self._cache.small_bytes,
            max_side_px=self._limits.max_input_side_px if is_whole else None,
            spelled=settled.recipe.spelled,
        )


def _left_s(ends_s: float) -> float:
    return max(SHORTEST_DEADLINE_S, ends_s - asyncio.get_running_loop().time())


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)
