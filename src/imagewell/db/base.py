"""What every table is made of: the declarative base and column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of all rows. Constraints have names, since a migration can only change what it can name."""

    metadata = MetaData(naming_convention=NAMES)


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC that always carries its zone; SQLite itself would give it back without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a cursor's value is read as."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a time without a zone is a mistake of ours and raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone, whatever the driver left out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Text that is compared and sorted by code point. PostgreSQL would otherwise sort by the language of its cluster, and
# then neither the ranges that stand for "below this folder" nor paging would agree with SQLite or use an index.
EXACT = String().with_variant(String(collation="C"), "postgresql")


class _Document(TypeDecorator[Any]):
    """JSON, where Python's None is NULL and not the JSON word null. PostgreSQL's dialect is only imported for it."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in a database."""
        if dialect.name != "postgresql":
            return super().load_dialect_impl(dialect)
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB(none_as_null=True))


DOCUMENT = _Document()

Key = Annotated[str, mapped_column(EXACT, primary_key=True)]
Exact = Annotated[str, mapped_column(EXACT)]
Time = Annotated[datetime, mapped_column(UtcTime())]
Document = Annotated[dict[str, Any], mapped_column(DOCUMENT)]
Words = Annotated[list[str], mapped_column(DOCUMENT)]
