"""Fields of overlays that cannot act, and overlays that cannot be seen."""

from __future__ import annotations

from dataclasses import replace

from imagewell.transform.canonical.resize import focus_normal
from imagewell.transform.geometry import CUTS, PLACED, sides_of
from imagewell.transform.model import ColorOverlay, Fit, Focus, ImageOverlay, Overlay, Place, Text, TextOverlay

NO_TEXT = Text("")


def overlay_normal(overlay: Overlay) -> Overlay | None:
    """The overlay without what cannot act; None where nothing of it can be seen."""
    if isinstance(overlay, TextOverlay):
        shown = bool(overlay.text.text.strip())
        return TextOverlay(_line(overlay.text), place_normal(overlay.place)) if shown else None
    if overlay.opacity == 0:
        return None
    if isinstance(overlay, ColorOverlay):
        return replace(overlay, place=place_normal(overlay.place)) if overlay.color.alpha > 0 else None
    return _image(overlay)


def _image(overlay: ImageOverlay) -> ImageOverlay:
    sized = overlay.width is not None or overlay.height is not None
    fit = overlay.fit if sized or overlay.inherit else Fit.CLIP
    return replace(
        overlay,
        fit=fit,
        focus=_focus(overlay, fit),
        scale=None if sized else overlay.scale,
        place=place_normal(overlay.place, overlay.tile == "grid"),
        rotate=overlay.rotate % 360 % 360 + 0.0,
    )


def _focus(overlay: ImageOverlay, fit: Fit) -> tuple[Focus, ...]:
    if fit in CUTS or overlay.inherit:
        return focus_normal(overlay.focus)
    placed = fit in PLACED and overlay.width is not None and overlay.height is not None
    return sides_of(overlay.focus) if placed else ()


def place_normal(place: Place, in_grid: bool = False) -> Place:
    """A place without alignment where x or y wins over it, without a pad that no side is held to, and without the
    anchor of an axis that is aligned. A grid of tiles knows no alignment and no anchor."""
    horizontal = "center" if in_grid or place.x is not None else place.horizontal
    vertical = "middle" if in_grid or place.y is not None else place.vertical
    padded = in_grid or horizontal != "center" or vertical != "middle"
    return Place(
        horizontal=horizontal,
        vertical=vertical,
        pad_px=place.pad_px if padded else 0.0,
        x=place.x,
        y=place.y,
        anchor=(
            0.0 if in_grid or place.x is None else place.anchor[0],
            0.0 if in_grid or place.y is None else place.anchor[1],
        ),
    )


def _line(text: Text) -> Text:
    """Text laid over a picture: a block of lines is never cut, and only a box of its own can be grown into. What is too
    long for the picture is cut all the same."""
    text = text_normal(text)
    if text.wrap:
        return replace(text, grow=False, clip=NO_TEXT.clip, ellipsis=False)
    return text if text.width_px is not None else replace(text, grow=False)


def text_normal(text: Text) -> Text:
    """Text without the colour of an outline it has not."""
    return text if text.outline_px else replace(text, outline_color=None)
