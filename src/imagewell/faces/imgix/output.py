"""Format, quality, frames and handing out: fields of the table to Output, Frames and ServeOptions, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from imagewell.errors import UnsupportedFormat
from imagewell.faces.imgix.errors import VideoNotRendered
from imagewell.faces.imgix.params_output import OTHER_PICTURES, RENDERED, VIDEO
from imagewell.faces.imgix.tone import changed
from imagewell.faces.kit.dialect import Fields, Values
from imagewell.transform.model import Format, Frames, Output, Palette, ServeOptions, Transformation

NO_FIELDS: Fields = {}
FORMATS = {
    "jpg": Format.JPEG,
    "pjpg": Format.JPEG,
    "png": Format.PNG,
    "png8": Format.PNG,
    "png32": Format.PNG,
    "webp": Format.WEBP,
    "avif": Format.AVIF,
    "gif": Format.GIF,
    "json": Format.JSON,
    "blurhash": Format.BLURHASH,
}
PALETTES = {"json": Format.PALETTE_JSON, "css": Format.PALETTE_CSS}
ANSWERS = frozenset({Format.JSON, Format.BLURHASH, *PALETTES.values()})
"""Data about the picture: nothing that only concerns pixels applies, and Accept has no say."""
AUTO: Mapping[str, Literal["format", "compress"]] = {"format": "format", "true": "format", "compress": "compress"}
DIRECT = ("quality", "lossless", "colors", "chroma", "profile", "dpi", "iptc", "progressive")


def output(values: Values) -> Output:
    """How the result is written. A palette wins over `fm`.

    Raises: UnsupportedFormat for jp2, jxr and the formats of video.
    """
    palette = values.get("palette", NO_FIELDS)
    if "answer" in palette:
        details = {name: palette[name] for name in ("colors", "prefix") if name in palette}
        return Output(format=PALETTES[palette["answer"]], palette=Palette(**details))
    fields = values.get("output", NO_FIELDS)
    name = fields.get("fm")
    refuse_foreign(name)
    kind = None if name is None else FORMATS[name]
    if kind in ANSWERS:
        return Output(format=kind, faces=kind is Format.JSON and "faces" in values.get("facts", NO_FIELDS))
    asked = {field: fields[field] for field in DIRECT if field in fields}
    if name == "pjpg":
        asked["progressive"] = True
    return Output(kind, _auto(values), indexed=name == "png8", true_color=name == "png32", **asked)


def refuse_foreign(name: str | None) -> None:
    """Raises: VideoNotRendered, UnsupportedFormat for a format that imgix has and this server has not."""
    if name in VIDEO:
        raise VideoNotRendered(f"fm={name}")
    if name in OTHER_PICTURES:
        raise UnsupportedFormat(str(name), ", ".join(RENDERED))


def _auto(values: Values) -> frozenset[Literal["format", "compress"]]:
    words = values.get("auto", NO_FIELDS).get("words", ())
    return frozenset(AUTO[word] for word in words if word in AUTO)


def frames(values: Values) -> Frames | None:
    """Which page or frames; None for all as they are. Each 1st kept or dropped is no choice."""
    fields = dict(values.get("frames", NO_FIELDS))
    first, last = fields.pop("span", (None, None))
    for name in ("keep_every", "drop_every"):
        if fields.get(name) == 1:
            del fields[name]
    made = Frames(first=first, last=last, **fields)
    return None if made == Frames() else made


def serve(values: Values) -> ServeOptions:
    """File name and expiry."""
    return ServeOptions(**values.get("serve", NO_FIELDS))


def output_fields(wanted: Transformation) -> list[tuple[str, Fields]]:
    """What the table spells for output and frames, and `auto` with what of it belongs to the tone."""
    written = wanted.output
    spelled: list[tuple[str, Fields]] = []
    if written.format in PALETTES.values():
        answer = next(word for word, kind in PALETTES.items() if kind is written.format)
        spelled.append(("palette", {"answer": answer, "colors": written.palette.colors, "prefix": _prefix(written)}))
    else:
        asked = {name: value for name, value in changed(written).items() if name in DIRECT}
        spelled.append(("output", {"fm": _fm(written), **asked}))
        spelled.append(("facts", {"faces": "1" if written.faces else None}))
    words: list[str] = [word for word in ("format", "compress") if word in written.auto]
    if any(stage.adjust is not None and stage.adjust.enhance for stage in wanted.stages):
        words.append("enhance")
    spelled.append(("auto", {"words": tuple(words) or None}))
    if wanted.frames is not None:
        asked = changed(wanted.frames)
        first, last = asked.pop("first", None), asked.pop("last", None)
        spelled.append(("frames", {**asked, "span": None if first is None else (first, last)}))
    return spelled


def _prefix(written: Output) -> str | None:
    return None if written.palette == Palette(written.palette.colors) else written.palette.prefix


def _fm(written: Output) -> str | None:
    if written.format is None:
        return None
    if written.indexed or written.true_color:
        return "png8" if written.indexed else "png32"
    return next(name for name, kind in FORMATS.items() if kind is written.format)


def serve_fields(options: ServeOptions) -> list[tuple[str, Fields]]:
    """What the table spells for handing out."""
    return [("serve", {"download": options.download, "expires_s": options.expires_s})]
