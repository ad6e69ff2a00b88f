"""Which engines a transformation has a use for, so that it goes to workers that have them."""

from __future__ import annotations

from imagewell.transform.model import Fit, Focus, ImageOverlay, Stage, Transformation

NONE: frozenset[str] = frozenset()
FACES = frozenset({"faces"})


def engines_of(transformation: Transformation) -> frozenset[str]:
    """The engines by name: "background-removal", "faces"; none for almost every transformation."""
    needed = NONE
    for stage in transformation.stages:
        if _looks_for_faces(stage):
            needed |= FACES
    return needed


def _looks_for_faces(stage: Stage) -> bool:
    resize = stage.resize
    if resize is not None and (resize.fit is Fit.FACEAREA or (resize.focus and Focus.FACES in resize.focus)):
        return True
    return any(isinstance(overlay, ImageOverlay) and Focus.FACES in overlay.focus for overlay in stage.overlays)
