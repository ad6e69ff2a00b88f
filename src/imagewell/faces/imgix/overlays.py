"""Blend, mark and text, in this order from below: fields of the table to overlays, and back."""

from __future__ import annotations

from typing import Any, Literal

from imagewell.faces.imgix.readers import color as color_reader
from imagewell.faces.kit.dialect import Fields, Values
from imagewell.transform.model import (
    BlendMode,
    ColorOverlay,
    Fit,
    ImageOverlay,
    Overlay,
    Place,
    Stage,
    Text,
    TextOverlay,
)
from imagewell.transform.values import WHITE

NO_FIELDS: Fields = {}
ACROSS = ("left", "center", "right")
DOWN = ("top", "middle", "bottom")


def overlays(values: Values) -> tuple[Overlay, ...]:
    """Those that are asked for: text over mark over blend."""
    found = (blend(values), mark(values), text_overlay(values))
    return tuple(one for one in found if one is not None)


def place(fields: Fields, across: str, down: str, pad_px: float) -> Place:
    """Where an overlay sits. An axis that `align` does not name keeps its default.

    Args:
        across, down, pad_px: the defaults of this kind of overlay.
    """
    for word in fields.get("align", ()):
        across = word if word in ACROSS else across
        down = word if word in DOWN else down
    return Place(
        across,  # type: ignore[arg-type]
        down,  # type: ignore[arg-type]
        fields.get("pad_px", pad_px),
        fields.get("x"),
        fields.get("y"),
        fields.get("anchor", (0.0, 0.0)),
    )


def blend(values: Values) -> ImageOverlay | ColorOverlay | None:
    """A picture or a colour. A value that can be a colour is one; `blend-color` speaks where `blend` does not."""
    fields = values.get("blend", NO_FIELDS)
    image, flat = fields.get("image"), fields.get("color")
    if image is None and flat is None:
        return None
    common: Fields = {name: fields[name] for name in ("opacity", "width", "height") if name in fields}
    common["mode"] = fields.get("mode", BlendMode.OVERLAY)
    common["place"] = place(fields, "center", "middle", 0.0)
    named = flat if image is None else _color_or_none(image)
    if named is not None:
        return ColorOverlay(named, **common)
    assert image is not None
    fit = fields.get("fit", Fit.CLIP)
    focus = fields.get("focus", ()) if fit is Fit.CROP else ()
    return ImageOverlay(image, fit=fit, focus=focus, inherit="size" in fields, **common)


def _color_or_none(text: str) -> Any:
    try:
        return color_reader.read(text)
    except ValueError:
        return None


def mark(values: Values) -> ImageOverlay | None:
    """A watermark, at the bottom right by default."""
    fields = values.get("mark", NO_FIELDS)
    image = fields.get("image")
    if image is None:
        return None
    names = ("opacity", "fit", "width", "height", "scale", "min_base_width", "min_base_height")
    asked = {name: fields[name] for name in names if name in fields}
    return ImageOverlay(
        _joined(fields.get("base"), image),
        place=place(fields, "right", "bottom", 5.0),
        tile="grid" if "tile" in fields else "no",
        rotate=fields.get("rotate", 0.0) % 360,
        **asked,
    )


def _joined(base: str | None, image: str) -> str:
    """A relative mark behind its base; an absolute one as it is."""
    if base is None or "://" in image:
        return image
    return f"{base.rstrip('/')}/{image.lstrip('/')}"


def text_overlay(values: Values) -> TextOverlay | None:
    """One line of text, at the bottom right by default."""
    fields = values.get("txt", NO_FIELDS)
    if "text" not in fields:
        return None
    line = " ".join(fields["text"].split("\n"))
    return TextOverlay(Text(line, **letters(fields)), place(fields, "right", "bottom", 10.0))


