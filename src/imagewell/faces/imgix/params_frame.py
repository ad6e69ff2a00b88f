"""The rows about borders, padding, trimming and masks."""

from __future__ import annotations

from imagewell.faces.imgix.readers import color, px, reference
from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import four, number, pair, word

EXT = Tier.EXT
SIDES = ("bottom", "left", "right", "top")
RADII = "int 0.. or (int 0.., int 0.., int 0.., int 0..)"
byte = number(0, 255)

BORDER = section("border-and-padding", (
    *(Param(f"border-{side}", px, f"border.{side}", "int 0..100?", f"Width of the border's {side} side.",
            needs="border") for side in SIDES),
    Param("border-radius-inner", four(px), "border.inner_radius", RADII,
          "Inner corner radius: one, or top left, top right, bottom right, bottom left.", needs="border", tier=EXT),
    Param("border-radius", four(px), "border.radius", RADII, "Outer corner radius, in the same order.",
          needs="border", tier=EXT),
    Param("border-stroke-color", color, "border.stroke_color", "color", "Colour of a further line around the border.",
          default="0", tier=EXT),
    Param("border-stroke-size", px, "border.stroke_px", "int 0..100?", "Width of that line.", default="0",
          tier=EXT),
    Param("border", pair(px, color), "border.edge", "(int 1..100?, color)",
          "Width and colour of a line over the picture's edge; the size stays."),
    *(Param(f"pad-{side}", px, f"pad.{side}", "int 0..?", f"Room at the {side}, in place of pad.", default="0")
      for side in SIDES),
    Param("pad", px, "pad.all", "int 0..?", "Room on all sides.", default="0"),
))  # fmt: skip

TRIM = section("trim", (
    Param("trim-alpha", byte, "trim.alpha", "num 0..255?", "Highest alpha that is still cut.", needs="trim=alpha",
          tier=EXT),
    Param("trim-color", color, "trim.color", "color", "Colour to cut; without it that of the top left pixel.",
          ("trimcolor",), needs="trim=color"),
    Param("trim-md", byte, "trim.mean_difference", "num 0..?", "How far an edge row may lie from its mean.",
          ("trimmd",), default="11", needs="trim=auto"),
    Param("trim-pad", number(-200, 200), "trim.pad_px", "int -200..200?", "Margin left around what remains.",
          ("trimpad",), default="0", needs="trim"),
    Param("trim-sd", byte, "trim.standard_deviation", "num 0..?", "How uneven an edge row may be.", ("trimsd",),
          default="10", needs="trim=auto"),
    Param("trim-tol", byte, "trim.tolerance", "num 0..?", "How far a colour may differ.", ("trimtol",), default="0",
          needs="trim=color"),
    Param("trim", word("auto", "color", "alpha", "colorunlessalpha"), "trim.by", "auto/color/alpha/colorunlessalpha",
          "Cuts uniform edges away."),
))  # fmt: skip

MASK = section("mask", (
    Param("corner-radius", four(px), "mask.radii", RADII,
          "Radius of mask=corners; without it a fifth of the shorter side.", needs="mask=corners"),
    Param("mask-bg", color, "mask.background", "color", "What fills the hidden part.", ("maskbg",), default="fff",
          needs="mask"),
    Param("mask", reference, "mask.shape", "ellipse/corners or url or path",
          "What shows: an ellipse, round corners, or another picture's lightness times alpha."),
))  # fmt: skip

ROWS = (*BORDER, *TRIM, *MASK)
