"""What a person calls an asset, and since when anyone may fetch it by its id."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("assets", sa.Column("title", sa.String(), nullable=True))
    op.add_column("assets", sa.Column("shared_at", TIME, nullable=True))


def downgrade() -> None:
    op.drop_column("assets", "shared_at")
    op.drop_column("assets", "title")
