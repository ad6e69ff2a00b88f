"""The one picture model: `Transformation(stages, output)`.

Every dialect is read into it, the engine renders from it, and its canonical form is the cache key. The values go
through JSON as they stand (`transform/spelling.py`). Lengths named *_px are CSS px of the stage: they, and every
`Length` in px, are multiplied by the stage's `dpr` once, in `geometry.at_device_pixels`, and nowhere later.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

from pydantic import ConfigDict, Discriminator, Field, Tag

from imagewell.transform.values import BLACK, WHITE, JsonColor, JsonLength, JsonRatio

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True)
def value(cls: type[Class]) -> type[Class]:
    """A frozen dataclass that refuses, when read from JSON, names it does not have."""
    made: type[Class] = dataclass(frozen=True, slots=True)(cls)
    made.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return made


class Format(StrEnum):
    """What a rendition is encoded as. The last four are data about the picture, not pixels."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"
    JSON = "json"
    BLURHASH = "blurhash"
    PALETTE_JSON = "palette_json"
    PALETTE_CSS = "palette_css"


class Fit(StrEnum):
    """How a picture meets the asked frame. Names and meanings: imgix `fit`."""

    CLIP = "clip"
    MAX = "max"
    CROP = "crop"
    FILL = "fill"
    FILLMAX = "fillmax"
    CLAMP = "clamp"
    SCALE = "scale"
    MIN = "min"
    FACEAREA = "facearea"


class Focus(StrEnum):
    """What a crop keeps in sight. A tuple of them is a chain: the first that succeeds wins, else the centre.

    Sides anchor their axis and combine (`top`, `left`); `faces` needs an engine and fails without one.
    """

    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"
    FACES = "faces"
    ENTROPY = "entropy"
    EDGES = "edges"
    FOCALPOINT = "focalpoint"


class BlendMode(StrEnum):
    """How an overlay meets what lies below. Formulas: W3C Compositing and Blending Level 1."""

    NORMAL = "normal"
    COLOR = "color"
    BURN = "burn"
    DODGE = "dodge"
    DARKEN = "darken"
    DIFFERENCE = "difference"
    EXCLUSION = "exclusion"
    HARDLIGHT = "hardlight"
    HUE = "hue"
    LIGHTEN = "lighten"
    LUMINOSITY = "luminosity"
    MULTIPLY = "multiply"
    OVERLAY = "overlay"
    SATURATION = "saturation"
    SCREEN = "screen"
    SOFTLIGHT = "softlight"


Percent = Annotated[float, Field(ge=0, le=100)]
Signed = Annotated[float, Field(ge=-100, le=100)]
Factor = Annotated[float, Field(ge=0, le=1000)]
Corners = tuple[float, float, float, float]
"""Radii in px: top left, top right, bottom right, bottom left."""


@value
class FocalPoint:
    """x and y as shares of the picture, zoom 1 to 100 (the window is divided by it); `mark` draws a cross there."""

    x: Annotated[float, Field(ge=0, le=1)] = 0.5
    y: Annotated[float, Field(ge=0, le=1)] = 0.5
    zoom: Annotated[float, Field(ge=1, le=100)] = 1.0
    mark: bool = False


@value
class Frames:
    """Which page of a document, or frames of an animation, and how they play.

    first and last are 1-based and inclusive; `keep_every` keeps each Nth frame, `drop_every` drops each Nth.
    """

    page: Annotated[int, Field(ge=1, le=10_000)] | None = None
    first: Annotated[int, Field(ge=1, le=10_000)] | None = None
    last: Annotated[int, Field(ge=1, le=10_000)] | None = None
    fps: Annotated[int, Field(ge=1, le=60)] | None = None
    keep_every: Annotated[int, Field(ge=1, le=10_000)] | None = None
    drop_every: Annotated[int, Field(ge=1, le=10_000)] | None = None
    reverse: bool = False
    loop: Annotated[int, Field(ge=0, le=65_535)] | None = None


@value
class Region:
    """A part of the picture taken before any resize. Keywords place the region by its own size; width or height
    None is the full side."""

    x: JsonLength | Literal["left", "center", "right"] = "left"
    y: JsonLength | Literal["top", "middle", "bottom"] = "top"
    width: JsonLength | None = None
    height: JsonLength | None = None


@value
class Trim:
    """Cut uniform edges. `pad_px` is kept around (or, negative, cut further into) what remains."""

    by: Literal["auto", "color", "alpha", "colorunlessalpha"] = "auto"
    color: JsonColor | None = None
    tolerance: Annotated[float, Field(ge=0, le=255)] = 0.0
    mean_difference: Annotated[float, Field(ge=0, le=255)] = 11.0
    standard_deviation: Annotated[float, Field(ge=0, le=255)] = 10.0
    alpha: Annotated[float, Field(ge=0, le=255)] = 0.0
    pad_px: Annotated[float, Field(ge=-200, le=200)] = 0.0


