"""The rows about text over a picture and about `~text`."""

from __future__ import annotations

from imagewell.faces.imgix.params_overlay import ALIGN, align
from imagewell.faces.imgix.readers import color, font, offset, px
from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import number, several, text, word

EXT = Tier.EXT

TEXT = section("text", (
    Param("txt-align", align, "txt.align", ALIGN, "Where the text sits; bottom,right where it says nothing.",
          ("txtalign", "ta"), needs="txt"),
    Param("txt-clip", several(word("start", "middle", "end", "ellipsis")), "txt.clip",
          "list of start/middle/end/ellipsis", "Where a text that is too long is cut, and whether dots say so.",
          ("txtclip", "tcl"), default="end", needs="txt", tier=EXT),
    Param("txt-color", color, "txt.color", "color", "Black where it says nothing.",
          ("txtcolor", "txt-clr", "txtclr", "tc"), needs="txt"),
    Param("txt-fit", word("max"), "txt.fit", "max", "Enlarges the text to txt-width.", ("txtfit",), needs="txt",
          tier=EXT),
    Param("txt-font", font, "txt.font", "font", "A family, serif, sans-serif, monospace, cursive or fantasy; bold, "
          "italic.", ("tf", "txtfont"), needs="txt"),
    Param("txt-line-color", color, "txt.outline_color", "color", "Colour of the outline.",
          ("txtlinecolor", "txt-line-clr", "txtlineclr"), default="fff", needs="txt, txt-line", tier=EXT),
    Param("txt-line", number(0, 200), "txt.outline_px", "int 0..?", "Width of the outline.", ("txtline", "tl"),
          default="0", needs="txt", tier=EXT),
    Param("txt-pad", px, "txt.pad_px", "int 0..?", "Gap to the edge.", ("txtpad", "tp"), default="10", needs="txt"),
    Param("txt-shad", number(0, 10), "txt.shadow", "num 0..10?", "Strength of the shadow.", ("txtshad", "tsh"),
          default="0", needs="txt", tier=EXT),
    Param("txt-size", number(1, 2000), "txt.size_px", "int 0..?", "Size of the letters in px.", ("tsz", "txtsize"),
          default="12", needs="txt"),
    Param("txt-width", number(1, 8192), "txt.width_px", "int 0..?", "Width of the box in px.", ("txtwidth",),
          needs="txt", tier=EXT),
    Param("txt-x", offset, "txt.x", "int", "From the left; wins over align and pad.", ("txtx",), default="0",
          needs="txt", tier=EXT),
    Param("txt-y", offset, "txt.y", "int", "From the top; wins over align and pad.", ("txty",), default="0",
          needs="txt", tier=EXT),
    Param("txt", text(5000, lines=True), "txt.text", "text", "One line over the picture; ~text sets several.", ("t",)),
))  # fmt: skip

TYPESETTING = section("typesetting", (
    Param("txt-lead", number(0, 2000), "txt.lead_px", "int 0..?", "Room between lines; ~text only.", ("txtlead",),
          default="0", needs="txt", tier=EXT),
    Param("txt-track", number(-4, 2000), "txt.track_px", "int -4..?", "Room between letters; ~text only.",
          ("txttrack", "tt"), default="0", needs="txt", tier=EXT),
))  # fmt: skip

ROWS = (*TEXT, *TYPESETTING)
