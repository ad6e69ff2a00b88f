"""Equal orders in flight share one piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class _Flown(Generic[Result]):
    task: asyncio.Task[Result]
    waiting: int = 0


class Flight(Generic[Result]):
    """The first who asks for a key starts the work, the others wait for it too.

    The work belongs to nobody: whoever stops waiting leaves it to the rest. A failure goes to all who wait and is not
    kept.
    """

    def __init__(self) -> None:
        self._flown: dict[Hashable, _Flown[Result]] = {}

    def __len__(self) -> int:
        return len(self._flown)

    def __contains__(self, key: object) -> bool:
        return key in self._flown

    async def once(
        self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Result]], *, to_the_end: bool = False
    ) -> tuple[Result, bool]:
        """The result of `make()`, and whether somebody else had started it.

        Args:
            to_the_end: go on even when nobody waits any more; else the work is cancelled then.
        """
        flown = self._flown.get(key)
        joined = flown is not None
        if flown is None:
            flown = self._start(key, make)
        flown.waiting += 1
        try:
            return await asyncio.shield(flown.task), joined
        finally:
            flown.waiting -= 1
            if not flown.waiting and not to_the_end and not flown.task.done():
                self._leave(key, flown)
                flown.task.cancel()

    def leave_where(self, concerned: Callable[[Any], bool]) -> None:
        """Let such work go on for those who wait, but have the next who asks start afresh."""
        for key in [key for key in self._flown if concerned(key)]:
            del self._flown[key]

    async def close(self) -> None:
        """Cancel all that is in flight and wait until it has ended."""
        tasks = [flown.task for flown in self._flown.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Result]]) -> _Flown[Result]:
        flown = self._flown[key] = _Flown(asyncio.get_running_loop().create_task(make()))

        def land(task: asyncio.Task[Result]) -> None:
            self._leave(key, flown)
            if not task.cancelled():
                task.exception()  # nobody may be left to hear of it

        flown.task.add_done_callback(land)
        return flown

    def _leave(self, key: Hashable, flown: _Flown[Result]) -> None:
        """Only this very work: another may have the key by now."""
        if self._flown.get(key) is flown:
            del self._flown[key]
