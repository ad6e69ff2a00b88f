"""Quotas, what is held of them, usage events and their hourly sums."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXACT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("meter", EXACT, nullable=False),
        sa.Column("monthly_limit", sa.BigInteger(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        _account("quotas"),
        sa.PrimaryKeyConstraint("account_id", "meter", name=op.f("pk_quotas")),
    )
    op.create_table(
        "meter_months",
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("meter", EXACT, nullable=False),
        sa.Column("month", TIME, nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        _account("meter_months"),
        sa.PrimaryKeyConstraint("account_id", "meter", "month", name=op.f("pk_meter_months")),
    )
    op.create_table(
        "usage_holds",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("meter", EXACT, nullable=False),
        sa.Column("month", TIME, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _account("usage_holds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_holds")),
    )
    op.create_index(op.f("ix_usage_holds_expires_at"), "usage_holds", ["expires_at"])
    op.create_index(
        op.f("ix_usage_holds_account_id_meter_month_expires_at"),
        "usage_holds",
        ["account_id", "meter", "month", "expires_at"],
    )
    op.create_table(
        "usage_events",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("stage", EXACT, nullable=False),
        sa.Column("key_id", EXACT, nullable=False),
        sa.Column("operation", EXACT, nullable=False),
        sa.Column("meter", EXACT, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        _account("usage_events"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
    )
    op.create_index(op.f("ix_usage_events_account_id_stage_at"), "usage_events", ["account_id", "stage", "at"])
    key = ("account_id", "stage", "hour", "key_id", "operation", "meter")
    op.create_table(
        "usage_hours",
        *(sa.Column(name, TIME if name == "hour" else EXACT, nullable=False) for name in key),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        _account("usage_hours"),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_usage_hours")),
    )


def downgrade() -> None:
    for table in ("usage_hours", "usage_events", "usage_holds", "meter_months", "quotas"):
        op.drop_table(table)


def _account(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id")
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=name, ondelete="CASCADE")
