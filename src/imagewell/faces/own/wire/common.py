"""What every shape is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

EXAMPLE_ID = "66f2a1c09b3d5e7f00112233"
EXAMPLE_TIME = "2026-03-01T12:00:00.000Z"


def rfc3339(at: datetime) -> str:
    """UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(rfc3339, str), Field(examples=[EXAMPLE_TIME])]
Id = Annotated[str, Field(pattern="^[0-9a-f]{24}$", examples=[EXAMPLE_ID])]
Tag = Annotated[str, Field(min_length=1, max_length=200)]


class Shape(BaseModel):
    """An answer's shape."""

    model_config = ConfigDict(extra="forbid")


class Order(BaseModel):
    """A request body's shape: names it does not have are refused, so that a typing error is not a silent nothing."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    def given(self) -> dict[str, Any]:
        """Only the fields that came, null included."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class FaultOut(Shape):
    """One of several faults of a body or query."""

    param: str
    expected: str


class Problem(Shape):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "/docs/errors#invalid_parameter",
                "title": "Bad Request",
                "status": 400,
                "detail": "limit: got 0; expected greater than or equal to 1.",
                "code": "invalid_parameter",
                "param": "limit",
                "request_id": "6f1c2d3e4a5b6c7d",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    param: str | None = None
    request_id: str
    errors: list[FaultOut] | None = None