@value
class CutOut:
    """The subject alone, what lies behind it clear (imgix `bg-remove`).

    semi_transparency: hair and glass stay half clear; without it edges are as sharp as pixels are. threshold: share of
    clear pixels from which on a picture counts as cut out already, and is left alone. fallback: the whole picture where
    nothing in it stands out; without it that is refused.
    """

    semi_transparency: bool = True
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.2
    fallback: bool = True


@value
class Gradient:
    """Two colours along a line (`start` → `end` named by the edge or corner they sit at) or around a centre."""

    kind: Literal["linear", "radial"] = "linear"
    colors: Annotated[tuple[JsonColor, JsonColor], Field(json_schema_extra={"default": ["#ffffff", "#000000"]})] = (
        WHITE,
        BLACK,
    )
    toward: tuple[Literal["top", "bottom", "left", "right"], ...] = ("top", "bottom")
    space: Literal["linear", "srgb", "oklab", "hsl", "lch"] = "srgb"
    center_x: JsonLength | None = None
    center_y: JsonLength | None = None
    inner: JsonLength | None = None
    outer: JsonLength | None = None


@value
class Fill:
    """What fills the room that `fill` and `fillmax` leave. `color` None with kind solid: the stage's backdrop, else
    white."""

    kind: Literal["solid", "blur", "gradient"] = "solid"
    color: JsonColor | None = None
    gradient: Gradient | None = None


@value
class Resize:
    """The frame asked for. An open side is None; `ratio` acts with crop and fill only, and not when both sides are
    given; the min and max clamps act with crop only. With fill and fillmax the sides named by `focus` say where on its
    canvas the picture sits.

    face_index, face_pad, fallback: with facearea, which face (1 is the largest; None all of them), how many times its
    size is shown, and what is done where there is no such face; None is crop, and facearea goes by its rules.
    """

    width: JsonLength | None = None
    height: JsonLength | None = None
    fit: Fit = Fit.CLIP
    ratio: JsonRatio | None = None
    focus: tuple[Focus, ...] = ()
    focal: FocalPoint | None = None
    fill: Fill | None = None
    min_width: Annotated[float, Field(ge=1)] | None = None
    max_width: Annotated[float, Field(ge=1)] | None = None
    min_height: Annotated[float, Field(ge=1)] | None = None
    max_height: Annotated[float, Field(ge=1)] | None = None
    face_index: Annotated[int, Field(ge=1, le=1000)] | None = None
    face_pad: Annotated[float, Field(ge=1, le=100)] = 1.0
    fallback: Fit | None = None


@value
class Rotate:
    """Degrees counter-clockwise. `straighten` keeps the frame and zooms to cover it; `pivot` shows all corners.

    corners: what lies in the room that a pivot leaves; None is clear. The picture's own clear pixels stay clear.
    """

    degrees: Annotated[float, Field(ge=-360, le=360)] = 0.0
    kind: Literal["straighten", "pivot"] = "straighten"
    corners: JsonColor | None = None


@value
class Denoise:
    """Noise reduction: strength, and how much sharpness is given back."""

    amount: Signed = 20.0
    sharpness: Signed = 20.0


@value
class Modulate:
    """Factors of light and colour, each neutral at 1; hue and lightness at 0. Nothing is cut off before the end.

    In "srgb" the levels are multiplied by `gain`, spread around the middle of the range by `contrast` and around their
    own luminance by `saturation`; then colours turn by `hue` degrees, and `lightness` percent of the range are added.
    In "lch", CIE's space, lightness (0 to 100) is multiplied, spread around 50 and added to, chroma multiplied, and
    hue turned.
    """

    gain: Factor = 1.0
    contrast: Factor = 1.0
    saturation: Factor = 1.0
    hue: Annotated[float, Field(ge=-360, le=360)] = 0.0
    lightness: Signed = 0.0
    space: Literal["srgb", "lch"] = "srgb"


@value
class Adjust:
    """Tone and colour, each neutral at 0. `enhance` is automatic tone correction."""

    brightness: Signed = 0.0
    contrast: Signed = 0.0
    exposure: Signed = 0.0
    gamma: Signed = 0.0
    highlights: Annotated[float, Field(ge=-100, le=0)] = 0.0
    shadows: Percent = 0.0
    hue: Annotated[float, Field(ge=-360, le=360)] = 0.0
    saturation: Signed = 0.0
    vibrance: Signed = 0.0
    invert: bool = False
    sharpen: Percent = 0.0
    unsharp: Signed = 0.0
    unsharp_radius_px: Annotated[float, Field(ge=0, le=500)] = 2.5
    enhance: bool = False


