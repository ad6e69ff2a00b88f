"""Device pixels: every length in CSS px times the stage's dpr, once (imgix B.4.7).

What refers to the source's own pixels (`region`, the margin of `trim`) and what is a share of the picture as it is by
then (places and sizes of overlays) stays as it is: a picture at dpr 2 looks as it does at dpr 1, with twice the px.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from imagewell.transform.fields import RANGES
from imagewell.transform.geometry.exact import exact, half_up, product
from imagewell.transform.model import (
    Border,
    ColorOverlay,
    Corners,
    Fill,
    Gradient,
    Overlay,
    Place,
    Resize,
    Stage,
    Text,
    TextOverlay,
)
from imagewell.transform.values import Length

Operation = TypeVar("Operation")


def at_device_pixels(stage: Stage) -> Stage:
    """The stage with dpr 1. Without a width or height asked for, dpr does nothing."""
    if stage.dpr == 1:
        return stage
    asked = stage.resize is not None and (stage.resize.width is not None or stage.resize.height is not None)
    return multiplied(stage, stage.dpr) if asked else replace(stage, dpr=1.0)


def multiplied(stage: Stage, dpr: float) -> Stage:
    """The stage with every CSS px multiplied, and dpr 1."""
    return replace(
        stage,
        dpr=1.0,
        resize=stage.resize and _resize(stage.resize, dpr),
        stylize=stage.stylize and _scaled(stage.stylize, dpr, ("blur", "pixelate_px")),
        adjust=stage.adjust and _scaled(stage.adjust, dpr, ("unsharp_radius_px",)),
        backdrop=stage.backdrop and _scaled(stage.backdrop, dpr, ("grid_px",)),
        pad=stage.pad and _scaled(stage.pad, dpr, SIDES),
        border=stage.border and _border(stage.border, dpr),
        mask=stage.mask and replace(stage.mask, radii=_corners(stage.mask.radii, dpr)),
        overlays=tuple(_overlay(overlay, dpr) for overlay in stage.overlays),
    )


def multiplied_text(text: Text, dpr: float) -> Text:
    """Text with its size, box, outline and spacing multiplied."""
    return _scaled(text, dpr, ("size_px", "outline_px", "width_px", "lead_px", "track_px"))


SIDES = ("top", "right", "bottom", "left")
CLAMPS = ("min_width", "max_width", "min_height", "max_height")


def _scaled(operation: Operation, dpr: float, names: tuple[str, ...]) -> Operation:
    """The operation with those of its px fields multiplied that are set, within the range that the model allows."""
    ranges = RANGES[type(operation)]
    changes: dict[str, Any] = {
        name: _within(product(number, dpr), *ranges[name])
        for name in names
        if (number := getattr(operation, name)) is not None
    }
    changed: Operation = replace(operation, **changes)  # type: ignore[type-var]
    return changed


def _within(number: float, least: float, most: float) -> float:
    return min(max(number, least), most)


def _px(length: Length | None, dpr: float) -> Length | None:
    """Lengths in px are multiplied; shares are of something that has been already."""
    return length if length is None or length.share else Length(product(length.value, dpr))


def _side(length: Length | None, dpr: float) -> Length | None:
    """An asked side: a share of the source, too, is CSS px."""
    return None if length is None else Length(product(length.value, dpr), length.share)


def _corners(radii: Corners | None, dpr: float) -> Corners | None:
    if radii is None:
        return None
    one, two, three, four = (product(radius, dpr) for radius in radii)
    return one, two, three, four


def _resize(resize: Resize, dpr: float) -> Resize:
    return replace(
        _scaled(resize, dpr, CLAMPS),
        width=_side(resize.width, dpr),
        height=_side(resize.height, dpr),
        fill=resize.fill and _fill(resize.fill, dpr),
    )


def _fill(fill: Fill, dpr: float) -> Fill:
    return replace(fill, gradient=fill.gradient and _gradient(fill.gradient, dpr))


def _gradient(gradient: Gradient, dpr: float) -> Gradient:
    return replace(
        gradient,
        center_x=_px(gradient.center_x, dpr),
        center_y=_px(gradient.center_y, dpr),
        inner=_px(gradient.inner, dpr),
        outer=_px(gradient.outer, dpr),
    )


def _border(border: Border, dpr: float) -> Border:
    radius, inner = _corners(border.radius, dpr), _corners(border.inner_radius, dpr)
    assert radius is not None
    assert inner is not None
    return replace(_scaled(border, dpr, (*SIDES, "stroke_px")), radius=radius, inner_radius=inner)


def _place(place: Place, dpr: float) -> Place:
    return replace(place, pad_px=product(place.pad_px, dpr), x=_px(place.x, dpr), y=_px(place.y, dpr))


def _overlay(overlay: Overlay, dpr: float) -> Overlay:
    if isinstance(overlay, TextOverlay):
        return TextOverlay(multiplied_text(overlay.text, dpr), _place(overlay.place, dpr))
    sizes: Any = {"width": _px(overlay.width, dpr), "height": _px(overlay.height, dpr)}
    if isinstance(overlay, ColorOverlay):
        return replace(overlay, place=_place(overlay.place, dpr), **sizes)
    sizes["min_base_width"] = half_up(exact(overlay.min_base_width) * exact(dpr))
    sizes["min_base_height"] = half_up(exact(overlay.min_base_height) * exact(dpr))
    return replace(overlay, place=_place(overlay.place, dpr), **sizes)
