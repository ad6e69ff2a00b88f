"""The faces of a picture, in the shape of imgix `fm=json&faces=1` (B.9.1)."""

from __future__ import annotations

from collections.abc import Sequence

from imagewell.imaging.answers.plain import Json
from imagewell.transform.values import Size
from imagewell.vision.values import Face


def described(faces: Sequence[Face], size: Size) -> list[Json]:
    """Boxes and points in whole px of the upright picture from its top left, the largest face first. Left and right
    are as seen on the picture."""
    return [_described(face, size) for face in faces]


def _described(face: Face, size: Size) -> Json:
    bounds: dict[str, Json] = {
        **_point((face.left, face.top), size),
        "width": round(face.width * size.width),
        "height": round(face.height * size.height),
    }
    return {
        "bounds": bounds,
        "mouth": _point(face.mouth, size),
        "left_eye": _point(face.left_eye, size),
        "right_eye": _point(face.right_eye, size),
        "confidence": round(face.score, 4),
    }


def _point(at: tuple[float, float], size: Size) -> dict[str, Json]:
    return {"x": round(at[0] * size.width), "y": round(at[1] * size.height)}
