"""Folders of the library."""

from __future__ import annotations

from pydantic import ConfigDict

from imagewell.assets.models import Folder
from imagewell.faces.own.wire.assets import Path
from imagewell.faces.own.wire.common import EXAMPLE_ID, EXAMPLE_TIME, Id, Order, Shape, Time


class FolderOut(Shape):
    """A folder below the root."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": EXAMPLE_ID,
                "path": "/shoes/summer",
                "parent": "/shoes",
                "name": "summer",
                "created_at": EXAMPLE_TIME,
                "updated_at": EXAMPLE_TIME,
            }
        }
    )

    id: Id
    path: str
    parent: str
    name: str
    created_at: Time
    updated_at: Time


class NewFolder(Order):
    """A folder to be made; folders above it are made too."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"path": "/shoes/summer"}})

    path: Path


class FolderMove(Order):
    """A folder's new path; everything below moves with it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"path": "/shoes/sommer"}})

    path: Path


def folder_out(folder: Folder) -> FolderOut:
    """A folder's row as it is shown."""
    return FolderOut(**{name: getattr(folder, name) for name in FolderOut.model_fields})
