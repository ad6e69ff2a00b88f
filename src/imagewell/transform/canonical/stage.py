"""Operations of a stage that change nothing, and fields of the others that cannot act."""

from __future__ import annotations

from dataclasses import replace

from imagewell.transform.canonical.overlay import overlay_normal
from imagewell.transform.canonical.resize import resize_normal
from imagewell.transform.geometry import whole_pads
from imagewell.transform.model import (
    Adjust,
    Backdrop,
    Border,
    Corners,
    Denoise,
    ImageOverlay,
    Mask,
    Modulate,
    Overlay,
    Pad,
    Region,
    Resize,
    Rotate,
    Stage,
    Stamp,
    Stylize,
    Trim,
)
from imagewell.transform.values import BLACK, Length

SQUARE: Corners = (0.0, 0.0, 0.0, 0.0)
WHOLE = Length(1.0, share=True)
STARTS = (Length(0.0), Length(0.0, share=True))


def stage_normal(stage: Stage, is_first: bool) -> Stage:
    """The stage without what cannot act. Only the first stage sees an original that may lie on its side."""
    backdrop = stage.backdrop and _backdrop(stage.backdrop)
    overlays = tuple(kept for overlay in stage.overlays if (kept := overlay_normal(overlay)) is not None)
    resize = stage.resize and resize_normal(stage.resize, backdrop is None and not any(map(_inherits, overlays)))
    return Stage(
        dpr=stage.dpr,
        orient=_orient(stage.orient, is_first),
        region=stage.region and _region(stage.region),
        trim=stage.trim and _trim(stage.trim),
        cutout=stage.cutout,
        resize=resize,
        flip=stage.flip,
        rotate=stage.rotate and _rotate(stage.rotate, resize),
        denoise=stage.denoise and _denoise(stage.denoise),
        modulate=stage.modulate and _modulate(stage.modulate),
        adjust=stage.adjust and _adjust(stage.adjust),
        stylize=stage.stylize and _stylize(stage.stylize),
        backdrop=backdrop,
        pad=stage.pad and _pad(stage.pad),
        border=stage.border and _border(stage.border),
        mask=stage.mask and _mask(stage.mask),
        overlays=overlays,
        stamp=stage.stamp and _stamp(stage.stamp),
    )


def _inherits(overlay: Overlay) -> bool:
    """Under such an overlay, room that no fill is asked for shows what lies below; else the backdrop, or white."""
    return isinstance(overlay, ImageOverlay) and overlay.inherit


def _orient(orient: int | None, is_first: bool) -> int | None:
    """0 and 1 both leave the picture as it is stored; after the first stage it is upright anyway."""
    if orient is None or orient > 1:
        return orient
    return 0 if is_first else None


def _region(region: Region) -> Region | None:
    width = None if region.width == WHOLE else region.width
    height = None if region.height == WHOLE else region.height
    # A full side has no room to be placed in, so every keyword means its start.
    at_left = region.x in STARTS or (width is None and isinstance(region.x, str))
    at_top = region.y in STARTS or (height is None and isinstance(region.y, str))
    kept = Region("left" if at_left else region.x, "top" if at_top else region.y, width, height)
    return None if kept == Region() else kept


def _trim(trim: Trim) -> Trim:
    """A trim with the measures that its kind looks at."""
    if trim.by == "auto":
        return Trim(
            pad_px=trim.pad_px, mean_difference=trim.mean_difference, standard_deviation=trim.standard_deviation
        )
    if trim.by == "alpha":
        return Trim(by="alpha", alpha=trim.alpha, pad_px=trim.pad_px)
    alpha = trim.alpha if trim.by == "colorunlessalpha" else 0.0
    return Trim(by=trim.by, color=trim.color, tolerance=trim.tolerance, alpha=alpha, pad_px=trim.pad_px)


def _rotate(rotate: Rotate, resize: Resize | None) -> Rotate | None:
    """Degrees from 0 up to 360; a whole turn is none. A tiny negative angle comes out as 360, hence twice.

    Only a pivot has corners, a clear colour is none, and half a turn leaves no room, nor does a quarter where no frame
    is asked for.
    """
    degrees = rotate.degrees % 360 % 360
    framed = resize is not None and (resize.width is not None or resize.height is not None)
    has_room = rotate.kind == "pivot" and (degrees % 90 != 0 or (framed and degrees != 180))
    shown = rotate.corners if has_room and rotate.corners is not None and rotate.corners.alpha > 0 else None
    return Rotate(degrees, rotate.kind, shown) if degrees else None


def _denoise(denoise: Denoise) -> Denoise | None:
    """What takes nothing away has nothing to give back."""
    return denoise if denoise.amount > 0 else None


def _modulate(modulate: Modulate) -> Modulate | None:
    """None where it is neutral, in whichever space."""
    modulate = replace(modulate, hue=modulate.hue % 360 % 360)
    return None if modulate in (Modulate(), Modulate(space="lch")) else modulate


def _adjust(adjust: Adjust) -> Adjust | None:
    adjust = replace(
        adjust,
        hue=adjust.hue % 360 % 360,
        unsharp_radius_px=adjust.unsharp_radius_px if adjust.unsharp else Adjust().unsharp_radius_px,
    )
    return None if adjust == Adjust() else adjust


def _stylize(stylize: Stylize) -> Stylize | None:
    has_duotone = stylize.duotone is not None and stylize.duotone_alpha > 0
    stylize = replace(
        stylize,
        pixelate_px=stylize.pixelate_px if stylize.pixelate_px > 1 else 0.0,
        monochrome=stylize.monochrome if stylize.monochrome and stylize.monochrome.alpha > 0 else None,
        duotone=stylize.duotone if has_duotone else None,
        duotone_alpha=stylize.duotone_alpha if has_duotone else Stylize().duotone_alpha,
    )
    return None if stylize == Stylize() else stylize


def _backdrop(backdrop: Backdrop) -> Backdrop | None:
    if backdrop.grid is not None:
        return backdrop
    return None if backdrop.color is None else Backdrop(color=backdrop.color)


def _pad(pad: Pad) -> Pad | None:
    top, right, bottom, left = map(float, whole_pads(pad))
    kept = Pad(top, right, bottom, left)
    return None if kept == Pad() else kept


def _border(border: Border) -> Border | None:
    """A border without line, stroke and rounding is none; what has no line has no colour and no inner corners."""
    has_stroke = border.stroke_px > 0 and border.stroke_color is not None and border.stroke_color.alpha > 0
    has_line = max(border.top, border.right, border.bottom, border.left) > 0 and border.color.alpha > 0
    if not has_stroke and not has_line and border.radius == SQUARE:
        return None
    if not has_stroke:
        border = replace(border, stroke_color=None, stroke_px=0.0)
    if has_line:
        return border
    return Border(BLACK, radius=border.radius, stroke_color=border.stroke_color, stroke_px=border.stroke_px)


def _stamp(stamp: Stamp) -> Stamp | None:
    """None where there is nothing to read."""
    return stamp if stamp.text.strip() else None


def _mask(mask: Mask) -> Mask | None:
    if mask.kind == "corners":
        return None if mask.radii == SQUARE else replace(mask, image=None)
    return replace(mask, radii=None, image=mask.image if mask.kind == "image" else None)
