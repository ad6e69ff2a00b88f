"""Ground, padding, border, mask and trim: fields of the table to operations, and back."""

from __future__ import annotations

from typing import Any

from imagewell.faces.kit.dialect import Fields, Values
from imagewell.transform.model import Backdrop, Border, CutOut, Mask, Pad, Stage, Trim
from imagewell.transform.values import BLACK, Color

NO_FIELDS: Fields = {}
NO_CORNERS = (0.0, 0.0, 0.0, 0.0)
SIDES = ("top", "right", "bottom", "left")
GRID_COLORS = (Color(0xD0, 0xD7, 0xDD), Color(0xFF, 0xFF, 0xFF))
TRIM_FIELDS = {
    "auto": ("mean_difference", "standard_deviation"),
    "color": ("color", "tolerance"),
    "alpha": ("alpha",),
    "colorunlessalpha": ("color", "tolerance", "alpha"),
}
"""What acts with each kind of trim, besides the pad."""

CUTOUT_FIELDS = ("semi_transparency", "threshold", "fallback")


def trim(values: Values) -> Trim | None:
    """None without a kind: the details alone cut nothing."""
    fields = values.get("trim", NO_FIELDS)
    kind = fields.get("by")
    if kind is None:
        return None
    acting = (*TRIM_FIELDS[kind], "pad_px")
    return Trim(by=kind, **{name: fields[name] for name in acting if name in fields})


def cutout(values: Values) -> CutOut | None:
    """None without `bg-remove`: the details alone remove nothing."""
    fields = values.get("cutout", NO_FIELDS)
    if not fields.get("on"):
        return None
    return CutOut(**{name: fields[name] for name in CUTOUT_FIELDS if name in fields})


def backdrop(values: Values) -> Backdrop | None:
    """A colour, a checkerboard, or both."""
    fields = values.get("backdrop", NO_FIELDS)
    color = fields.get("color")
    if "transparency" in fields:
        return Backdrop(color, fields.get("grid_colors", GRID_COLORS), float(fields.get("grid_px", 4)))
    return None if color is None else Backdrop(color)


def pad(values: Values) -> Pad | None:
    """Each side's own figure, else the common one."""
    fields = values.get("pad", NO_FIELDS)
    common: float = fields.get("all", 0.0)
    sides: dict[str, float] = {side: fields.get(side, common) for side in SIDES}
    made = Pad(**sides)
    return None if made == Pad() else made


def border(values: Values) -> Border | None:
    """Without `border`, which alone says the colour, no more than the stroke that would go around it."""
    fields = values.get("border", NO_FIELDS)
    stroke_px = fields.get("stroke_px", 0.0)
    stroke: Fields = {"stroke_px": stroke_px, "stroke_color": fields.get("stroke_color", BLACK)} if stroke_px else {}
    if "edge" not in fields:
        return Border(BLACK, **stroke) if stroke else None
    width, color = fields["edge"]
    return Border(
        color,
        **{side: fields.get(side, width) for side in SIDES},
        radius=fields.get("radius", NO_CORNERS),
        inner_radius=fields.get("inner_radius", NO_CORNERS),
        **stroke,
    )


def mask(values: Values) -> Mask | None:
    """None without `mask`."""
    fields = values.get("mask", NO_FIELDS)
    shape = fields.get("shape")
    if shape is None:
        return None
    background = fields.get("background")
    if shape == "ellipse":
        return Mask("ellipse", background=background)
    if shape == "corners":
        return Mask("corners", radii=fields.get("radii"), background=background)
    return Mask("image", image=shape, background=background)


def frame_fields(stage: Stage) -> list[tuple[str, Fields]]:
    """What the table spells for a stage's trim, cut-out, ground, padding, border and mask."""
    spelled: list[tuple[str, Fields]] = []
    if stage.trim is not None:
        acting = (*TRIM_FIELDS[stage.trim.by], "pad_px")
        spelled.append(("trim", {"by": stage.trim.by, **{name: getattr(stage.trim, name) for name in acting}}))
    if stage.cutout is not None:
        spelled.append(("cutout", {"on": True, **{name: getattr(stage.cutout, name) for name in CUTOUT_FIELDS}}))
    if stage.backdrop is not None:
        spelled.append(("backdrop", _backdrop_fields(stage.backdrop)))
    if stage.pad is not None:
        spelled.append(("pad", _sides(stage.pad, "all")))
    if stage.border is not None:
        spelled.append(("border", _border_fields(stage.border)))
    if stage.mask is not None:
        shown = stage.mask
        fields: Fields = {"shape": shown.image or shown.kind, "radii": shown.radii, "background": shown.background}
        spelled.append(("mask", fields))
    return spelled


def _backdrop_fields(ground: Backdrop) -> Fields:
    fields: Fields = {"color": ground.color}
    if ground.grid is not None:
        if ground.grid_px != int(ground.grid_px):
            raise ValueError("a checkerboard in whole px")
        fields |= {"transparency": "grid", "grid_colors": ground.grid, "grid_px": int(ground.grid_px)}
    return fields


def _sides(operation: Pad | Border, common: str) -> Fields:
    """The common figure where all sides are equal, else each."""
    widths: dict[str, Any] = {side: getattr(operation, side) for side in SIDES}
    return {common: widths["top"]} if len(set(widths.values())) == 1 else widths


def _border_fields(border: Border) -> Fields:
    sides = _sides(border, "edge")
    fields: Fields = {**sides, "edge": (sides.get("edge", border.top), border.color)}
    fields["radius"] = None if border.radius == NO_CORNERS else border.radius
    fields["inner_radius"] = None if border.inner_radius == NO_CORNERS else border.inner_radius
    if border.stroke_px:
        fields |= {"stroke_px": border.stroke_px, "stroke_color": border.stroke_color}
    return fields
