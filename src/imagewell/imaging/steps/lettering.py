"""Text drawn by Pango through libvips, in the project's own fonts, within bounds that are known before it is drawn.

Sizes are worked out on a small copy first: it has the same proportions, since fonts are not hinted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from math import sqrt

from pyvips import Error, Image

from imagewell.errors import InvalidParameter, TooLarge
from imagewell.imaging.fonts import Face
from imagewell.transform.values import Color

MAX_PIXELS = 40_000_000
"""Of one drawing of text: a line of letters 4,000 px high across the largest picture."""
MAX_SIDE_PX = 30_000
"""Of one drawing of text; cairo goes to 32,767."""
SAMPLE_PX = 16.0
SAMPLE_CHARS = 500
"""Long lines are measured at this font size, so many characters at a time."""
TALL_SAMPLE_PX = 400.0
"""The height of lines larger than this is worked out from lines of this size."""
TALLEST_LINE = 1.8
"""Line height of the tallest script, in font sizes."""
NO_INK = "no text to render"
TOO_BIG = "too big"
ALIGN = {"left": "low", "center": "centre", "right": "high"}


@dataclass(frozen=True, slots=True)
class Style:
    """How text is set; all sizes in px. `wrap_px` None is one line for each line of the text."""

    face: Face
    size_px: float
    color: Color
    align: str = "left"
    lead_px: float = 0.0
    track_px: float = 0.0
    wrap_px: float | None = None

    def times(self, factor: float) -> Style:
        """The same at another size."""
        return replace(
            self,
            size_px=self.size_px * factor,
            lead_px=self.lead_px * factor,
            track_px=self.track_px * factor,
            wrap_px=None if self.wrap_px is None else self.wrap_px * factor,
        )


@dataclass(frozen=True, slots=True)
class Ink:
    """What was drawn, and where it lies from the origin of the first line: left and top of the inked part, px."""

    image: Image
    left: int
    top: int

    @property
    def width(self) -> int:
        """Of the inked part."""
        return int(self.image.width)

    @property
    def height(self) -> int:
        """Of the inked part."""
        return int(self.image.height)

    @property
    def right(self) -> int:
        """Where the ink ends across."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Where the ink ends below."""
        return self.top + self.height


def draw(text: str, style: Style) -> Ink | None:
    """The text in colour, straight alpha, cropped to its ink; None when there is nothing to see.

    Raises: TooLarge, before anything of that size is made.
    """
    drawn_px = _affordable(text, style)
    if drawn_px < style.size_px:
        ink = _set(text, style.times(drawn_px / style.size_px), in_color=False)
        grown = (style.size_px / drawn_px) ** 2
        if ink is not None and ink.width * ink.height * grown > MAX_PIXELS:
            raise TooLarge(MAX_PIXELS, "pixels of text")
    return _set(text, style, in_color=True)


def line_width(text: str, style: Style) -> float:
    """Width of one line's ink in px, measured small and in parts: within a few hundredths."""
    parts = [text[start : start + SAMPLE_CHARS] for start in range(0, len(text), SAMPLE_CHARS)]
    return sum(_part_width(part, replace(style, wrap_px=None)) for part in parts)


def _part_width(text: str, style: Style) -> float:
    widest = len(text) * (2 * style.size_px + abs(style.track_px))
    factor = min(1.0, SAMPLE_PX / style.size_px, MAX_SIDE_PX / widest)
    ink = _set(text, style.times(factor), in_color=False)
    return 0.0 if ink is None else ink.width / factor


@lru_cache(maxsize=256)
def line_height(face: Face, size_px: float) -> int:
    """From one line of this face to the next, in px: what a line of text is high, whatever its letters."""
    sample_px = min(size_px, TALL_SAMPLE_PX)
    style = Style(face, sample_px, Color(0, 0, 0))
    one, two = _set("H", style, in_color=False), _set("H\nH", style, in_color=False)
    assert one is not None
    assert two is not None
    return max(1, round((two.height - one.height) * size_px / sample_px))


def block_height(text: str, style: Style) -> int:
    """Height of all lines together in px, room above and below the letters included."""
    one_line = line_height(style.face, style.size_px)
    if style.wrap_px is None:
        return one_line
    # A letter on a line of its own below shows how far down that line begins.
    with_letter, letter = _set(f"{text}\nH", style, in_color=False), _set("H", style, in_color=False)
    assert with_letter is not None
    assert letter is not None
    return with_letter.bottom - letter.bottom - round(style.lead_px)


def _affordable(text: str, style: Style) -> float:
    """The font size, at most the style's, at which the text cannot take more than MAX_PIXELS, however it breaks."""
    longest = line_width(text.replace("\n", " "), style)
    width = longest if style.wrap_px is None else min(longest, max(style.wrap_px, style.size_px))
    lines = text.count("\n") + 1
    if style.wrap_px is not None:
        # Two neighbouring lines hold more than one width together, or else they would be one; a character that is
        # wider than the box has a line of its own.
        broken = 2 * longest / style.wrap_px + 1 if style.wrap_px > 2 * style.size_px else len(text)
        lines += min(len(text), int(broken))
    pixels = max(1.0, width) * lines * (style.size_px * TALLEST_LINE + style.lead_px)
    return style.size_px * min(1.0, sqrt(MAX_PIXELS / pixels))


def _set(text: str, style: Style, in_color: bool) -> Ink | None:
    options = {} if style.wrap_px is None else {"width": max(1, round(style.wrap_px)), "wrap": "word-char"}
    try:
        image = Image.text(
            _markup(text, style),
            font=style.face.describe(style.size_px),
            dpi=72,  # one point is one px
            align=ALIGN[style.align],
            spacing=round(style.lead_px),
            rgba=in_color,
            **options,
        )
    except Error as error:
        if NO_INK in str(error):
            return None
        if TOO_BIG in str(error):
            raise TooLarge(MAX_SIDE_PX, "px a side of text") from error
        raise InvalidParameter("text", text, "characters that can be drawn") from error
    return Ink(image, image.xoffset, image.yoffset)


def _markup(text: str, style: Style) -> str:
    """The text as one span; nothing in it is markup of the caller's."""
    color = style.color
    attributes = {
        "foreground": f"#{color.red:02x}{color.green:02x}{color.blue:02x}",
        "letter_spacing": str(round(style.track_px * 1024)),
        "lang": language(text),
        "insert_hyphens": "false",
    }
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<span {written}>{escape(text, quote=False)}</span>"


def language(text: str) -> str:
    """What decides between the Chinese, Japanese and Korean forms of a character they share."""
    if any("\u3040" <= character <= "\u30ff" for character in text):
        return "ja"
    if any("\uac00" <= character <= "\ud7a3" for character in text):
        return "ko"
    return "zh-cn" if any("\u3400" <= character <= "\u9fff" for character in text) else "en"
