"""Fields of the table to a picture: a Transformation of one stage, and how it is handed out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from imagewell.errors import EngineMissing
from imagewell.faces.imgix import frame, output, overlays, size, tone
from imagewell.faces.imgix.errors import VideoNotRendered
from imagewell.faces.imgix.params_engines import ABSENT
from imagewell.faces.imgix.table import TABLE
from imagewell.faces.imgix.typeset import typeset
from imagewell.faces.kit.dialect import Fields, Tier, Values
from imagewell.transform.model import IDENTITY, Format, Stage, Transformation

Builder = Callable[[Values], Any]

STEPS: Mapping[str, tuple[str, Builder]] = {
    **dict.fromkeys(("resize", "focal", "fill", "gradient"), ("resize", size.resize)),
    "trim": ("trim", frame.trim),
    "cutout": ("cutout", frame.cutout),
    "rotate": ("rotate", size.rotate),
    "denoise": ("denoise", tone.denoise),
    **dict.fromkeys(("adjust", "auto"), ("adjust", tone.adjust)),
    "stylize": ("stylize", tone.stylize),
    "backdrop": ("backdrop", frame.backdrop),
    "pad": ("pad", frame.pad),
    "border": ("border", frame.border),
    "mask": ("mask", frame.mask),
    **dict.fromkeys(("blend", "mark", "txt"), ("overlays", overlays.overlays)),
}
"""By group of the table: the field of a Stage that it decides, and how."""

UNDRAWN = frozenset({"serve", "passed", "bypass", "hints", ABSENT})
"""Groups that say nothing about pixels: with these alone the original's own bytes are the answer."""


FALLBACKS: Mapping[str, str | None] = {
    "bg-replace": "bg-replace-fallback",
    "face-blur": None,
    "face-pixel": None,
    "lp-blur": None,
    "object-removal-rect": None,
    "upscale": "upscale-fallback",
}
"""What asks for an engine that nobody can install here, and the parameter that says whether the picture without it will
do, as it does unless that is false. All others of its group only say more about these, or about `fill=gen`."""


def refuse_absent(bag: Mapping[str, str]) -> None:
    """Refuse what needs an engine that nobody can install here, or is video, unless it is at its documented default,
    where it asks for nothing, or has a documented fallback. Engines that can be installed are missed when the picture
    is made.

    Raises: EngineMissing naming parameter and engine, VideoNotRendered.
    """
    for name, text in bag.items():
        param = TABLE.by_name[name]
        if param.tier is not Tier.VIDEO and param.name not in FALLBACKS:
            continue
        try:
            neutral = param.is_neutral(param.read.read(text))
        except ValueError:
            continue
        if neutral:
            continue
        if param.tier is Tier.VIDEO:
            raise VideoNotRendered(name)
        if not _falls_back(FALLBACKS[param.name], bag):
            raise EngineMissing(param.field, f"The parameter {name}")


def _falls_back(switch: str | None, bag: Mapping[str, str]) -> bool:
    if switch is None:
        return False
    param = TABLE.by_name[switch]
    try:
        return param.is_neutral(param.read.read(bag.get(switch, param.default)))
    except ValueError:
        return True


def picture(values: Values, *, is_typeset: bool = False) -> Transformation:
    """The Transformation of a bag's values.

    Args:
        is_typeset: the path is `/~text`, so that the picture begins as the text of `txt`.
    Raises: InvalidParameter, EngineMissing, UnsupportedFormat.
    """
    drawn = values.keys() - UNDRAWN
    if is_typeset:
        return _typeset(values)
    if values.get("bypass", {}).get("on") or not drawn:
        return IDENTITY
    return Transformation((stage(values),), output.output(values), output.frames(values))


def stage(values: Values) -> Stage:
    """The one stage that a URL can say."""
    asked: Fields = dict(values.get("stage", {}))
    for field, build in {STEPS[group] for group in values if group in STEPS}:
        made = build(values)
        if made is not None:
            asked[field] = made
    return Stage(**asked)


UNTYPED = ("resize", "focal", "fill", "txt", "cutout")
"""Groups that text on a clear ground has no use for, or says itself."""


def _typeset(values: Values) -> Transformation:
    """Text on a clear ground: no frame is asked of it, and PNG keeps the ground clear where nothing else is said."""
    rest = {group: fields for group, fields in values.items() if group not in UNTYPED}
    written = output.output(values)
    if written.format is None:
        written = replace(written, format=Format.PNG)
    return Transformation((stage(rest),), written, None, typeset(values))
