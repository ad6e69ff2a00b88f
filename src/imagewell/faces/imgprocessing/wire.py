"""IMG Processing's shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from imagewell.assets.models import Asset
from imagewell.faces.imgprocessing.fields import MAX_NAME
from imagewell.faces.imgprocessing.links import public_id

EXAMPLE_ID = "image_66f2a1c09b3d5e7f00112233"
FORMATS = frozenset({"jpeg", "png", "webp"})
"""The pictures of a library that this API knows of."""


class ImageOut(BaseModel):
    """A picture; width and height in px, size in bytes, as stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "name": "my-photo",
                "url": None,
                "width": 460,
                "height": 460,
                "format": "jpeg",
                "size": 282000,
                "created_at": "2026-03-01T12:40:55.712Z",
            }
        }
    )

    id: str = Field(pattern="^image_[0-9a-f]{24}$")
    name: str = Field(min_length=1, max_length=MAX_NAME)
    url: str | None = Field(description="Where anyone may fetch it; null unless published.")
    width: int
    height: int
    format: Literal["jpeg", "png", "webp"]
    size: int
    created_at: str = Field(description="ISO 8601, UTC, milliseconds.")


class Links(BaseModel):
    """Absolute addresses of the pages before and after; null at the ends."""

    previous: str | None
    next: str | None


class ImageList(BaseModel):
    """One page, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "data": [ImageOut.model_config["json_schema_extra"]["example"]],  # type: ignore[index]
                "links": {
                    "previous": None,
                    "next": f"https://images.example.com/imgprocessing/v1/images?take=10&from={EXAMPLE_ID}",
                },
            }
        }
    )

    data: list[ImageOut]
    links: Links


class Label(BaseModel):
    """What a picture may show, and how likely that is, 0 to 1."""

    label: str
    score: float


class ClassesOut(BaseModel):
    """What a picture most likely shows."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "main_label": "Tabby",
                "main_score": 0.81,
                "secondary_labels": [{"label": "Tiger Cat", "score": 0.11}, {"label": "Egyptian Cat", "score": 0.04}],
            }
        }
    )

    main_label: str
    main_score: float
    secondary_labels: list[Label]


class ResponseOut(BaseModel):
    """What a model says of a picture."""

    model_config = ConfigDict(json_schema_extra={"example": {"response": "A cat asleep on a red sofa."}})

    response: str


class TextOut(BaseModel):
    """The text in a picture."""

    model_config = ConfigDict(json_schema_extra={"example": {"format": "plain", "content": "INVOICE\nNo. 1024"}})

    format: Literal["plain", "markdown"]
    content: str


class Problem(BaseModel):
    """An error. `title` and `error` are one word; `errors` is there where fields are wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "https://images.example.com/imgprocessing/docs/errors/validation-error",
                "title": "Validation Error",
                "error": "Validation Error",
                "status": 422,
                "message": "width must be between 1 and 10000.",
                "errors": {"width": ["width must be between 1 and 10000."]},
            }
        }
    )

    type: str
    title: str
    error: str
    status: int
    message: str
    errors: dict[str, list[str]] | None = None


def image(asset: Asset, url: str) -> ImageOut:
    """A picture's facts. `url`: where it is once it is published."""
    return ImageOut(
        id=public_id(asset.id),
        name=name_of(asset),
        url=None if asset.shared_at is None else url,
        width=asset.width,
        height=asset.height,
        format=asset.format,  # the gallery has no others
        size=asset.size,
        created_at=time(asset.created_at),
    )


def name_of(asset: Asset) -> str:
    """What it is called; what came through another door may only have a file name, and a longer one."""
    return (asset.title or asset.name)[:MAX_NAME]


def time(at: datetime) -> str:
    """UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def classes(found: Any) -> ClassesOut:
    """The likeliest first, and four more. `found`: pairs of label and score, in falling order."""
    labels = [Label(label=label, score=score) for label, score in found[:5]]
    return ClassesOut(main_label=labels[0].label, main_score=labels[0].score, secondary_labels=labels[1:])
