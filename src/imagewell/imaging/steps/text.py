"""Text as a picture: one line for an overlay, a block for typesetting (imgix B.8.3, B.8.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyvips import Image

from imagewell.errors import TooLarge
from imagewell.imaging import fonts
from imagewell.imaging.steps.alpha import faded
from imagewell.imaging.steps.lettering import MAX_PIXELS, Style, block_height, draw, line_height, line_width
from imagewell.imaging.steps.lettershade import Shade, shaded
from imagewell.imaging.steps.wording import cleaned, shortened
from imagewell.transform.geometry import MAX_SIDE_PX
from imagewell.transform.model import Text
from imagewell.transform.values import BLACK, WHITE, Box, Size

TYPESET_WIDTH_PX = 200.0
"""Of a typeset block for which none is given."""
NEARLY = 1.04
"""How far a width that was measured small may be off."""
ENOUGH = 0.99
"""Of its width that growing text has to fill."""
GROWTH_TRIES = 4
SHADOW_BLUR = 0.006
"""The shadow's sigma and fall for each step of strength, in font sizes."""
SHADOW_DARKNESS = 0.09
"""Its alpha for each step of strength."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """Drawn text. `box` is its frame within `image`: the height of its lines and the width of its ink; outline and
    shadow lie around it."""

    image: Image
    box: Box


def line(text: Text, room: Size) -> Lettering | None:
    """Text for an overlay: one line, or with `wrap` a block.

    Args:
        text: at device pixels. room: where it has to fit: a line is cut at `width_px`, or at the room's width, and
            grows no higher than the room.
    Returns: None when there is nothing to see.
    Raises: EngineMissing without fonts; TooLarge.
    """
    width = text.width_px or float(room.width)
    if text.wrap:
        return _lettered(cleaned(text.text, lines=True), replace(_style(text), wrap_px=width), text)
    words = cleaned(text.text, lines=False)
    style = _style(text)
    if text.grow and text.width_px:
        style = _grown(words, style, width, room.height)
    words = shortened(words, text.clip, text.ellipsis, lambda candidate: _fits(candidate, style, width))
    return _lettered(words, style, text)


def typeset(text: Text, max_side_px: int = MAX_SIDE_PX) -> Image:
    """Text as a picture of its own: wrapped at `width_px` (200 px when not given), as high as it needs to be, on a
    clear ground.

    Args:
        text: at device pixels.
    Returns: 8-bit sRGB, 4 bands, in memory.
    Raises: EngineMissing without fonts; TooLarge when a side would pass `max_side_px`.
    """
    width = max(1, round(text.width_px or TYPESET_WIDTH_PX))
    if width > max_side_px:
        raise TooLarge(max_side_px, "px a side", width)
    margin = _shade(text).margin
    style = replace(_style(text), wrap_px=float(max(1, width - 2 * margin)))
    words = cleaned(text.text, lines=True)
    if text.grow:
        style = _grown(max(words.split("\n"), key=len), style, style.wrap_px or 1.0, max_side_px)
    lettering = _lettered(words, style, text, left_at=0)
    if lettering is None:
        return _clear(Size(width, line_height(style.face, style.size_px)))
    height = lettering.box.height + 2 * margin
    if height > max_side_px:
        raise TooLarge(max_side_px, "px a side", height)
    left, top = margin - lettering.box.left, margin - lettering.box.top
    return lettering.image.embed(left, top, width, height, extend="background", background=[0]).copy_memory()


def _style(text: Text) -> Style:
    face = fonts.resolve(text.family, bold=text.bold, italic=text.italic)
    return Style(face, text.size_px, text.color or BLACK, text.align, text.lead_px, text.track_px)


def _shade(text: Text) -> Shade:
    blur = text.shadow * SHADOW_BLUR * text.size_px
    darkness = min(1.0, text.shadow * SHADOW_DARKNESS)
    return Shade(text.outline_px, text.outline_color or WHITE, blur, max(1, round(blur)), darkness)


def _fits(words: str, style: Style, width: float) -> bool:
    """Whether a line is short enough. Measured small where that decides it, else at its size."""
    if not words.strip():
        return True
    about = line_width(words, style)
    if about > width * NEARLY:
        return False
    if about < width / NEARLY:
        return True
    ink = draw(words, style)
    return ink is None or ink.width <= width


def _grown(words: str, style: Style, width: float, height: int) -> Style:
    """The same text as large as the box lets it be; never smaller than it was."""
    about = line_width(words, style)
    if not 0 < about < width:
        return style
    highest = max(1.0, height / line_height(style.face, style.size_px))
    factor = min(width / about, highest)
    for _ in range(GROWTH_TRIES):
        ink = draw(words, replace(style, wrap_px=None).times(factor))
        if ink is None or (factor >= highest and ink.width <= width) or width * ENOUGH <= ink.width <= width:
            break
        factor = max(1.0, min(highest, factor * width / ink.width * (1 + ENOUGH) / 2))
    return replace(style.times(factor), wrap_px=style.wrap_px)


def _lettered(words: str, style: Style, text: Text, left_at: int | None = None) -> Lettering | None:
    """Words in their colours. The box begins at the ink's left edge, or at `left_at` from the origin."""
    fonts.require(words)
    ink = draw(words, style) if words.strip() else None
    if ink is None:
        return None
    shade = _shade(text)
    if (ink.width + 2 * shade.margin) * (ink.height + 2 * shade.margin) > MAX_PIXELS:
        raise TooLarge(MAX_PIXELS, "pixels of text")
    alpha = 1.0 if text.color is None else text.color.alpha
    picture = faded(shaded(ink.image, shade), alpha)
    left = ink.left if left_at is None else left_at
    bottom = max(ink.bottom, block_height(words, style))
    box = Box(left - ink.left + shade.margin, shade.margin - ink.top, max(1, ink.right - left), bottom)
    return Lettering(picture, box)


def _clear(size: Size) -> Image:
    return Image.black(size.width, size.height, bands=4).copy(interpretation="srgb")
