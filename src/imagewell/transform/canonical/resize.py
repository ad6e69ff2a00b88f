"""Which fields of a resize can act, by its fit and by which sides are given."""

from __future__ import annotations

from dataclasses import replace

from imagewell.transform.geometry import CUTS, PLACED, is_clamped, settled_focus, sides_of, sought
from imagewell.transform.model import Fill, Fit, FocalPoint, Focus, Gradient, Resize
from imagewell.transform.values import WHITE, Length

WITH_ONE_SIDE = {
    Fit.FILL: Fit.CLIP,
    Fit.CLAMP: Fit.CLIP,
    Fit.SCALE: Fit.CLIP,
    Fit.CROP: Fit.CLIP,
    Fit.FILLMAX: Fit.MAX,
    Fit.MIN: Fit.MAX,
}
"""What a fit comes to when one side is open and nothing else shapes the frame (imgix B.4.2)."""
CENTRED = FocalPoint()


def resize_normal(resize: Resize, fills_white: bool) -> Resize | None:
    """The resize without what cannot act; None where all of it cannot.

    Args:
        fills_white: whether room is white where no fill is asked for.
    """
    resize = _with_acting_fields(resize, fills_white)
    open_sides = (resize.width is None) + (resize.height is None)
    if open_sides == 0 or resize.ratio is not None or _acts_alone(resize):
        return resize
    if open_sides == 2:
        return None
    fit = WITH_ONE_SIDE.get(resize.fit, resize.fit)
    return replace(resize, fit=fit, focus=resize.focus if fit in CUTS else ())


def _with_acting_fields(resize: Resize, fills_white: bool) -> Resize:
    both = resize.width is not None and resize.height is not None
    cuts = resize.fit in CUTS
    ratio = resize.ratio if not both and (cuts or resize.fit == Fit.FILL) else None
    # Without a face, facearea is what it falls back on; the clamps and the ratio go for both.
    fallback = _fallback(resize)
    fit = fallback or resize.fit
    room = fit in PLACED and (both or ratio is not None)
    focus = focus_normal(resize.focus, resize.focal) if fit in CUTS else sides_of(resize.focus) if room else ()
    return Resize(
        width=resize.width,
        height=resize.height,
        fit=resize.fit,
        ratio=ratio,
        focus=focus,
        focal=resize.focal if Focus.FOCALPOINT in focus else None,
        fill=_fill(resize.fill, fills_white) if room and resize.fill is not None else None,
        min_width=resize.min_width if cuts else None,
        max_width=resize.max_width if cuts else None,
        min_height=resize.min_height if cuts else None,
        max_height=resize.max_height if cuts else None,
        face_index=resize.face_index if resize.fit is Fit.FACEAREA else None,
        face_pad=resize.face_pad if resize.fit is Fit.FACEAREA else 1.0,
        fallback=fallback,
    )


def _fallback(resize: Resize) -> Fit | None:
    """Of facearea alone, and not where it is crop, which is what happens anyway."""
    return resize.fallback if resize.fit is Fit.FACEAREA and resize.fallback not in CUTS else None


def _acts_alone(resize: Resize) -> bool:
    """Whether a crop changes the picture even where its frame has the picture's own shape."""
    zooms = resize.focal is not None and (resize.focal.zoom > 1 or resize.focal.mark)
    return resize.fit in CUTS and (is_clamped(resize) or zooms)


def focus_normal(focus: tuple[Focus, ...], focal: FocalPoint | None = None) -> tuple[Focus, ...]:
    """What the engine looks for, then what decides; a focal point in the very centre is no focus."""
    settled = settled_focus(focus)
    if settled == (Focus.FOCALPOINT,) and (focal or CENTRED) == CENTRED:
        settled = ()
    return sought(focus) + settled


def _fill(fill: Fill, fills_white: bool) -> Fill | None:
    """A fill without the fields of another kind; None is white, or what the stage has in its place."""
    if fill.kind == "gradient":
        return Fill(kind="gradient", gradient=fill.gradient and _gradient(fill.gradient))
    if fill.kind == "blur":
        return Fill(kind="blur")
    if fill.color is None or (fill.color == WHITE and fills_white):
        return None
    return Fill(color=fill.color)


def _gradient(gradient: Gradient) -> Gradient:
    """A line has no centre and no radii, a circle no direction; a centre in the middle is the default."""
    if gradient.kind == "linear":
        return replace(gradient, center_x=None, center_y=None, inner=None, outer=None)
    return replace(
        gradient,
        toward=Gradient().toward,
        center_x=_unless_middle(gradient.center_x),
        center_y=_unless_middle(gradient.center_y),
    )


def _unless_middle(length: Length | None) -> Length | None:
    return None if length == Length(0.5, share=True) else length