@value
class Stylize:
    """Effects, each absent at its default. `blur` is 0 to 10000 (sigma is a tenth of it, in px); `pixelate_px` the
    mosaic's cell; `monochrome`'s alpha is its strength."""

    blur: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    pixelate_px: Percent = 0.0
    sepia: Percent = 0.0
    halftone: Percent = 0.0
    monochrome: JsonColor | None = None
    duotone: tuple[JsonColor, JsonColor] | None = None
    duotone_alpha: Percent = 100.0


@value
class Backdrop:
    """What lies behind every clear pixel: a colour, or (`grid`) a checkerboard of two."""

    color: JsonColor | None = None
    grid: tuple[JsonColor, JsonColor] | None = None
    grid_px: Annotated[float, Field(ge=1, le=500)] = 4.0


@value
class Pad:
    """Room around the picture in px. It adds to the size, or with a width or height asked for fits inside it."""

    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


@value
class Border:
    """Drawn over the picture's edge: the size does not change. Widths and radii in px; `stroke` is an extra line
    around it."""

    color: JsonColor
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    radius: Corners = (0.0, 0.0, 0.0, 0.0)
    inner_radius: Corners = (0.0, 0.0, 0.0, 0.0)
    stroke_color: JsonColor | None = None
    stroke_px: float = 0.0


@value
class Mask:
    """What of the picture shows. `radii` None is 20 % of the shorter side; `image` is stretched to the frame and its
    luminance times alpha is the mask; `background` fills what is hidden."""

    kind: Literal["ellipse", "corners", "image"]
    radii: Corners | None = None
    image: str | None = None
    background: JsonColor | None = None


@value
class Place:
    """Where an overlay sits. x and y (px from the left and top, may be negative) win over alignment and pad.
    `anchor` is the point of the overlay, as shares of its own sides, that sits on x, y."""

    horizontal: Literal["left", "center", "right"] = "center"
    vertical: Literal["top", "middle", "bottom"] = "middle"
    pad_px: float = 0.0
    x: JsonLength | None = None
    y: JsonLength | None = None
    anchor: tuple[float, float] = (0.0, 0.0)


@value
class ImageOverlay:
    """Another picture laid over this one: a watermark, a blend.

    image: the reference as written, an absolute URL or a path in the base picture's own source; the delivery road
    turns it into a file. width, height: shares are of the base's sides. scale: width as percent of the base's.
    inherit: the overlay gets the base's own resize first. tile: whether it is repeated: over the base in a "grid" with
    `place.pad_px` between, or from its place on without gaps, both ways along "x", "y" or "both".
    """

    image: str
    mode: BlendMode = BlendMode.NORMAL
    opacity: Percent = 100.0
    width: JsonLength | None = None
    height: JsonLength | None = None
    fit: Fit = Fit.CLIP
    focus: tuple[Focus, ...] = ()
    scale: Annotated[float, Field(ge=0, le=100)] | None = None
    place: Place = Place()
    tile: Literal["no", "grid", "both", "x", "y"] = "no"
    rotate: float = 0.0
    min_base_width: Annotated[int, Field(ge=0)] = 0
    min_base_height: Annotated[int, Field(ge=0)] = 0
    inherit: bool = False


@value
class ColorOverlay:
    """A flat colour laid over the picture, or over a part of it."""

    color: JsonColor
    mode: BlendMode = BlendMode.NORMAL
    opacity: Percent = 100.0
    width: JsonLength | None = None
    height: JsonLength | None = None
    place: Place = Place()


@value
class Text:
    """Text and how it is set. Families are resolved among the project's own fonts, never the machine's.

    width_px: box to wrap or clip in; None is the room that the picture has. grow: enlarge to fill width_px. clip: which
    end of a text that is too long goes. lead_px, track_px: extra room between lines and letters.
    """

    text: Annotated[str, Field(max_length=5000)]
    family: Annotated[str, Field(max_length=200)] = "sans-serif"
    bold: bool = False
    italic: bool = False
    size_px: Annotated[float, Field(ge=1, le=2000)] = 12.0
    color: JsonColor | None = None
    outline_px: Annotated[float, Field(ge=0, le=200)] = 0.0
    outline_color: JsonColor | None = None
    shadow: Annotated[float, Field(ge=0, le=10)] = 0.0
    width_px: Annotated[float, Field(ge=1, le=8192)] | None = None
    wrap: bool = False
    grow: bool = False
    clip: Literal["start", "middle", "end"] = "end"
    ellipsis: bool = False
    align: Literal["left", "center", "right"] = "left"
    lead_px: Annotated[float, Field(ge=0, le=2000)] = 0.0
    track_px: Annotated[float, Field(ge=-4, le=2000)] = 0.0


