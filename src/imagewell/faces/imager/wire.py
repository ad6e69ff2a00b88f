"""Imager's shapes. Its ids are the decimal digits of the asset's own 96-bit id."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from imagewell.assets.models import Asset
from imagewell.errors import NotFound
from imagewell.ids import from_decimal, to_decimal

EXAMPLE_ID = "31650000000000000000000012345"
EXAMPLE_URL = f"https://images.example.com/image/{EXAMPLE_ID}"


class Uploaded(BaseModel):
    """What an upload is answered with."""

    id: str = Field(examples=[EXAMPLE_ID], pattern=r"^[1-9][0-9]{0,28}$")
    url: str = Field(examples=[EXAMPLE_URL])


class Image(Uploaded):
    """An image read back; width and height in px, after EXIF orientation."""

    width: int = Field(examples=[800])
    height: int = Field(examples=[600])


class UploadedAnswer(BaseModel):
    """The success envelope around an upload."""

    status: Literal["success"] = "success"
    data: Uploaded


class ImageAnswer(BaseModel):
    """The success envelope around an image."""

    status: Literal["success"] = "success"
    data: Image


class ErrorAnswer(BaseModel):
    """The error envelope."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "error", "message": "Invalid image format"}})

    status: Literal["error"] = "error"
    message: str


def stored_id(image_id: str) -> str:
    """The asset's id behind Imager's digits. Raises: NotFound for text that cannot be one."""
    id = from_decimal(image_id)
    if id is None:
        raise NotFound("image", image_id)
    return id


def uploaded(asset: Asset, public_url: str) -> UploadedAnswer:
    """The answer to an upload."""
    id = to_decimal(asset.id)
    return UploadedAnswer(data=Uploaded(id=id, url=f"{public_url}/image/{id}"))


def image(asset: Asset, public_url: str) -> ImageAnswer:
    """The answer to a look-up."""
    id = to_decimal(asset.id)
    data = Image(id=id, url=f"{public_url}/image/{id}", width=asset.width, height=asset.height)
    return ImageAnswer(data=data)
