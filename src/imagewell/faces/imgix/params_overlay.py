"""The rows about what is laid over a picture: watermarks and blends."""

from __future__ import annotations

from imagewell.faces.imgix.readers import anchor, color, offset, overlay_side, px, reference
from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import choice, number, several, whole, word
from imagewell.transform.model import BlendMode, Fit, Focus

EXT = Tier.EXT
ALIGN = "list of top/middle/bottom/left/center/right"
align = several(word("top", "middle", "bottom", "left", "center", "right"))
percent = number(0, 100)
modes = choice({mode.value: mode for mode in BlendMode})


def fits(*names: str) -> list[Fit]:
    """Some of the fits."""
    return [Fit(name) for name in names]


mark_fits = choice({fit.value: fit for fit in fits("clip", "crop", "fill", "max", "scale")})
blend_fits = choice({fit.value: fit for fit in fits("clip", "clamp", "crop", "scale", "max")})
blend_focus = several(choice({focus.value: focus for focus in map(Focus, ("top", "bottom", "left", "right", "faces"))}))
SIDE = "int 2..8192 or ratio 0..1"

MARK = section("watermark", (
    Param("mark-align", align, "mark.align", ALIGN, "Where the mark sits; bottom,right where it says nothing.",
          ("ma", "markalign"), needs="mark"),
    Param("mark-alpha", percent, "mark.opacity", "int 1..100?", "Opacity in percent.", ("markalpha", "malph"),
          default="100", needs="mark"),
    Param("mark-base", reference, "mark.base", "url or path", "What a relative mark is joined to.",
          ("mb", "markbase"), needs="mark"),
    Param("mark-fit", mark_fits, "mark.fit", "clip/crop/fill/max/scale", "How the mark meets mark-w and mark-h.",
          ("mf", "markfit"), default="clip", needs="mark, mark-w, mark-h"),
    Param("mark-h", overlay_side, "mark.height", SIDE, "Height of the mark; a share is of the picture's.",
          ("mh", "markh"), needs="mark"),
    Param("mark-if-min-height", whole(0, 100_000), "mark.min_base_height", "int 0..",
          "Draws the mark on results at least this high.", needs="mark", tier=EXT),
    Param("mark-if-min-width", whole(0, 100_000), "mark.min_base_width", "int 0..",
          "Draws the mark on results at least this wide.", needs="mark", tier=EXT),
    Param("mark-pad", px, "mark.pad_px", "int 0..?", "Gap to the edge and between tiles.", ("mp", "markpad"),
          default="5", needs="mark"),
    Param("mark-rot", number(-3600, 3600), "mark.rotate", "num 0..359?", "Degrees the mark is turned.", default="0",
          needs="mark", tier=EXT),
    Param("mark-scale", percent, "mark.scale", "int 0..100?", "Width of the mark in percent of the picture's.",
          ("ms", "markscale"), needs="mark"),
    Param("mark-tile", word("grid"), "mark.tile", "grid", "Repeats the mark.", ("mtile", "marktile"), needs="mark",
          tier=EXT),
    Param("mark-w", overlay_side, "mark.width", SIDE, "Width of the mark; a share is of the picture's.",
          ("mw", "markw"), needs="mark"),
    Param("mark-x", offset, "mark.x", "int", "From the left, below zero too; wins over align and pad.",
          ("mx", "markx"), needs="mark"),
    Param("mark-y", offset, "mark.y", "int", "From the top, below zero too; wins over align and pad.",
          ("my", "marky"), needs="mark"),
    Param("mark", reference, "mark.image", "url or path", "A picture laid over this one.", ("m",)),
))  # fmt: skip

BLEND = section("blending", (
    Param("blend-align", align, "blend.align", ALIGN, "Where the overlay sits; the centre where it says nothing.",
          ("blendalign", "ba"), needs="blend"),
    Param("blend-alpha", percent, "blend.opacity", "int 0..100", "Opacity in percent.", ("blendalpha", "balph"),
          default="100", needs="blend"),
    Param("blend-color", color, "blend.color", "color", "A flat colour laid over the picture.",
          ("blendcolor", "blend-clr", "blendclr")),
    Param("blend-crop", blend_focus, "blend.focus", "list of top/bottom/left/right/faces",
          "What blend-fit=crop keeps in sight.", ("blendcrop", "bc"), needs="blend"),
    Param("blend-fit", blend_fits, "blend.fit", "clamp/clip/crop/scale/max", "How the overlay meets its box.",
          ("blendfit", "bf"), default="clip", needs="blend"),
    Param("blend-h", overlay_side, "blend.height", SIDE, "Height of the overlay; a share is of the picture's.",
          ("blendh", "bh"), needs="blend"),
    Param("blend-mode", modes, "blend.mode", "/".join(mode.value for mode in BlendMode), "How colours are mixed.",
          ("blendmode", "bm"), default="overlay", needs="blend"),
    Param("blend-pad", px, "blend.pad_px", "int 0..?", "Gap to the edge.", ("blendpad", "bp"), default="0",
          needs="blend"),
    Param("blend-size", word("inherit"), "blend.size", "inherit", "The overlay is sized as the picture was.",
          ("blendsize", "bs"), needs="blend"),
    Param("blend-w", overlay_side, "blend.width", SIDE, "Width of the overlay; a share is of the picture's.",
          ("blendw", "bw"), needs="blend"),
    Param("blend-x", offset, "blend.x", "int 0..?", "From the left; wins over align and pad.", ("blendx", "bx"),
          default="0", needs="blend"),
    Param("blend-y", offset, "blend.y", "int 0..?", "From the top; wins over align and pad.", ("blendy", "by"),
          default="0", needs="blend"),
    Param("blend", reference, "blend.image", "color or url or path", "A colour or a picture laid over this one.",
          ("b",)),
))  # fmt: skip

EXTRA = section("watermark", (
    Param("mark-anchor", anchor, "mark.anchor", "list of words or (ratio 0..1, ratio 0..1)",
          "Which point of the mark sits on mark-x and mark-y.", needs="mark", tier=EXT),
))  # fmt: skip

ROWS = (*MARK, *BLEND)
