"""Tone, noise and effects: fields of the table to operations, and back. Their fields have the model's own names."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from typing import Any

from imagewell.faces.kit.dialect import Fields, Values
from imagewell.transform.model import Adjust, Denoise, Stage, Stylize

NO_FIELDS: Fields = {}


def adjust(values: Values) -> Adjust | None:
    """None when all is neutral; `auto=enhance` belongs here too."""
    enhance = "enhance" in values.get("auto", NO_FIELDS).get("words", ())
    made = Adjust(**values.get("adjust", NO_FIELDS), enhance=enhance)
    return None if made == Adjust() else made


def denoise(values: Values) -> Denoise | None:
    """Either parameter brings the other at its default."""
    fields = values.get("denoise")
    return None if fields is None else Denoise(**fields)


def stylize(values: Values) -> Stylize | None:
    """None when all is neutral; the strength of a duotone means nothing without one."""
    fields = dict(values.get("stylize", NO_FIELDS))
    if "duotone" not in fields:
        fields.pop("duotone_alpha", None)
    made = Stylize(**fields)
    return None if made == Stylize() else made


def tone_fields(stage: Stage) -> list[tuple[str, Fields]]:
    """What the table spells for a stage's tone, noise and effects."""
    spelled: list[tuple[str, Fields]] = []
    if stage.denoise is not None:
        spelled.append(("denoise", {"amount": stage.denoise.amount, "sharpness": stage.denoise.sharpness}))
    if stage.adjust is not None:
        fields = changed(stage.adjust)
        fields.pop("enhance", None)
        spelled.append(("adjust", fields))
    if stage.stylize is not None:
        spelled.append(("stylize", changed(stage.stylize)))
    return spelled


def changed(operation: Any) -> Fields:
    """The fields of an operation that are not at their default."""
    return {
        field.name: getattr(operation, field.name)
        for field in dataclass_fields(operation)
        if getattr(operation, field.name) != field.default
    }
