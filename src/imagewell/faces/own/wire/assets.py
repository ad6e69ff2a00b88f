"""Assets, their versions, and what is said of them in a request."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from imagewell.assets.models import Asset, AssetVersion
from imagewell.faces.own.wire.common import EXAMPLE_ID, EXAMPLE_TIME, Id, Order, Shape, Tag, Time

Share = Annotated[float, Field(ge=0, le=1)]
Path = Annotated[str, Field(max_length=1024, examples=["/shoes/red.jpg"])]
Url = Annotated[str, StringConstraints(min_length=1, max_length=8192)]

EXAMPLE_ASSET: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "path": "/shoes/red.jpg",
    "folder": "/shoes",
    "name": "red.jpg",
    "url": "https://images.example.com/i/library/shoes/red.jpg",
    "format": "jpeg",
    "content_type": "image/jpeg",
    "width": 1600,
    "height": 1200,
    "frames": 1,
    "has_alpha": False,
    "size_bytes": 345678,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "tags": ["shoes", "red"],
    "description": "",
    "custom": {},
    "focus": {"x": 0.5, "y": 0.4},
    "published": True,
    "private": False,
    "stage": "live",
    "version_id": "66f2a1c09b3d5e7f44556677",
    "version_number": 1,
    "created_at": EXAMPLE_TIME,
    "updated_at": EXAMPLE_TIME,
}


class Focus(Order):
    """The point that crops keep in sight, as shares of width and height."""

    x: Share
    y: Share


class AssetOut(Shape):
    """A managed picture. `url` delivers it; null when no source of the account shows it."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_ASSET})

    id: Id
    path: str
    folder: str
    name: str
    url: str | None
    format: str
    content_type: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    size_bytes: int
    sha256: str
    tags: list[str]
    description: str
    custom: dict[str, Any]
    focus: Focus | None
    published: bool
    private: bool
    stage: str
    version_id: Id
    version_number: int
    created_at: Time
    updated_at: Time


class VersionOut(Shape):
    """One state of an asset's bytes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "66f2a1c09b3d5e7f44556677",
                "number": 1,
                "current": True,
                "format": "jpeg",
                "content_type": "image/jpeg",
                "width": 1600,
                "height": 1200,
                "size_bytes": 345678,
                "sha256": EXAMPLE_ASSET["sha256"],
                "created_at": EXAMPLE_TIME,
            }
        }
    )

    id: Id
    number: int
    current: bool
    format: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    created_at: Time


class AssetDetails(Order):
    """What can be said about an asset besides its place and bytes; what is left out stays."""

    tags: Annotated[list[Tag], Field(max_length=1000)] | None = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    custom: dict[str, Any] | None = None
    focus: Focus | None = None
    published: bool | None = None
    private: bool | None = None

    def details(self) -> dict[str, Any]:
        """As the service takes them; null takes a focus away and is nothing elsewhere."""
        said = {name: value for name, value in self.given().items() if name in AssetDetails.model_fields}
        if isinstance(said.get("focus"), Focus):
            said["focus"] = (said["focus"].x, said["focus"].y)
        return {name: value for name, value in said.items() if value is not None or name == "focus"}


class AssetChange(AssetDetails):
    """PATCH of an asset. A new `path`, `folder` or `name` moves or renames it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "red-shoe.jpg", "tags": ["shoes"], "focus": None}}
    )

    path: Path | None = None
    folder: Path | None = None
    name: Annotated[str, Field(max_length=255)] | None = None


class NewAsset(AssetDetails):
    """Where an upload goes and what is said of it. A form's fields have these names."""

    path: Path | None = None
    folder: Path = "/"
    name: Annotated[str, Field(max_length=255)] | None = None
    overwrite: bool = False
    unique: bool = False


class AssetFromUrl(NewAsset):
    """POST of an asset as JSON: the server fetches `url`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"url": "https://example.com/red.jpg", "folder": "/shoes", "tags": ["red"]}},
    )

    url: Url


def asset_out(asset: Asset, url: str | None) -> AssetOut:
    """A row as it is shown; `url` is where it is delivered."""
    focus = None if asset.focus is None else Focus(x=asset.focus[0], y=asset.focus[1])
    return AssetOut(
        id=asset.id,
        path=asset.path,
        folder=asset.folder,
        name=asset.name,
        url=url,
        format=asset.format,
        content_type=asset.content_type,
        width=asset.width,
        height=asset.height,
        frames=asset.frames,
        has_alpha=asset.has_alpha,
        size_bytes=asset.size,
        sha256=asset.sha256,
        tags=asset.tags,
        description=asset.description,
        custom=asset.custom,
        focus=focus,
        published=asset.published,
        private=asset.private,
        stage=asset.stage,
        version_id=asset.version_id,
        version_number=asset.version_number,
        created_at=asset.created_at,
        updated_at=asset.updated_at,
    )


def version_out(version: AssetVersion, current_id: str) -> VersionOut:
    """A version's row as it is shown."""
    return VersionOut(
        id=version.id,
        number=version.number,
        current=version.id == current_id,
        format=version.format,
        content_type=version.content_type,
        width=version.width,
        height=version.height,
        size_bytes=version.size,
        sha256=version.sha256,
        created_at=version.created_at,
    )
