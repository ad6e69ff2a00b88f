"""Which frames are read and how they play."""

from __future__ import annotations

import pytest

from imagewell.errors import InvalidParameter
from imagewell.imaging.playback import chosen
from imagewell.transform.model import Frames

DELAYS = (10, 20, 30, 40, 50)


@pytest.mark.parametrize(
    ("op", "frames", "delays"),
    [
        (Frames(), (0, 1, 2, 3, 4), DELAYS),
        (Frames(first=2, last=3), (1, 2), (20, 30)),
        (Frames(last=99), (0, 1, 2, 3, 4), DELAYS),
        (Frames(reverse=True), (4, 3, 2, 1, 0), DELAYS[::-1]),
        (Frames(keep_every=2), (0, 2, 4), (30, 70, 50)),
        (Frames(drop_every=2), (0, 2, 4), (30, 70, 50)),
        (Frames(drop_every=3), (0, 1, 3, 4), (10, 50, 40, 50)),
        (Frames(drop_every=1), (4,), (50,)),
        (Frames(fps=20), (0, 1, 2, 3, 4), (50,) * 5),
        (Frames(page=3), (2,), ()),
    ],
)
def test_frames_are_chosen_and_keep_their_time(op: Frames, frames: tuple[int, ...], delays: tuple[int, ...]) -> None:
    """Ranges, thinning, reversal and speed choose frames; time of a dropped frame goes to the one before it."""
    found = chosen(op, 5, DELAYS, 0, animated=True)
    assert (found.frames, found.delays_ms) == (frames, delays)


def test_loops_are_kept_unless_asked() -> None:
    """The file's own loop count holds until another is asked for."""
    assert chosen(None, 5, DELAYS, 7, animated=True).loop == 7
    assert chosen(Frames(loop=0), 5, DELAYS, 7, animated=True).loop == 0


def test_a_still_is_the_first_of_the_chosen() -> None:
    """Where the result cannot move, the first frame of the range is the picture."""
    assert chosen(Frames(first=3), 5, DELAYS, 0, animated=False).frames == (2,)


@pytest.mark.parametrize(
    ("op", "name"),
    [
        (Frames(page=6), "page"),
        (Frames(first=6), "frame"),
        (Frames(first=6, last=9), "frame"),
        (Frames(first=4, last=2), "frames"),
    ],
)
def test_frames_that_are_not_there_are_refused(op: Frames, name: str) -> None:
    """A page or frame past the end, or a range that ends before it starts, is the asker's mistake, and is named."""
    with pytest.raises(InvalidParameter) as refused:
        chosen(op, 5, DELAYS, 0, animated=True)
    assert refused.value.name == name
