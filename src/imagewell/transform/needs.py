"""Which engines a transformation has a use for, so that it goes to workers that have them."""

from __future__ import annotations

from imagewell.transform.geometry import CUTS, sought
from imagewell.transform.model import Fit, Focus, Format, ImageOverlay, Output, Stage, Transformation

NONE: frozenset[str] = frozenset()
FACES = frozenset({"faces"})
BACKGROUND = frozenset({"background-removal"})


def engines_of(transformation: Transformation) -> frozenset[str]:
    """The engines by name: "background-removal", "faces"; none for almost every transformation."""
    needed = FACES if _lists_faces(transformation.output) else NONE
    for stage in transformation.stages:
        if stage.cutout is not None:
            needed |= BACKGROUND
        if _looks_for_faces(stage):
            needed |= FACES
    return needed


def _lists_faces(output: Output) -> bool:
    return output.faces and output.format is Format.JSON


def _looks_for_faces(stage: Stage) -> bool:
    resize = stage.resize
    if resize is not None and (resize.fit is Fit.FACEAREA or (resize.fit in CUTS and _seeks_faces(resize.focus))):
        return True
    return any(
        isinstance(overlay, ImageOverlay) and overlay.fit in CUTS and _seeks_faces(overlay.focus)
        for overlay in stage.overlays
    )


def _seeks_faces(focus: tuple[Focus, ...]) -> bool:
    """Whether faces come before a word that always succeeds."""
    return bool(focus) and Focus.FACES in sought(focus)