def letters(fields: Fields) -> Fields:
    """What a line and a typeset text have in common."""
    names = ("size_px", "color", "shadow", "width_px")
    asked = {name: fields[name] for name in names if name in fields}
    if "font" in fields:
        asked["family"], asked["bold"], asked["italic"] = fields["font"]
    if fields.get("outline_px"):
        asked["outline_px"] = fields["outline_px"]
        asked["outline_color"] = fields.get("outline_color", WHITE)
    asked["grow"] = "fit" in fields
    cut = fields.get("clip", ("end",))
    asked["ellipsis"] = "ellipsis" in cut
    asked["clip"] = next((word for word in cut if word != "ellipsis"), "end")
    return asked


def overlay_fields(stage: Stage) -> list[tuple[str, Fields]]:
    """What the table spells for a stage's overlays.

    Raises: ValueError for more, or in another order, than one blend, one mark and one text.
    """
    left = list(stage.overlays)
    spelled: list[tuple[str, Fields]] = []
    if left and not isinstance(left[0], TextOverlay) and (len(left) > 2 or _is_blend(left)):
        spelled.append(("blend", blend_fields(left.pop(0))))
    if left and isinstance(left[0], ImageOverlay):
        spelled.append(("mark", mark_fields(left.pop(0))))
    if left and isinstance(left[0], TextOverlay):
        spelled.append(("txt", text_fields(left.pop(0))))
    if left:
        raise ValueError("one blend, one mark and one text, in this order")
    return spelled


def _is_blend(left: list[Overlay]) -> bool:
    """Whether the lowest overlay must be said as a blend: it is a colour, or has what a mark has not, or another
    picture follows."""
    first = left[0]
    if not isinstance(first, ImageOverlay) or (len(left) > 1 and isinstance(left[1], ImageOverlay)):
        return True
    return first.mode is not BlendMode.NORMAL or first.inherit or bool(first.focus) or first.fit is Fit.CLAMP


def _place_fields(at: Place) -> Fields:
    fields: Fields = {"align": (at.vertical, at.horizontal), "pad_px": at.pad_px, "x": at.x, "y": at.y}
    return fields if at.anchor == (0.0, 0.0) else {**fields, "anchor": at.anchor}


def blend_fields(overlay: Overlay) -> Fields:
    """The fields of a colour or picture that is blended in."""
    assert not isinstance(overlay, TextOverlay)
    fields: Fields = {name: getattr(overlay, name) for name in ("mode", "opacity", "width", "height")}
    fields |= _place_fields(overlay.place)
    if isinstance(overlay, ColorOverlay):
        return {**fields, "color": overlay.color}
    return {
        **fields,
        "image": overlay.image,
        "fit": overlay.fit,
        "focus": overlay.focus or None,
        "size": "inherit" if overlay.inherit else None,
    }


def mark_fields(overlay: Overlay) -> Fields:
    """The fields of a watermark."""
    assert isinstance(overlay, ImageOverlay)
    names = ("image", "opacity", "fit", "width", "height", "scale", "min_base_width", "min_base_height")
    fields: Fields = {name: getattr(overlay, name) for name in names}
    fields |= _place_fields(overlay.place)
    return {**fields, "tile": None if overlay.tile == "no" else overlay.tile, "rotate": overlay.rotate or None}


def text_fields(overlay: Overlay) -> Fields:
    """The fields of a line of text."""
    assert isinstance(overlay, TextOverlay)
    return {**letter_fields(overlay.text), **_place_fields(overlay.place)}


def letter_fields(text: Text) -> Fields:
    """The fields of the letters themselves."""
    cut: tuple[Literal["start", "middle", "end", "ellipsis"], ...] = (text.clip,)
    return {
        "text": text.text,
        "font": (text.family, text.bold, text.italic),
        "size_px": text.size_px,
        "color": text.color,
        "outline_px": text.outline_px or None,
        "outline_color": text.outline_color,
        "shadow": text.shadow or None,
        "width_px": text.width_px,
        "fit": "max" if text.grow else None,
        "clip": (*cut, "ellipsis") if text.ellipsis else cut,
    }
