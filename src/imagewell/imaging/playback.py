"""Which frames of a file are read, and how those play that are left."""

from __future__ import annotations

from dataclasses import dataclass

from imagewell.errors import InvalidParameter
from imagewell.transform.model import Frames

DEFAULT_DELAY_MS = 100


@dataclass(frozen=True, slots=True)
class Playback:
    """frames: 0-based, in the order they play. delays_ms: as many. loop: 0 is for ever."""

    frames: tuple[int, ...] = (0,)
    delays_ms: tuple[int, ...] = ()
    loop: int = 0

    @property
    def animated(self) -> bool:
        """Whether there is more than one frame to play."""
        return len(self.frames) > 1


def chosen(op: Frames | None, count: int, delays_ms: tuple[int, ...], loop: int, animated: bool) -> Playback:
    """The frames that `op` asks for.

    Args:
        count: frames or pages in the file. animated: whether the result can be an animation; else the first of the
            chosen frames is the picture.
    Raises: InvalidParameter for a page or frame that is not there.
    """
    op = op or Frames()
    if op.page is not None:
        return Playback((_numbered("page", op.page, count),))
    first = _numbered("frame", op.first or 1, count)
    last = min(op.last or count, count) - 1
    if first > last:
        raise InvalidParameter("frames", f"{op.first} to {op.last}", "a first frame before the last")
    if not animated:
        return Playback((first,))
    numbers, delays = _thinned(list(range(first, last + 1)), delays_ms, op)
    if op.fps:
        delays = [round(1000 / op.fps)] * len(numbers)
    if op.reverse:
        numbers, delays = numbers[::-1], delays[::-1]
    return Playback(tuple(numbers), tuple(delays), loop if op.loop is None else op.loop)


def _numbered(name: str, number: int, count: int) -> int:
    """0-based. Raises: InvalidParameter for one that the file does not have."""
    if number > count:
        raise InvalidParameter(name, number, f"1 to {count}")
    return number - 1


def _thinned(numbers: list[int], delays_ms: tuple[int, ...], op: Frames) -> tuple[list[int], list[int]]:
    """Frames without those to be left out; who stays takes over the time of who goes after it."""
    kept: list[int] = []
    delays: list[int] = []
    for position, number in enumerate(numbers):
        delay = delays_ms[number] if number < len(delays_ms) else DEFAULT_DELAY_MS
        left_out = (op.keep_every and position % op.keep_every) or (
            op.drop_every and (position + 1) % op.drop_every == 0
        )
        if left_out and kept:
            delays[-1] += delay
        elif not left_out or position == len(numbers) - 1:
            kept.append(number)
            delays.append(delay)
    return kept, delays
