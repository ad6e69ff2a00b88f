"""What is wished for and who can make it: plain values and one protocol."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from imagewell.errors import InvalidParameter
from imagewell.imagine.settings import DEFAULT_NAME, ImagineSettings

SEEDS = 2**32
"""Seeds are taken modulo this: the largest range that every engine knows."""

MAX_SIDE_PX = 4096
SIDE_STEP_PX = 16
"""Pipelines make pictures in tiles of 8 or 16 px."""

Progress = Callable[[int, int], Awaitable[object]]
"""Told of steps done and in all."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for.

    prompt: 1 to some thousand characters; the face says how many. seed: 0 or more, random when None.
    model: one of the public names, as `sdxl`; the default when empty. width, height: px, those of the settings when
    None.
    """

    prompt: str
    negative_prompt: str = ""
    seed: int | None = None
    model: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """A wish with everything settled."""

    prompt: str
    negative_prompt: str
    seed: int
    model: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Made:
    """What can be said of a picture that was made: with this seed the same wish gives it again."""

    seed: int
    model: str
    width: int
    height: int


class PictureMaker(Protocol):
    """An engine. Two of them: `openai.OpenAIPictures` and `diffusion.Diffusion`."""

    async def make(self, order: PictureOrder, to: Path, deadline_s: float, progress: Progress | None = None) -> None:
        """Write the picture to `to` as PNG, JPEG or WebP, in about the size asked for.

        Raises: Busy (queue full, or not done in time), Unavailable (the operator has been told why), InvalidParameter
        (the engine refuses the prompt).
        """
        ...

    async def close(self) -> None:
        """Give up what runs and let go of everything."""
        ...


def settle(wish: Wish, settings: ImagineSettings) -> PictureOrder:
    """The order behind a wish, a seed drawn for it where it has none.

    Raises: InvalidParameter for sides and seeds that cannot be, and for models that have no public name.
    """
    model = wish.model or DEFAULT_NAME
    if model not in settings.names:  # whoever may name any model may have any weights fetched
        raise InvalidParameter("model", model, "one of " + ", ".join(settings.names))
    seed = secrets.randbelow(SEEDS) if wish.seed is None else wish.seed
    if seed < 0:
        raise InvalidParameter("seed", seed, "a whole number of 0 or more")
    sides = wish.width or settings.width, wish.height or settings.height
    for name, side in zip(("width", "height"), sides, strict=True):
        if not 64 <= side <= MAX_SIDE_PX or side % SIDE_STEP_PX:
            raise InvalidParameter(name, side, f"a multiple of {SIDE_STEP_PX} from 64 to {MAX_SIDE_PX} px")
    return PictureOrder(wish.prompt, wish.negative_prompt, seed % SEEDS, model, *sides)


def part_of(picture: Path) -> Path:
    """Where a picture is written until it is complete."""
    return picture.with_name(f"{picture.name}.part")
