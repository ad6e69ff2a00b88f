"""The subject alone: its surroundings made clear by the engine for background removal (imgix `bg-remove`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvips import Image

from imagewell.errors import InvalidParameter
from imagewell.imaging.context import Context
from imagewell.imaging.steps.alpha import OPAQUE, covered, has_alpha, with_alpha
from imagewell.imaging.steps.planes import lookup
from imagewell.transform.model import CutOut
from imagewell.vision.engines import missing

if TYPE_CHECKING:
    from imagewell.vision.engines import Engines

MOST_FRAMES = 16
"""Of an animation: each takes the engine a good part of a second."""
LEAST_SIDE_PX = 1280
"""A picture that is made small afterwards is cut out at no less than this: edges are found where there are pixels, and
the resize then makes them the finer."""
HARD = [min(max((level - OPAQUE / 2) * 8 + OPAQUE / 2, 0), OPAQUE) for level in range(OPAQUE + 1)]
"""Alpha where nothing is half clear: an edge of a pixel or two is left, that it may not look like stairs."""
GREY = [128, 128, 128]


def apply(frames: list[Image], op: CutOut, ctx: Context) -> list[Image]:
    """Every frame, in memory, with 4 bands: the subject's colours, 0 where nothing of it is; of what lay behind
    nothing is left. As they came where they are clear enough already; opaque where nothing stands out and
    `op.fallback` is set.

    Args:
        frames: 8-bit sRGB in memory.
    Raises: EngineMissing; InvalidParameter where nothing can be cut out and there is no fallback.
    """
    if ctx.engines is None:
        raise missing("background-removal")
    if is_cut_out(frames[0], op.threshold):
        return frames
    cut = [_cut(frame, op, ctx.engines) for frame in frames] if len(frames) <= MOST_FRAMES else [None]
    found = [frame for frame in cut if frame is not None]
    if len(found) == len(frames):
        return found
    if op.fallback:
        return [with_alpha(frame) for frame in frames]
    raise InvalidParameter(
        "cutout", "this picture", f"a picture, or up to {MOST_FRAMES} frames, in which something stands out"
    )


def is_cut_out(frame: Image, threshold: float) -> bool:
    """Whether a share of `threshold` of a frame's pixels is clear, and any is."""
    if not has_alpha(frame):
        return False
    clear = float((frame[3] < OPAQUE / 2).avg()) / OPAQUE
    return clear > 0 and clear >= threshold


def _cut(frame: Image, op: CutOut, engines: Engines) -> Image | None:
    """One frame cut out; None where nothing stands out. What was clear before stays clear."""
    seen = frame.flatten(background=GREY) if has_alpha(frame) else frame
    alpha, colors = engines.cutout(seen.numpy())
    if not alpha.any():
        return None
    coverage = Image.new_from_array(alpha)
    if not op.semi_transparency:
        coverage = coverage.maplut(lookup(HARD))
    subject = Image.new_from_array(colors, interpretation="srgb")
    if has_alpha(frame):
        return covered(subject.bandjoin(frame[3]), coverage).copy_memory()
    return subject.bandjoin(coverage).copy(interpretation="srgb")
