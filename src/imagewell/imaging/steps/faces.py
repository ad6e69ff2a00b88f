"""Faces of a frame, where there is an engine that finds them: for crops, and for the frame of `fit=facearea`."""

from __future__ import annotations

from collections.abc import Sequence

from pyvips import Image

from imagewell.errors import EngineMissing
from imagewell.imaging.context import Context
from imagewell.transform.geometry import Area, Placement, faces_area, faces_center, without_faces
from imagewell.transform.model import Fit, Resize

LOOK_PX = 1280
"""Longer side of the copy that is looked at; the engine itself looks at less of it at a time."""
GREY = [128, 128, 128]


def areas(frame: Image, ctx: Context) -> Sequence[Area]:
    """Every face, the largest first, as shares of the frame; none where no engine is there to find them."""
    if ctx.engines is None:
        return ()
    try:
        found = ctx.engines.faces(_seen(frame, ctx).numpy())
    except EngineMissing:
        return ()
    return [(float(face.left), float(face.top), float(face.width), float(face.height)) for face in found]


def center(frame: Image, placement: Placement, ctx: Context) -> tuple[float, float] | None:
    """Where a crop of the placement's size is centred, as shares of the source; None where no face is found."""
    found = areas(frame, ctx)
    return faces_center(ctx.source, placement.crop[2:], found) if found else None


def settled(frame: Image, op: Resize, ctx: Context) -> tuple[Resize, Area | None]:
    """`facearea` with the area it is to show, or without one what it falls back on; any other fit as it is."""
    if op.fit is not Fit.FACEAREA:
        return op, None
    area = faces_area(areas(frame, ctx), op.face_index, op.face_pad)
    return (without_faces(op), None) if area is None else (op, area)


def _seen(frame: Image, ctx: Context) -> Image:
    """As the engine looks at it: 8-bit sRGB, opaque, no larger than it has use for."""
    scale = min(1.0, LOOK_PX / max(frame.width, frame.height))
    seen = frame.resize(scale, vscale=max(scale, 1 / frame.height), kernel="linear") if scale < 1 else frame
    seen = seen if ctx.convert is None else ctx.convert(seen)
    return seen.flatten(background=GREY) if seen.hasalpha() else seen
