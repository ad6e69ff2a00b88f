"""From a settled order to its derivative: from the cache, from somebody else's render in flight, or made here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Protocol

from imagewell.delivery.cache import Derivative, DerivativeCache
from imagewell.delivery.flight import Flight
from imagewell.delivery.order import CacheWord, StoreRef
from imagewell.delivery.originals import Found, Originals
from imagewell.delivery.settle import Settled
from imagewell.errors import NotFound, StorageFull
from imagewell.imaging.pool import PoolStats
from imagewell.imaging.work import BASE, Facts, RenderOrder, Rendition
from imagewell.storage.store import Store

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


class Renderer:
    """Gets derivatives."""

    def __init__(self, store: Store, engine: Engine, cache: DerivativeCache, originals: Originals) -> None:
        self._store = store
        self._engine = engine
        self._cache = cache
        self._originals = originals
        self._flight: Flight[Derivative] = Flight()

    async def derivative(self, settled: Settled, ends_s: float) -> tuple[Derivative, CacheWord]:
        """The derivative, and where it came from.

        Args:
            ends_s: the loop's time by which it must be there.
        Raises: Busy, RenderFailed, NotFound and what decoding and encoding refuse.
        """
        kept = await self._cache.get(settled.digest, settled.transformation.output.format, settled.place)
        if kept is not None:
            return kept, "hit"
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
            inputs = {name: await self._open(stack, each, ends_s) for name, each in settled.others.items()}
            if settled.base is not None:
                inputs[BASE] = await self._open(stack, settled.base, ends_s)
            file, made = await self._rendered(settled, inputs, ends_s)
        return await self._cache.put(settled.digest, file, made, settled.place, settled.order.source.id)

    async def _rendered(self, settled: Settled, inputs: Mapping[str, str], ends_s: float) -> tuple[Path, Rendition]:
        """In memory where the result is expected to be small; on the disk after all where it has no room there."""
        file = self._cache.temp(settled.transformation)
        try:
            return file, await self._engine.render(_order(settled, inputs, file), _left_s(ends_s))
        except StorageFull:
            spare = self._store.temp()
            if file.parent == spare.parent:
                raise
            return spare, await self._engine.render(_order(settled, inputs, spare), _left_s(ends_s))

    async def _open(self, stack: AsyncExitStack, each: Found | Settled, ends_s: float) -> str:
        """A path that holds the picture until the stack is closed."""
        if isinstance(each, Settled):
            derivative, _ = await self.derivative(each, ends_s)
            if isinstance(derivative.body, StoreRef):
                return str(await stack.enter_async_context(self._store.local(derivative.body.key)))
            file = self._store.temp()
            stack.callback(_remove, file)
            await asyncio.to_thread(file.write_bytes, derivative.body)
            return str(file)
        try:
            return str(await stack.enter_async_context(self._store.local(each.original.key)))
        except NotFound:
            await self._originals.lost(each)
            raise NotFound("picture", each.original.path) from None


def _order(settled: Settled, inputs: Mapping[str, str], file: Path) -> RenderOrder:
    base = settled.base.original if settled.base else None
    return RenderOrder(
        inputs=inputs,
        transformation=settled.transformation,
        write_to=str(file),
        origin_type=base.content_type if base else "",
        origin_bytes=base.size if base else 0,
    )


def _left_s(ends_s: float) -> float:
    return max(SHORTEST_DEADLINE_S, ends_s - asyncio.get_running_loop().time())


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)
