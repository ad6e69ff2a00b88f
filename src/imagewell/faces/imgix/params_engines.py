"""The rows that need an engine: faces, licence plates, background removal, generation, super-resolution.

`into` is a field of the picture where the engine can be installed. Of one that nobody can install here it is
"engine.<name of the engine>": a row asked for beyond its neutral value is refused with that name.
"""

from __future__ import annotations

from typing import Any

from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import Reader, flag, number, several, text, whole, word

ABSENT = "engine"
"""The group of what is refused."""
HIDE_FACES = f"{ABSENT}.faces"
PLATES = f"{ABSENT}.licence-plates"
IMAGINE = f"{ABSENT}.imagine"
UPSCALE = f"{ABSENT}.super-resolution"
strength = whole(0, 100)
prompt = text(4000)
places = several(word("top", "bottom", "middle", "left", "right", "center"))
seed = whole(0, 2**32 - 1)


def ai(
    name: str, read: Reader[Any], into: str, value: str, about: str,
    aliases: tuple[str, ...] = (), default: str = "", needs: str = "",
) -> Param:  # fmt: skip
    """A row that needs an engine."""
    return Param(name, read, into, value, about, aliases, default, needs, Tier.AI)


GENERATIVE_FILL = section("fill", (
    ai("fill-gen-fallback", flag, "fill.plain", "bool", "A plain fill when generation fails.",
       ("fill-generative-fallback",), "true", "fit=fill, fill=gen"),
    ai("fill-gen-neg-prompt", prompt, IMAGINE, "text", "What must not appear.",
       ("fill-generative-negative-prompt",), "", "fit=fill, fill=gen"),
    ai("fill-gen-pos", places, IMAGINE, "list of top/bottom/middle/left/right/center",
       "Where the original sits in the grown frame.", ("fill-generative-position",), "center,middle",
       "fit=fill, fill=gen"),
    ai("fill-gen-prompt", prompt, IMAGINE, "text", "What should appear.", ("fill-generative-prompt",), "",
       "fit=fill, fill=gen"),
    ai("fill-gen-seed", seed, IMAGINE, "int 0..", "Makes the result repeatable.", ("fill-generative-seed",), "",
       "fit=fill, fill=gen"),
))  # fmt: skip

FACE = section("face-detection", (
    ai("face-blur", strength, HIDE_FACES, "int 0..100", "Blurs every face.", (), "0"),
    ai("face-pixel", strength, HIDE_FACES, "int 0..100", "Mosaic over every face.", ("face-pixelate",), "0"),
    ai("faceindex", whole(1, 1000), "resize.face_index", "int 1..?",
       "Which face fit=facearea shows, the largest first; all of them without it.", (), "", "fit=facearea"),
    ai("facepad", number(1, 10), "resize.face_pad", "num 1..10?", "How many times the faces' size is shown.", (), "1",
       "fit=facearea"),
    ai("faces", word("1"), "facts.faces", "one of 1", "Lists the faces in fm=json.", (), "", "fm=json"),
))  # fmt: skip

PLATE = section("license-plate-detection", (
    ai("lp-blur", strength, PLATES, "int 0..100", "Blurs licence plates.", ("license-plate-blur",), "0"),
))  # fmt: skip

CUT_OUT = section("background", (
    ai("bg-remove-fallback", flag, "cutout.fallback", "bool",
       "The whole picture where nothing in it stands out; an error without it.", (), "true", "bg-remove"),
    ai("bg-remove-fg-type", several(word("auto", "car")), "cutout.kind", "list of auto/car",
       "Taken and without effect: the engine finds what stands out, whatever it is.", (), "auto", "bg-remove"),
    ai("bg-remove-semi-transparency", flag, "cutout.semi_transparency", "bool", "Keeps hair and glass half clear.",
       ("background-removal-semi-transparency",), "true", "bg-remove"),
    ai("bg-remove-transparency-threshold", number(0, 1), "cutout.threshold", "ratio 0..1",
       "Leaves pictures alone of which this share is clear already.", (), "0.2", "bg-remove"),
    ai("bg-remove", flag, "cutout.on", "bool", "Cuts the subject out.", ("background-remove",), "false"),
    ai("bg-replace-fallback", flag, IMAGINE, "bool", "The whole picture when replacing fails.", (), "true"),
    ai("bg-replace-neg-prompt", prompt, IMAGINE, "text", "What the new background must not have.",
       ("background-replace-negative-prompt",), "false"),
    ai("bg-replace", prompt, IMAGINE, "text", "The new background in words.", ("background-replace",), "false"),
))  # fmt: skip

OBJECT = section("object-manipulation", (
    ai("object-removal-negative-prompt", prompt, IMAGINE, "text", "What must not take the object's place.", (), "",
       "object-removal-rect"),
    ai("object-removal-prompt", prompt, IMAGINE, "text", "What takes the object's place.", (), "",
       "object-removal-rect"),
    ai("object-removal-rect", text(100), IMAGINE, "(int 0.., int 0.., int 1.., int 1..)",
       "Where the object is, in px of the source."),
    ai("object-removal-seed", seed, IMAGINE, "int", "Makes the result repeatable.", (), "", "object-removal-rect"),
))  # fmt: skip

RESOLUTION = section("super-resolution", (
    ai("upscale-fallback", flag, UPSCALE, "bool", "The picture as it is when this fails.", (), "true"),
    ai("upscale", flag, UPSCALE, "bool", "Enlarges with detail.", (), "false"),
))  # fmt: skip

ROWS = (*GENERATIVE_FILL, *FACE, *PLATE, *CUT_OUT, *OBJECT, *RESOLUTION)
