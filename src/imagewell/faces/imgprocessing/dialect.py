"""From the body of an edit to what the picture should become. Pure: fields and facts in, a transformation out.

Each reader settles its fields before it builds anything, so that a body with several faults is told all of them. Every
edit keeps the picture's format, save `convert` and `remove-background`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import degrees
from types import MappingProxyType

from imagewell.faces.imgprocessing.errors import invalid
from imagewell.faces.imgprocessing.fields import TRANSPARENT, Fields
from imagewell.imaging.work import Facts
from imagewell.transform.geometry import pivot_size, place
from imagewell.transform.model import (
    IDENTITY,
    Backdrop,
    CutOut,
    Fill,
    Fit,
    Focus,
    Format,
    ImageOverlay,
    Modulate,
    Output,
    Place,
    Region,
    Resize,
    Rotate,
    Stage,
    Stylize,
    Transformation,
)
from imagewell.transform.values import BLACK, WHITE, Color, Length, Size

MAX_SIDE_PX = 10_000
MAX_MARKS = 5
MAX_OFFSET_PX = 1_000_000
MAX_ANGLE = 1e15
"""Beyond it a float cannot tell one turn from the next."""
MAX_FACTOR = 1000
QUALITY = 90
DEFAULT_SIGMA = 20.0
A_HAIR_DEGREES = 1e-6
"""An angle so near to a quarter turn is one: π in radians is never exactly 180°."""
FORMAT_SIDES_PX: Mapping[str, int] = {"jpeg": 65_500, "png": 65_535, "webp": 16_383}

FITS: Mapping[str, Fit] = {"fill": Fit.SCALE, "contain": Fit.FILL, "cover": Fit.CROP}
SIDES: Mapping[str, tuple[Focus, ...]] = {
    "center": (),
    "top": (Focus.TOP,),
    "right": (Focus.RIGHT,),
    "bottom": (Focus.BOTTOM,),
    "left": (Focus.LEFT,),
    "top-left": (Focus.TOP, Focus.LEFT),
    "top-right": (Focus.TOP, Focus.RIGHT),
    "bottom-left": (Focus.BOTTOM, Focus.LEFT),
    "bottom-right": (Focus.BOTTOM, Focus.RIGHT),
}
FORMATS: Mapping[str, Format] = {"jpeg": Format.JPEG, "png": Format.PNG, "webp": Format.WEBP, "jpg": Format.JPEG}
REPEATS = MappingProxyType({"no_repeat": "no", "repeat": "both", "repeat_x": "x", "repeat_y": "y"})
NEW_MODULATION = ("brightness", "saturation", "contrast", "exposure")
FIRST_MODULATION = ("hue", "lightness")
"""A body with one of these speaks the first generation's language throughout."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator decides. max_pixels: of a result. flatten: under clear pixels that become a JPEG.
    first_modulation: `modulate` always means the first generation's multipliers."""

    max_pixels: int = 50_000_000
    flatten: Color = WHITE
    first_modulation: bool = False


Read = Callable[[Fields, Facts, Rules], Transformation]


