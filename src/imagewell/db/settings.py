"""Knobs of the database; variables `IMAGEWELL_DATABASE__*`. The address itself is `IMAGEWELL_DATABASE_URL`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class DatabaseSettings(BaseModel):
    """How many connections there are and how long anything may wait."""

    model_config = ConfigDict(frozen=True)

    readers: Annotated[int, Field(ge=1, le=64)] = Field(4, description="SQLite: connections that read.")
    pool_size: Annotated[int, Field(ge=1, le=500)] = Field(10, description="PostgreSQL: connections kept open.")
    pool_overflow: Annotated[int, Field(ge=0, le=500)] = Field(10, description="PostgreSQL: further ones under load.")
    wait_s: Annotated[float, Field(gt=0)] = Field(10, description="Longest wait for a connection or a write lock.")
    connect_timeout_s: Annotated[int, Field(ge=1)] = Field(5, description="PostgreSQL: longest wait to connect.")
    statement_timeout_s: Annotated[int, Field(ge=1)] = Field(60, description="PostgreSQL: longest statement.")
