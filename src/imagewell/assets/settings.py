"""Knobs of assets and of the sweep; variables `IMAGEWELL_ASSETS__*` and `IMAGEWELL_SWEEP__*`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

HOUR_S = 3600
GIB = 1024**3


class AssetsSettings(BaseModel):
    """Ceilings of one asset."""

    model_config = ConfigDict(frozen=True)

    max_versions: Annotated[int, Field(ge=1)] = Field(100, description="Versions kept of one asset.")
    max_tags: Annotated[int, Field(ge=0)] = Field(100, description="Tags of one asset.")
    max_custom_bytes: Annotated[int, Field(ge=2)] = Field(65_536, description="Custom fields of one asset, as JSON.")
    test_retention_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        90, description="Days that assets of the test stage are there, from when they were made; 0: until deleted."
    )


class SweepSettings(BaseModel):
    """When what nobody needs is deleted."""

    model_config = ConfigDict(frozen=True)

    every_s: Annotated[int, Field(ge=1)] = Field(HOUR_S, description="How often the sweep runs.")
    blob_grace_s: Annotated[int, Field(ge=0)] = Field(
        24 * HOUR_S, description="Bytes without an asset are kept this long, so that a backup in progress finds them."
    )
    list_every_s: Annotated[int, Field(ge=0)] = Field(
        24 * HOUR_S, description="How often the whole store is listed, to find bytes that no row knows of."
    )
    temp_grace_s: Annotated[int, Field(ge=0)] = Field(HOUR_S, description="Temporary files are left this long.")
    derivative_bytes: Annotated[int, Field(ge=0)] = Field(
        10 * GIB, description="Room for derivatives; the least recently used go first."
    )
    fetched_keep_s: Annotated[int, Field(ge=0)] = Field(
        30 * 24 * HOUR_S, description="Originals fetched from elsewhere are kept this long after they were fetched."
    )
