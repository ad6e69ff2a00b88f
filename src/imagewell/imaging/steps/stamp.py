"""The step "stamp": words repeated over the whole picture, light with a dark edge, so that they show on any ground.

One tile is drawn and kept; the rest is copying. Pictures too small for words get a mark in a corner, and long thin ones
such a mark every so often.
"""

from __future__ import annotations

from functools import lru_cache

from pyvips import Image, Interpolate

from imagewell.errors import EngineMissing
from imagewell.imaging import fonts
from imagewell.imaging.context import Context
from imagewell.imaging.steps.alpha import has_alpha, over, size_of
from imagewell.imaging.steps.cornermark import corner_mark
from imagewell.imaging.steps.lettering import Style, draw
from imagewell.imaging.steps.lettershade import grown
from imagewell.imaging.steps.wording import cleaned
from imagewell.transform.model import Stamp
from imagewell.transform.values import BLACK, Size

LEAST_SIDE_PX = 40
"""Of a picture that words fit on."""
LETTER_SHARE = 0.13
"""Font size, as a share of the shorter side; in px at least SMALLEST and at most LARGEST."""
SMALLEST, LARGEST = 9.0, 160.0
LONGEST_PX = 720
"""About how long the words may get, in letters of their font size: a tile is kept in memory."""
STEP = 2**0.25
"""From one font size to the next, so that pictures of about one size share a tile."""
EDGE_SHARE = 0.09
GAP_SHARE = 0.55
"""Width of the dark edge, and room between the words, in font sizes."""
RISE_DEGREES = 30.0
LIGHT, DARK = 255, 24
"""Levels of letters and edge."""
TILES_KEPT = 4


def apply(frames: list[Image], op: Stamp, ctx: Context) -> list[Image]:
    """Every frame with the same mark over it; sizes and bands stay. Letters are opaque, on clear pixels too."""
    layer = _layer(size_of(frames[0]), cleaned(op.text, lines=False).strip())
    return frames if layer is None else [_laid(frame, layer) for frame in frames]


def _layer(size: Size, words: str) -> Image | None:
    """The mark as a picture of the size of the frame, 4 bands; None where there is no room for any."""
    if min(size.width, size.height) < LEAST_SIDE_PX:
        mark = corner_mark(size, LIGHT, DARK)
        return None if mark is None else _colored(mark)
    tile = _tile(words, _font_px(size, words))
    if tile is None:
        return None
    # The tile's first words sit in the middle of the frame, so that the smallest of frames has them whole.
    before_x = (tile.width // 2 - size.width // 2) % tile.width
    before_y = (tile.height // 4 - size.height // 2) % tile.height
    across, down = -(-(size.width + before_x) // tile.width), -(-(size.height + before_y) // tile.height)
    return tile.replicate(across, down).crop(before_x, before_y, size.width, size.height)


def _laid(frame: Image, layer: Image) -> Image:
    if has_alpha(frame):
        return over(layer, frame)
    # In whole numbers: several times as fast as laying one picture over another.
    return layer[3].ifthenelse(layer[:3], frame, blend=True).copy(interpretation="srgb")


def _colored(mark: Image) -> Image:
    """Grey level and coverage as a picture, in memory."""
    grey = mark[0]
    return grey.bandjoin([grey, grey, mark[1]]).copy(interpretation="srgb").copy_memory()


def _font_px(size: Size, words: str) -> float:
    most = min(LARGEST, LONGEST_PX / max(1, len(words)))
    wanted, px = min(min(size.width, size.height) * LETTER_SHARE, most), SMALLEST
    while px * STEP <= wanted:
        px *= STEP
    return px


@lru_cache(maxsize=TILES_KEPT)
def _tile(words: str, font_px: float) -> Image | None:
    """Words rising to the right, twice, the second half a tile away from the first in both directions; 4 bands."""
    letters = _letters(words, font_px)
    if letters is None:
        return None
    turned = letters.rotate(-RISE_DEGREES, interpolate=Interpolate.new("bicubic"), background=[DARK, 0])
    gap = round(font_px * GAP_SHARE)
    half_width, half_height = (turned.width + gap + 1) // 2, turned.height + gap
    one = turned.embed(gap // 2, gap // 2, half_width * 2, half_height * 2, extend="background", background=[DARK, 0])
    other = one.wrap(x=half_width, y=half_height)
    return _colored((other[1] > one[1]).ifthenelse(other, one))


def _letters(words: str, font_px: float) -> Image | None:
    """Words with their edge: grey level and coverage."""
    shape = _shape(words, font_px)
    if shape is None:
        return None
    edge = max(1.0, font_px * EDGE_SHARE)
    room = round(edge) + 1
    shape = shape.embed(room, room, shape.width + 2 * room, shape.height + 2 * room)
    grey = (shape * ((LIGHT - DARK) / 255) + DARK + 0.5).cast("uchar")
    return grey.bandjoin(grown(shape, edge)).copy_memory()


def _shape(words: str, font_px: float) -> Image | None:
    """The words' coverage, one band; without any font, a block in place of each letter: a picture must not go without
    its mark because nobody installed fonts."""
    try:
        face = fonts.resolve(fonts.DEFAULT, bold=True)
    except EngineMissing:
        block = Image.black(round(font_px * 0.5), round(font_px * 0.7)) + 255
        cell = block.cast("uchar").embed(0, 0, round(font_px * 0.7), block.height)
        return cell.replicate(max(1, len(words)), 1)
    fonts.require(words)
    ink = draw(words, Style(face, font_px, BLACK))
    return None if ink is None else ink.image[3]
