"""What a step of the pipeline may know besides its frames and its own operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pyvips import Image

from imagewell.imaging.work import RenderOrder
from imagewell.transform.limits import Limits
from imagewell.transform.model import Stage
from imagewell.transform.values import Size

if TYPE_CHECKING:
    from imagewell.vision.engines import Engines


@dataclass(slots=True)
class Context:
    """One stage on its way through the pipeline.

    order: the whole order; its output and inputs.
    stage: the operations of this stage, at device pixels (dpr is 1).
    source: px of the picture as it stands, after orientation, region and trim and before the resize. Until the resize
        has run, frames may be smaller than this, by one factor for both sides: the decoder shrinks what it may.
    open: the first frame of another input by its reference as written, as 8-bit sRGB with 3 or 4 bands, in memory and
        turned upright. Raises the refusals of decoding.
    limits: ceilings on pixels and sides.
    engines: those that look at pictures; None in workers that have none.
    convert: what makes a frame 8-bit sRGB, while that is still to be done; None afterwards. The resize does it, where
        there are fewest pixels.
    """

    order: RenderOrder
    stage: Stage
    source: Size
    open: Callable[[str], Image]
    limits: Limits = field(default_factory=Limits)
    convert: Callable[[Image], Image] | None = None
    engines: Engines | None = None


class Step(Protocol):
    """A step of the pipeline: frames in, frames out, one operation of the stage applied to all of them.

    Every frame is 8-bit sRGB with 3 bands (opaque) or 4 (straight alpha), all frames of one size; they come out so
    too. Steps after the resize may read the frames in any order and more than once.
    """

    def __call__(self, frames: list[Image], op: Any, ctx: Context) -> list[Image]: ...  # noqa: D102 - the class says it
