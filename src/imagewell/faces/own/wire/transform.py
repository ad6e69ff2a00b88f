"""One-off transformations and purges."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from imagewell.faces.own.wire.assets import Path, Url
from imagewell.faces.own.wire.common import EXAMPLE_ID, Order
from imagewell.transform.model import Transformation

EXAMPLE: dict[str, Any] = {
    "asset": EXAMPLE_ID,
    "transformation": {
        "stages": [{"resize": {"width": 400, "height": 300, "fit": "crop"}}],
        "output": {"format": "webp"},
    },
    "result": "bytes",
}


class TransformOrder(Order):
    """A picture, named in one of three ways, and what it should become."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    asset: Annotated[str, Field(max_length=64, description="Id of an asset.")] | None = None
    url: Annotated[Url, Field(description="A picture the server fetches for this one call.")] | None = None
    source: Annotated[str, Field(max_length=63, description="Name of a source, with `path`.")] | None = None
    path: (
        Annotated[Path, Field(description="With `source`: where the picture lies. Else: where a new asset is kept.")]
        | None
    ) = None
    transformation: Transformation = Transformation()
    result: Literal["bytes", "asset"] = "bytes"
    save_as: Annotated[Path, Field(description="Path of the new asset, for `result: asset`.")] | None = None
    overwrite: bool = False

    @model_validator(mode="after")
    def _one_picture(self) -> Any:
        named = [name for name in ("asset", "url", "source") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError("exactly one of asset, url and source with path")
        if self.source is not None and self.path is None:
            raise ValueError("a path with source")
        if self.result == "asset" and self.target is None:
            raise ValueError("save_as, the path of the new asset")
        return self

    @property
    def target(self) -> str | None:
        """Where a new asset is kept: `save_as`, or `path` where that does not name the picture itself."""
        return self.save_as or (None if self.source is not None else self.path)


class PurgeOrder(Order):
    """What is to be forgotten: all that was made from one path of a source, and what its origin said of it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"source": "library", "path": "/shoes/red.jpg"}}
    )

    source: Annotated[str, Field(min_length=1, max_length=63)]
    path: Path
