"""Size, focus, rotation and fill: fields of the table to operations, and back."""

from __future__ import annotations

from typing import Any

from imagewell.errors import EngineMissing
from imagewell.faces.kit.dialect import Fields, Values
from imagewell.transform.model import Fill, Fit, FocalPoint, Focus, Gradient, Resize, Rotate, Stage
from imagewell.transform.values import WHITE

RATIO_FITS = frozenset({Fit.CROP, Fit.FILL, Fit.FACEAREA})
FILLED_FITS = frozenset({Fit.FILL, Fit.FILLMAX})
CROPPED_FITS = frozenset({Fit.CROP, Fit.FACEAREA})
FACE_FIELDS = ("face_index", "face_pad")
CLAMPS = ("min_width", "max_width", "min_height", "max_height")
NO_FIELDS: Fields = {}


def resize(values: Values) -> Resize | None:
    """The frame asked for; only what acts with its fit is kept. None when nothing is asked."""
    fields = values.get("resize", NO_FIELDS)
    fit, fallback = _fits(fields.get("fit", (Fit.CLIP,)))
    asked: dict[str, Any] = {side: fields[side] for side in ("width", "height") if side in fields}
    if fit in RATIO_FITS and len(asked) < 2 and "ratio" in fields:
        asked["ratio"] = fields["ratio"]
    if fit is Fit.FACEAREA:
        asked.update({name: fields[name] for name in FACE_FIELDS if name in fields}, fallback=fallback)
    otherwise = fallback or fit
    if otherwise in CROPPED_FITS:
        asked.update({name: float(fields[name]) for name in CLAMPS if name in fields})
        asked.update(_focus(fields.get("focus", ()), values.get("focal", NO_FIELDS)))
    if otherwise in FILLED_FITS:
        asked["fill"] = _fill(values)
    made = Resize(fit=fit, **asked)
    return None if made == Resize() else made


def _fits(words: tuple[Fit, ...]) -> tuple[Fit, Fit | None]:
    """The fit, and of facearea what it falls back on where there is no face: the word after it, else None, a crop."""
    if words[0] is not Fit.FACEAREA:
        return words[0], None
    return words[0], next((word for word in words[1:] if word is not Fit.FACEAREA), None)


def _focus(focus: tuple[Focus, ...], focal: Fields) -> Fields:
    if Focus.FOCALPOINT not in focus:
        return {"focus": focus}
    return {"focus": focus, "focal": FocalPoint(**focal)}


def _fill(values: Values) -> Fill | None:
    """None is the solid fill of older URLs: the backdrop's colour, else white."""
    fields = dict(values.get("fill", NO_FIELDS))
    kind, plain_will_do = fields.get("kind"), fields.pop("plain", True)
    if kind in ("gen", "generative") and not plain_will_do:
        raise EngineMissing("imagine", f"fill={kind}")
    if kind == "blur":
        return Fill(kind="blur")
    if kind == "gradient":
        return Fill(kind="gradient", gradient=_gradient(values.get("gradient", NO_FIELDS)))
    return Fill(color=fields.get("color", WHITE)) if fields else None


def _gradient(fields: Fields) -> Gradient:
    kind = fields.get("kind", "linear")
    asked: dict[str, Any] = {"kind": kind}
    if "space" in fields:
        asked["space"] = fields["space"]
    if kind in fields:
        asked["colors"] = fields[kind]
    if kind == "linear":
        if "toward" in fields:
            asked["toward"] = fields["toward"]
        return Gradient(**asked)
    inner, outer = fields.get("radii", (None, None))
    center_x, center_y = fields.get("center_x"), fields.get("center_y")
    return Gradient(center_x=center_x, center_y=center_y, inner=inner, outer=outer, **asked)


def rotate(values: Values) -> Rotate | None:
    """Any number of degrees, brought into one turn; None for no turn."""
    fields = values.get("rotate", NO_FIELDS)
    degrees = fields.get("degrees", 0.0) % 360
    return Rotate(degrees, fields.get("kind", "straighten")) if degrees else None


def resize_fields(stage: Stage) -> list[tuple[str, Fields]]:
    """What the table spells for a stage's size and focus."""
    asked = stage.resize
    if asked is None:
        return []
    fields: Fields = {"fit": None if asked.fit is Fit.CLIP else (asked.fit,), "ratio": asked.ratio}
    if asked.fit is Fit.FACEAREA:
        fields |= {"face_index": asked.face_index, "face_pad": asked.face_pad}
        fields["fit"] = (asked.fit, asked.fallback) if asked.fallback is not None else (asked.fit,)
    fields |= {name: getattr(asked, name) for name in ("width", "height")}
    fields |= {name: _whole(getattr(asked, name)) for name in CLAMPS}
    fields["focus"] = asked.focus or None
    spelled = [("resize", fields)]
    if asked.focal is not None:
        focal = asked.focal
        spelled.append(("focal", {"x": focal.x, "y": focal.y, "zoom": focal.zoom, "mark": focal.mark or None}))
    return spelled + _fill_fields(asked.fill)


def _whole(value: float | None) -> int | None:
    if value is not None and value != int(value):
        raise ValueError("a clamp in whole px")
    return None if value is None else int(value)


def _fill_fields(fill: Fill | None) -> list[tuple[str, Fields]]:
    if fill is None:
        return []
    spelled: list[tuple[str, Fields]] = [("fill", {"kind": fill.kind, "color": fill.color})]
    gradient = fill.gradient
    if gradient is None:
        return spelled
    fields: Fields = {"kind": gradient.kind, "space": gradient.space, gradient.kind: gradient.colors}
    if gradient.kind == "linear":
        fields["toward"] = gradient.toward
    else:
        radii = None if gradient.inner is None else (gradient.inner, gradient.outer)
        fields |= {"center_x": gradient.center_x, "center_y": gradient.center_y, "radii": radii}
    return [*spelled, ("gradient", fields)]


def rotate_fields(stage: Stage) -> list[tuple[str, Fields]]:
    """What the table spells for a rotation."""
    turned = stage.rotate
    return [] if turned is None else [("rotate", {"degrees": turned.degrees, "kind": turned.kind})]
