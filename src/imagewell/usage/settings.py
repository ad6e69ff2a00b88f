"""Knobs of quotas and of what is counted; variables `IMAGEWELL_USAGE__*`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

OPERATIONS = "operations"
"""The meter of edits and analyses: each counts as many as the protocol that is spoken says."""


class UsageSettings(BaseModel):
    """Quotas that hold where an account has none of its own, and how long a hold lasts."""

    model_config = ConfigDict(frozen=True)

    operations_per_month: Annotated[int, Field(ge=0)] = Field(
        0, description="Operations of one account in a calendar month (UTC); 0 is no limit."
    )
    hold_s: Annotated[int, Field(ge=1)] = Field(
        120, description="What an operation holds of a quota is free again after this time without an end."
    )
    limit_cache_s: Annotated[float, Field(ge=0, le=60)] = Field(
        5, description="How long a process trusts what it knows of a quota; a change in another one takes this long."
    )
    every_s: Annotated[int, Field(ge=1)] = Field(300, description="How often events are rolled up and holds are swept.")

    @property
    def limits(self) -> dict[str, int | None]:
        """Every meter there is, with the limit that an account has unless a row says otherwise; None is none."""
        return {OPERATIONS: self.operations_per_month or None}