def resize(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """Neither side: a copy. One side: the ratio is kept. Both: stretched, or within bars, or cropped."""
    width = fields.integer("width", 1, MAX_SIDE_PX)
    height = fields.integer("height", 1, MAX_SIDE_PX)
    fit = FITS[fields.word("fit", tuple(FITS)) or "fill"]
    focus = SIDES[fields.word("position", tuple(SIDES)) or "center"]
    bars = fields.color("letterbox_color")
    fields.settle()
    if width is None and height is None:
        return IDENTITY
    wanted = Resize(width=_side(width), height=_side(height))
    if width is not None and height is not None:
        fill = Fill(color=_on(facts, bars or TRANSPARENT)) if fit is Fit.FILL else None
        wanted = replace(wanted, fit=fit, focus=() if fit is Fit.SCALE else focus, fill=fill)
    result = place(facts.size, wanted, max_side_px=MAX_OFFSET_PX).canvas
    _check_size(result, facts.format, "height" if width is None else "width", rules)
    return _kept(facts, Stage(resize=wanted))


def crop(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """The box from (x1, y1) to (x2, y2), which lies inside the picture."""
    x1 = fields.integer("x1", 0, facts.width, required=True)
    y1 = fields.integer("y1", 0, facts.height, required=True)
    x2 = fields.integer("x2", 0, facts.width, required=True)
    y2 = fields.integer("y2", 0, facts.height, required=True)
    for low, high, name, below in ((x1, x2, "x2", "x1"), (y1, y2, "y2", "y1")):
        if low is not None and high is not None and high <= low:
            fields.wrong(name, f"must be greater than {below}")
    fields.settle()
    assert x1 is not None and y1 is not None and x2 is not None and y2 is not None, "required fields were settled"  # noqa: PT018
    return _kept(facts, Stage(region=Region(_px(x1), _px(y1), _px(x2 - x1), _px(y2 - y1))))


def mirror(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """`horizontal` swaps left and right."""
    mode = fields.word("mode", ("horizontal", "vertical", "both"), required=True)
    fields.settle()
    return _kept(facts, Stage(flip="hv" if mode == "both" else "h" if mode == "horizontal" else "v"))


def rotate(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """Clockwise; the canvas grows to hold the turned picture. Corners are black, clear in a picture with alpha."""
    angle = fields.number("angle", -MAX_ANGLE, MAX_ANGLE, required=True)
    unit = fields.word("unit", ("degrees", "radians"))
    corners = fields.color("background_color")
    fields.settle()
    assert angle is not None, "a required field was settled"
    turn = clockwise(angle, unit == "radians")
    _check_size(pivot_size(facts.size, turn), facts.format, "angle", rules)
    plain = None if facts.has_alpha else BLACK
    behind = plain if corners is None else _on(facts, corners)
    return _kept(facts, Stage(rotate=Rotate(-turn, "pivot", behind)))


def convert(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """Another format. Clear pixels that become a JPEG lie on the operator's colour."""
    format = fields.word("format", tuple(FORMATS), required=True)
    quality = fields.integer("quality", 1, 100)
    fields.settle()
    assert format is not None, "a required field was settled"
    wanted = FORMATS[format]
    _check_size(facts.size, wanted.value, "format", rules)
    flat = wanted is Format.JPEG and facts.has_alpha
    stages = (Stage(backdrop=Backdrop(rules.flatten)),) if flat else ()
    return Transformation(stages, _output(wanted, quality))


def blur(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """Gaussian; the model counts in tenths of a sigma."""
    sigma = fields.number("sigma", 1, 1000)
    fields.settle()
    return _kept(facts, Stage(stylize=Stylize(blur=10 * (DEFAULT_SIGMA if sigma is None else sigma))))


def modulate(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """Light and colour, in the words of either generation of clients; with none of them a copy."""
    first = rules.first_modulation or any(fields.has(name) for name in FIRST_MODULATION)
    asked = any(fields.has(name) for name in (*NEW_MODULATION, *FIRST_MODULATION))
    change = _first_modulation(fields) if first else _modulation(fields)
    return _kept(facts, Stage(modulate=change)) if asked else IDENTITY


def _first_modulation(fields: Fields) -> Modulate:
    """brightness and saturation multiply, hue turns, lightness adds; in CIE's space, as sharp does it."""
    brightness = fields.number("brightness", 0, MAX_FACTOR)
    saturation = fields.number("saturation", 0, MAX_FACTOR)
    hue = fields.integer("hue", -MAX_OFFSET_PX, MAX_OFFSET_PX)
    lightness = fields.number("lightness", -100, 100)
    fields.settle()
    return Modulate(
        gain=1.0 if brightness is None else brightness,
        saturation=1.0 if saturation is None else saturation,
        hue=float((hue or 0) % 360),
        lightness=lightness or 0.0,
        space="lch",
    )


def _modulation(fields: Fields) -> Modulate:
    """Each from −100 to 100 and neutral at 0; exposure doubles the light every 50."""
    brightness, saturation, contrast, exposure = (fields.number(name, -100, 100) or 0.0 for name in NEW_MODULATION)
    fields.settle()
    return Modulate(
        gain=2.0 ** (exposure / 50) * (1 + brightness / 100),
        contrast=1 + contrast / 100,
        saturation=1 + saturation / 100,
    )


def remove_background(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """A PNG of the same size, clear where the background was."""
    fields.settle()
    return Transformation((Stage(cutout=CutOut()),), Output(Format.PNG))


def watermark(fields: Fields, facts: Facts, rules: Rules) -> Transformation:
    """Marks pasted in their order. Their references are the ids as they came; the caller looks the pictures up."""
    marks = [_mark(mark) for mark in fields.objects("watermarks", MAX_MARKS)]
    fields.settle()
    return _kept(facts, Stage(overlays=tuple(mark for mark in marks if mark is not None)))


def _mark(fields: Fields) -> ImageOverlay | None:
    image = fields.identifier("id")
    left = fields.integer("left", -MAX_OFFSET_PX, MAX_OFFSET_PX) or 0
    top = fields.integer("top", -MAX_OFFSET_PX, MAX_OFFSET_PX) or 0
    width = fields.integer("width", 1, MAX_SIDE_PX)
    height = fields.integer("height", 1, MAX_SIDE_PX)
    repeat = fields.word("repetition_mode", tuple(REPEATS)) or "no_repeat"
    if image is None:
        return None
    return ImageOverlay(
        image,
        width=_side(width),
        height=_side(height),
        fit=Fit.CLIP if width is None or height is None else Fit.SCALE,
        place=Place(x=_px(left), y=_px(top)),
        tile=REPEATS[repeat],  # type: ignore[arg-type]  # its values are the model's own words
    )


def clockwise(angle: float, in_radians: bool = False) -> float:
    """Degrees from 0 up to 360, quarter turns exactly."""
    turn = (degrees(angle) if in_radians else angle) % 360
    quarter = 90.0 * round(turn / 90)
    return quarter % 360 if abs(turn - quarter) <= A_HAIR_DEGREES else turn


def _kept(facts: Facts, *stages: Stage) -> Transformation:
    """In the format that the picture has."""
    return Transformation(stages, _output(Format(facts.format)))


def _output(format: Format, quality: int | None = None) -> Output:
    return Output(format, quality=None if format is Format.PNG else quality or QUALITY)


def _on(facts: Facts, color: Color) -> Color:
    """A colour as the format can show it: JPEG has no clear pixels, and lets black through a clear colour."""
    if facts.format != Format.JPEG:
        return color
    red, green, blue = (round(channel * color.alpha) for channel in (color.red, color.green, color.blue))
    return Color(red, green, blue)


def _check_size(result: Size, format: str, field: str, rules: Rules) -> None:
    """Raises: InvalidFields for a result that is too large, before anything is rendered."""
    shown = f"{field} would give a picture of {result.width} x {result.height} pixels"
    if result.pixels > rules.max_pixels:
        raise invalid(field, f"{shown}; at most {rules.max_pixels} pixels are possible.")
    if max(result.width, result.height) > FORMAT_SIDES_PX[format]:
        raise invalid(field, f"{shown}; a {format} has at most {FORMAT_SIDES_PX[format]} a side.")


def _px(value: int) -> Length:
    return Length(float(value))


def _side(value: int | None) -> Length | None:
    """An open side stays open."""
    return None if value is None else _px(value)


READERS: Mapping[str, Read] = {
    "resize": resize,
    "crop": crop,
    "mirror": mirror,
    "rotate": rotate,
    "convert": convert,
    "blur": blur,
    "modulate": modulate,
    "remove-background": remove_background,
    "watermark": watermark,
}
"""By the last part of the path."""
