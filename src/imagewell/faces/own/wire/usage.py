"""Usage and quotas: what operations were done, what they counted, and what may still be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from imagewell.faces.own.wire.common import EXAMPLE_ID, EXAMPLE_TIME, Order, Shape, Time
from imagewell.usage.service import MOST
from imagewell.usage.values import Figure, Grouping, Standing

EXAMPLE_FIGURE: dict[str, Any] = {
    "period_start": "2026-03-01T00:00:00.000Z",
    "operation": "remove-background",
    "meter": "operations",
    "key_id": EXAMPLE_ID,
    "count": 21,
    "amount": 42,
}


class FigureOut(Shape):
    """How often an operation was done in one period, and what that counted on its meter."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_FIGURE})

    period_start: Time
    operation: str
    meter: str
    key_id: str | None = Field(description="The key or user who did it; null for all of them, or the server itself.")
    count: int
    amount: int = Field(description="Under a test key 0.")


class UsageOut(Shape):
    """A report: the whole periods from `from` to `until`, by time, then operation. What did not happen is left out."""

    model_config = ConfigDict(
        serialize_by_alias=True,
        json_schema_extra={
            "example": {
                "group_by": "day",
                "from": "2026-02-01T00:00:00.000Z",
                "until": EXAMPLE_TIME,
                "data": [EXAMPLE_FIGURE],
            }
        },
    )

    group_by: Grouping
    start: Annotated[Time, Field(alias="from")]
    until: Time
    data: list[FigureOut]


class QuotaOut(Shape):
    """Where the account stands with one meter in this calendar month (UTC)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "meter": "operations",
                "limit": 10000,
                "used": 1234,
                "held": 2,
                "period_start": "2026-03-01T00:00:00.000Z",
                "period_end": "2026-04-01T00:00:00.000Z",
                "resets_at": "2026-04-01T00:00:00.000Z",
            }
        }
    )

    meter: str
    limit: int | None = Field(description="Null is no limit.")
    used: int
    held: int = Field(description="By operations that are being done.")
    period_start: Time
    period_end: Time
    resets_at: Time


class QuotaOrder(Order):
    """A limit of the account's own; null is no limit, 0 allows nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"limit": 10000}})

    limit: Annotated[int, Field(ge=0, le=MOST)] | None


def usage_out(grouping: Grouping, between: tuple[datetime, datetime], figures: Sequence[Figure]) -> UsageOut:
    """A report as it is shown."""
    data = [
        FigureOut(
            period_start=figure.period_start,
            operation=figure.operation,
            meter=figure.meter,
            key_id=figure.key_id or None,
            count=figure.count,
            amount=figure.amount,
        )
        for figure in figures
    ]
    return UsageOut(group_by=grouping, **{"from": between[0]}, until=between[1], data=data)


def quota_out(standing: Standing) -> QuotaOut:
    """A meter as it is shown."""
    return QuotaOut(
        meter=standing.meter,
        limit=standing.limit,
        used=standing.used,
        held=standing.held,
        period_start=standing.starts_at,
        period_end=standing.ends_at,
        resets_at=standing.ends_at,
    )