@value
class TextOverlay:
    """Text laid over the picture."""

    text: Text
    place: Place = Place()


def _overlay_kind(value: Any) -> str | None:
    for kind in ("image", "text", "color"):
        if kind in value if isinstance(value, dict) else hasattr(value, kind):
            return kind
    return None


Overlay = Annotated[
    Annotated[ImageOverlay, Tag("image")] | Annotated[ColorOverlay, Tag("color")] | Annotated[TextOverlay, Tag("text")],
    Discriminator(
        _overlay_kind,
        custom_error_type="overlay",
        custom_error_message="an overlay has an `image`, a `color` or a `text`",
    ),
]


@value
class Stamp:
    """Words repeated over the whole picture, for what must not be taken for the real thing. Light letters with a dark
    edge, drawn over everything else; small pictures get a mark in a corner instead."""

    text: Annotated[str, Field(max_length=20)] = "TEST"


@value
class Stage:
    """One pass of the pipeline: a bag of operations that run in the pipeline's fixed order, which is the order of
    these fields. Overlays run in the order they are listed."""

    dpr: Annotated[float, Field(gt=0, le=5)] = 1.0
    orient: Annotated[int, Field(ge=0, le=8)] | None = None
    """EXIF's 1 to 8 in place of the file's own; 0 ignores the file's; None obeys it."""
    region: Region | None = None
    trim: Trim | None = None
    cutout: CutOut | None = None
    resize: Resize | None = None
    flip: Literal["h", "v", "hv"] | None = None
    rotate: Rotate | None = None
    denoise: Denoise | None = None
    modulate: Modulate | None = None
    adjust: Adjust | None = None
    stylize: Stylize | None = None
    backdrop: Backdrop | None = None
    pad: Pad | None = None
    border: Border | None = None
    mask: Mask | None = None
    overlays: tuple[Overlay, ...] = ()
    stamp: Stamp | None = None


@value
class Palette:
    """How many frequent colours, and the class prefix of the CSS form."""

    colors: Annotated[int, Field(ge=0, le=16)] = 6
    prefix: Annotated[str, Field(max_length=64)] = "image"


@value
class Output:
    """How the result is written; once per picture.

    format: None is the source's own (or JPEG, PNG with transparency, when that is no web format). auto: what the
    request's Accept header may decide; `negotiate.settle` turns it into a format. if_clear: written instead of
    `format` when the result has clear pixels. quality: 0 to 100, None is the format's tuned default. indexed: a
    palette PNG. colors: palette size. chroma: subsampling of lossy formats. profile: what becomes of the colour
    profile ("strip" leaves none, "tinysrgb" writes a very small one, "origin" keeps the source's colour space). faces:
    lists the faces among the facts of format "json".
    """

    format: Format | None = None
    auto: frozenset[Literal["format", "compress"]] = frozenset()
    if_clear: Format | None = None
    quality: Annotated[int, Field(ge=0, le=100)] | None = None
    lossless: bool = False
    indexed: bool = False
    true_color: bool = False
    colors: Annotated[int, Field(ge=2, le=256)] | None = None
    chroma: Literal["444", "422", "420"] | None = None
    progressive: bool = True
    profile: Literal["srgb", "origin", "adobergb1998", "tinysrgb", "strip"] | None = None
    dpi: Annotated[int, Field(ge=0, le=10_000)] | None = None
    iptc: bool = False
    palette: Palette = Palette()
    faces: bool = False


@value
class Transformation:
    """What a picture should become. With no stage and a default output it is the original, byte for byte.

    typeset: the picture begins as this text on a clear ground instead of an original (imgix `~text`).
    frames: which page or frames are read, before the first stage.
    """

    stages: tuple[Stage, ...] = ()
    output: Output = Output()
    frames: Frames | None = None
    typeset: Text | None = None

    @property
    def is_identity(self) -> bool:
        """Whether the original's own bytes are the answer."""
        return self == IDENTITY


IDENTITY = Transformation()


@value
class ServeOptions:
    """How bytes are handed out. Another type than Output, so that it cannot reach the cache key.

    download: file name for Content-Disposition. expires_s: Unix seconds after which the URL is dead.
    """

    download: str | None = None
    expires_s: int | None = None
