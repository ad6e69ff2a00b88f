"""The rows about tone, effects, noise and the palette."""

from __future__ import annotations

import re

from imagewell.faces.imgix.readers import color
from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import Reader, flag, number, pair, whole, word

EXT = Tier.EXT
signed = number(-100, 100)
percent = number(0, 100)


def _prefix(text: str) -> str:
    if not re.fullmatch(r"-?[A-Za-z_][A-Za-z0-9_-]{0,62}", text):
        raise ValueError("not the beginning of a CSS class name")
    return text


def tone(name: str, field: str, about: str, aliases: tuple[str, ...] = ()) -> Param:
    """A row whose value runs from -100 to 100 and is neutral at 0."""
    return Param(name, signed, f"adjust.{field}", "int -100..100?", about, aliases, default="0")


ADJUSTMENT = section("adjustment", (
    tone("bri", "brightness", "Brightness."),
    tone("con", "contrast", "Contrast."),
    tone("exp", "exposure", "Exposure."),
    tone("gam", "gamma", "Gamma."),
    Param("high", number(-100, 0), "adjust.highlights", "int -100..0?", "Darkens the light parts.", default="0"),
    Param("hue", number(-360, 360), "adjust.hue", "int 0..360?", "Turns all hues by degrees.", default="0"),
    Param("invert", flag, "adjust.invert", "bool", "Makes a negative.", ("inv",), default="false"),
    tone("sat", "saturation", "Saturation; -100 is grey."),
    Param("shad", percent, "adjust.shadows", "num 0..100?", "Lightens the dark parts.", default="0"),
    Param("sharp", percent, "adjust.sharpen", "num 0..100?", "Sharpens edges.", default="0"),
    tone("usm", "unsharp", "Amount of the unsharp mask."),
    Param("usmrad", number(0, 500), "adjust.unsharp_radius_px", "num 0..?", "Radius of the unsharp mask in px.",
          default="2.5", needs="usm"),
    tone("vib", "vibrance", "Saturation of the muted colours first."),
))  # fmt: skip

NOISE = section("noise-reduction", (
    Param("nr", signed, "denoise.amount", "int -100..100?", "Strength of noise reduction.", default="20", tier=EXT),
    Param("nrs", signed, "denoise.sharpness", "int -100..100?", "Sharpness that is given back.", default="20",
          tier=EXT),
))  # fmt: skip

STYLIZE = section("stylize", (
    Param("blur", number(0, 2000), "stylize.blur", "int 0..2000?", "Gaussian blur; its sigma is a tenth, in px.",
          default="0"),
    Param("duotone-alpha", percent, "stylize.duotone_alpha", "int 0..100", "Strength of the duotone.", default="100",
          needs="duotone", tier=EXT),
    Param("duotone", pair(color, color), "stylize.duotone", "(color, color)", "A colour for darkness, one for light.",
          tier=EXT),
    Param("htn", percent, "stylize.halftone", "int 0..100?", "Halftone dots.", default="0", tier=EXT),
    Param("monochrome", color, "stylize.monochrome", "color", "Tints with one colour, as strongly as it is opaque.",
          ("mono",)),
    Param("px", percent, "stylize.pixelate_px", "int 0..100?", "Cell of a mosaic in px.", default="0"),
    Param("sepia", percent, "stylize.sepia", "int 0..100?", "Strength of sepia.", default="0"),
))  # fmt: skip

PALETTE = section("color-palette", (
    Param("colors", whole(0, 16), "palette.colors", "int 0..16?", "How many frequent colours.", default="6",
          needs="palette"),
    Param("palette", word("css", "json"), "palette.answer", "css/json", "Answers with colours in place of a picture."),
    Param("prefix", Reader("the beginning of a CSS class name", _prefix, str), "palette.prefix", "text",
          "Beginning of the CSS class names.", default="image", needs="palette=css"),
))  # fmt: skip

ROWS = (*ADJUSTMENT, *NOISE, *STYLIZE, *PALETTE)
