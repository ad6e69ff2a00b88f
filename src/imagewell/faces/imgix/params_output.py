"""The rows about how the answer is written and handed out."""

from __future__ import annotations

from imagewell.faces.imgix.readers import frame, instant
from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import choice, flag, several, text, whole, word

EXT = Tier.EXT
RENDERED = ("jpg", "pjpg", "png", "png8", "png32", "webp", "avif", "gif", "json", "blurhash")
"""The values of fm that are served."""
OTHER_PICTURES = ("jp2", "jxr")
VIDEO = ("mp4", "webm", "spritesheet", "hls", "dash")
FM = "gif/jpg/jp2/json/jxr/pjpg/mp4/png/png8/png32/webp/webm/blurhash/avif/spritesheet"

FORMAT = section("format", (
    Param("ch", several(word("width", "dpr", "save-data")), "hints.names", "list of width/dpr/save-data",
          "Client hints the URL opts in to; what they say takes the place of w, dpr and q.", tier=EXT),
    Param("chromasub", word("420", "422", "444"), "output.chroma", "one of 444/422/420",
          "Chroma subsampling of JPEG and AVIF.", default="420"),
    Param("colorquant", whole(2, 256), "output.colors", "int 2..256?", "Palette size of png8 and gif."),
    Param("cs", word("origin", "srgb", "adobergb1998", "tinysrgb", "strip"), "output.profile",
          "origin/srgb/adobergb1998/tinysrgb/strip", "Colour space and profile of the result."),
    Param("dl", text(200), "serve.download", "text", "Hands the result out as a file of this name."),
    Param("dpi", whole(0, 10_000), "output.dpi", "int 0..?", "Density written into JPEG and PNG.", tier=EXT),
    Param("fm", word(*RENDERED, *OTHER_PICTURES, *VIDEO), "output.fm", FM, "Format of the result."),
    Param("iptc", choice({"allow": True, "block": False}), "output.iptc", "allow/block",
          "Whether IPTC goes through to JPEG.", default="block", tier=EXT),
    Param("jpg-progressive", flag, "output.progressive", "bool", "Progressive or baseline JPEG.",
          ("jpeg-progressive",), default="true"),
    Param("lossless", flag, "output.lossless", "bool", "WebP without loss.", default="false", needs="fm=webp"),
    Param("q", whole(0, 100), "output.quality", "int 0..100?", "Quality of lossy formats.", default="75",
          needs="fm=avif, fm=jpg, fm=pjpg, fm=webp"),
    Param("svg-sanitize", flag, "passed.svg_sanitize", "bool",
          "Taken and without effect: an SVG that is not plainly inert is never handed out.", default="true", tier=EXT),
))  # fmt: skip

AUTO = section("auto", (
    Param("auto", several(word("enhance", "format", "redeye", "compress", "true")), "auto.words",
          "list of enhance/format/redeye/compress/true",
          "May be repeated. true is format; redeye is taken and changes nothing."),
))  # fmt: skip

EXPIRATION = section("expiration", (
    Param("expires", instant, "serve.expires_s", "unix s", "From this instant on the URL answers 404.", strict=True),
))  # fmt: skip

ANIMATION = section("animation", (
    Param("fps", whole(1, 60), "frames.fps", "int 1..60?", "Frames a second.", tier=EXT),
    Param("frame", frame, "frames.span", "int 1..? or a-b range", "One frame, or the first and last.", tier=EXT),
    Param("interval", whole(1, 10_000), "frames.keep_every", "int 1..", "Keeps each Nth frame.", tier=EXT),
    Param("loop", whole(0, 65_535), "frames.loop", "int 0..?", "How often it plays; 0 is for ever.", default="0",
          tier=EXT),
    Param("reverse", flag, "frames.reverse", "bool", "Plays backwards.", default="false", tier=EXT),
    Param("skip", whole(1, 10_000), "frames.drop_every", "int 1..", "Drops each Nth frame.", tier=EXT),
))  # fmt: skip

PDF = section("pdf", (
    Param("page", whole(1, 10_000), "frames.page", "int 1..?", "Page of a document.", default="1", tier=EXT),
    Param("pdf-annotation", flag, "passed.pdf_annotation", "bool", "Taken and without effect: PDF is not read.",
          ("annotation",), default="true", tier=EXT),
))  # fmt: skip

MISC = section("misc", (
    Param("rasterize-bypass", flag, "bypass.on", "bool", "Hands out the origin's bytes whatever else is said.",
          default="false", tier=EXT),
))  # fmt: skip

ROWS = (*FORMAT, *AUTO, *EXPIRATION, *ANIMATION, *PDF, *MISC)
