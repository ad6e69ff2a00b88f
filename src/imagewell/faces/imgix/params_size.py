"""The rows about size, focus, turning, regions and what fills a frame."""

from __future__ import annotations

from imagewell.faces.imgix.readers import MAX_SIDE_PX, color, gradient_length, picture_side, region
from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import above_zero, choice, flag, number, pair, ratio, several, whole, word
from imagewell.transform.model import Fit, Focus

focus_words = several(choice({focus.value: focus for focus in Focus}))
fit_words = several(choice({fit.value: fit for fit in Fit}))
clamped = whole(1, MAX_SIDE_PX)
orientations = choice({**{str(n): n for n in range(9)}, "90": 6, "180": 3, "270": 8})
EXT = Tier.EXT

SIZE = section("size", (
    Param("ar", ratio, "resize.ratio", "W:H", "Shape of the frame, for fit=crop and fit=fill.", needs="fit=crop"),
    Param("crop", focus_words, "resize.focus",
          "list of top/bottom/left/right/center/faces/entropy/edges/focalpoint",
          "What fit=crop keeps in sight; the first in the list that can be found wins.", needs="fit=crop"),
    Param("fit", fit_words, "resize.fit", "clamp/clip/crop/facearea/fill/fillmax/max/min/scale",
          "How the picture meets the frame. A second word after facearea is used when there is no face.",
          ("f",), default="clip"),
    Param("h", picture_side, "resize.height", "int 2..8192 or ratio 0..1", "Height of the result.", ("height",)),
    Param("max-h", clamped, "resize.max_height", "int 1..8192", "Ceiling for the height.", ("max-height",),
          needs="fit=crop"),
    Param("max-w", clamped, "resize.max_width", "int 1..8192", "Ceiling for the width.", ("max-width",),
          needs="fit=crop"),
    Param("min-h", clamped, "resize.min_height", "int 1..8192", "Floor for the height.", ("min-height",),
          needs="fit=crop"),
    Param("min-w", clamped, "resize.min_width", "int 1..8192", "Floor for the width.", ("min-width",),
          needs="fit=crop"),
    Param("rect", region, "stage.region", "x,y,w,h",
          "Part of the picture that is taken first: px, shares with a decimal point, or keywords."),
    Param("w", picture_side, "resize.width", "int 2..8192 or ratio 0..1", "Width of the result; 1 is all of it.",
          ("width",)),
))  # fmt: skip

DENSITY = section("pixel-density", (
    Param("dpr", above_zero(5), "stage.dpr", "num 0..5", "Device px per px; multiplies w, h and every px value.",
          default="1"),
))  # fmt: skip

FOCAL = section("focalpoint-crop", (
    Param("fp-debug", flag, "focal.mark", "bool", "Draws a cross at the focal point.", default="false",
          needs="crop=focalpoint", tier=EXT),
    Param("fp-x", number(0, 1), "focal.x", "ratio 0..1", "Focal point from the left.", default="0.5",
          needs="crop=focalpoint"),
    Param("fp-y", number(0, 1), "focal.y", "ratio 0..1", "Focal point from the top.", default="0.5",
          needs="crop=focalpoint"),
    Param("fp-z", number(1, 100), "focal.zoom", "num 1..100", "How far to zoom in on the focal point.", default="1",
          needs="crop=focalpoint"),
))  # fmt: skip

ROTATION = section("rotation", (
    Param("flip", choice({"h": "h", "v": "v", "hv": "hv", "vh": "hv"}), "stage.flip", "h/v/hv",
          "Mirrors: h left to right, v top to bottom."),
    Param("orient", orientations, "stage.orient", "one of 0/1/2/3/4/5/6/7/8/90/180/270",
          "Takes the place of the file's own orientation; 0 ignores it.", ("or",)),
    Param("rot-type", word("straighten", "pivot"), "rotate.kind", "pivot/straighten",
          "straighten keeps the frame full; pivot shows every corner.", ("rottype", "rott"), default="straighten"),
    Param("rot", number(-3600, 3600), "rotate.degrees", "num 0..359?", "Degrees counter-clockwise.", default="0"),
))  # fmt: skip

GRADIENT_NEEDS = "fit=fill, fill=gradient"
FILL = section("fill", (
    Param("bg", color, "backdrop.color", "color", "Colour behind clear pixels and padding.", default="fff"),
    Param("fill-color", color, "fill.color", "color", "Colour of fill=solid.", ("fillcolor",), default="fff",
          needs="fill=solid"),
    Param("fill-gradient-cs", word("linear", "srgb", "oklab", "hsl", "lch"), "gradient.space",
          "linear/srgb/oklab/hsl/lch", "Colour space the gradient is mixed in.", default="srgb",
          needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-linear-direction", several(word("top", "bottom", "left", "right")), "gradient.toward",
          "list of top/bottom/left/right", "The edges it runs from and to.", default="top,bottom",
          needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-linear", pair(color, color), "gradient.linear", "(color, color)",
          "The two colours of a linear gradient.", needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-radial-radius", pair(gradient_length, gradient_length), "gradient.radii",
          "(int 2..8192|ratio 0..1, int 2..8192|ratio 0..1)", "Inner and outer radius.", default="0.25,0.5",
          needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-radial-x", gradient_length, "gradient.center_x", "int 2..8192 or ratio 0..1",
          "Where its centre is, across.", default="0.5", needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-radial-y", gradient_length, "gradient.center_y", "int 2..8192 or ratio 0..1",
          "Where its centre is, down.", default="0.5", needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-radial", pair(color, color), "gradient.radial", "(color, color)",
          "The colours of centre and edge.", needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill-gradient-type", word("linear", "radial"), "gradient.kind", "linear/radial", "Which gradient.",
          default="linear", needs=GRADIENT_NEEDS, tier=EXT),
    Param("fill", word("solid", "blur", "gradient", "gen", "generative"), "fill.kind",
          "solid/blur/gen/generative/gradient", "What fills the room of fit=fill and fit=fillmax.", needs="fit"),
    Param("grid-colors", pair(color, color), "backdrop.grid_colors", "(color, color)", "The checkerboard's colours.",
          default="D0D7DD,FFFFFF", needs="transparency", tier=EXT),
    Param("grid-size", whole(1, 500), "backdrop.grid_px", "int 0..", "The checkerboard's cell in px.", default="4",
          needs="transparency", tier=EXT),
    Param("transparency", word("grid"), "backdrop.transparency", "grid", "A checkerboard behind clear pixels.",
          tier=EXT),
))  # fmt: skip

ROWS = (*SIZE, *DENSITY, *FOCAL, *ROTATION, *FILL)
