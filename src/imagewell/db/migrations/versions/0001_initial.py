"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out here, not imported: what a migration did must not change when the models do.
EXACT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "blobs",
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("unused_since", TIME, nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_index(op.f("ix_blobs_unused_since"), "blobs", ["unused_since"])

    op.create_table(
        "derivatives",
        sa.Column("key", EXACT, nullable=False),
        sa.Column("source_id", EXACT, nullable=False),
        sa.Column("path", EXACT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_derivatives")),
    )
    op.create_index(op.f("ix_derivatives_last_used_at_key"), "derivatives", ["last_used_at", "key"])
    op.create_index(op.f("ix_derivatives_source_id_path"), "derivatives", ["source_id", "path"])

    op.create_table(
        "api_keys",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stage", EXACT, nullable=False),
        sa.Column("digest", EXACT, nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("public_key", EXACT, nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("ip_allow", DOCUMENT, nullable=False),
        sa.Column("domain_allow", DOCUMENT, nullable=False),
        sa.Column("rate_per_minute", sa.Integer(), nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
        sa.UniqueConstraint("public_key", name=op.f("uq_api_keys_public_key")),
    )
    op.create_index(op.f("ix_api_keys_account_id_id"), "api_keys", ["account_id", "id"])

    op.create_table(
        "assets",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("stage", EXACT, nullable=False),
        sa.Column("path", EXACT, nullable=False),
        sa.Column("folder", EXACT, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("name_folded", EXACT, nullable=False),
        sa.Column("version_id", EXACT, nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("custom", DOCUMENT, nullable=False),
        sa.Column("focal_x", sa.Double(), nullable=True),
        sa.Column("focal_y", sa.Double(), nullable=True),
        sa.Column("focus_box", DOCUMENT, nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("content_at", TIME, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", EXACT, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("has_alpha", sa.Boolean(), nullable=False),
        sa.Column("orientation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_assets_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("account_id", "stage", "path", name=op.f("uq_assets_account_id_stage_path")),
    )
    op.create_index(
        op.f("ix_assets_account_id_stage_created_at_id"), "assets", ["account_id", "stage", "created_at", "id"]
    )
    op.create_index(
        op.f("ix_assets_account_id_stage_folder_created_at_id"),
        "assets",
        ["account_id", "stage", "folder", "created_at", "id"],
    )
    op.create_index(
        op.f("ix_assets_account_id_stage_folder_name_id"), "assets", ["account_id", "stage", "folder", "name", "id"]
    )
    op.create_index(op.f("ix_assets_account_id_stage_height_id"), "assets", ["account_id", "stage", "height", "id"])
    op.create_index(
        op.f("ix_assets_account_id_stage_name_folded_id"), "assets", ["account_id", "stage", "name_folded", "id"]
    )
    op.create_index(op.f("ix_assets_account_id_stage_name_id"), "assets", ["account_id", "stage", "name", "id"])
    op.create_index(op.f("ix_assets_account_id_stage_size_id"), "assets", ["account_id", "stage", "size", "id"])
    op.create_index(
        op.f("ix_assets_account_id_stage_updated_at_id"), "assets", ["account_id", "stage", "updated_at", "id"]
    )
    op.create_index(op.f("ix_assets_account_id_stage_width_id"), "assets", ["account_id", "stage", "width", "id"])

    op.create_table(
        "first_answers",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("route", EXACT, nullable=False),
        sa.Column("key", EXACT, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", DOCUMENT, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("held_until", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_first_answers_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_answers")),
        sa.UniqueConstraint("account_id", "route", "key", name=op.f("uq_first_answers_account_id_route_key")),
    )
    op.create_index(op.f("ix_first_answers_expires_at"), "first_answers", ["expires_at"])

    op.create_table(
        "folders",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("stage", EXACT, nullable=False),
        sa.Column("path", EXACT, nullable=False),
        sa.Column("parent", EXACT, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_folders_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
        sa.UniqueConstraint("account_id", "stage", "path", name=op.f("uq_folders_account_id_stage_path")),
    )
    op.create_index(
        op.f("ix_folders_account_id_stage_parent_name_id"), "folders", ["account_id", "stage", "parent", "name", "id"]
    )

    op.create_table(
        "sources",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("stage", EXACT, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("type", EXACT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("tokens", DOCUMENT, nullable=False),
        sa.Column("secrets", DOCUMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sources_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_index(op.f("ix_sources_account_id_stage_id"), "sources", ["account_id", "stage", "id"])

    op.create_table(
        "users",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("email", EXACT, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("last_sign_in_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_users_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_account_id_id"), "users", ["account_id", "id"])

    op.create_table(
        "asset_tags",
        sa.Column("asset_id", EXACT, nullable=False),
        sa.Column("tag", EXACT, nullable=False),
        sa.Column("account_id", EXACT, nullable=False),
        sa.Column("stage", EXACT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_asset_tags_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "tag", name=op.f("pk_asset_tags")),
    )
    op.create_index(
        op.f("ix_asset_tags_account_id_stage_tag_created_at_asset_id"),
        "asset_tags",
        ["account_id", "stage", "tag", "created_at", "asset_id"],
    )

    op.create_table(
        "asset_versions",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("asset_id", EXACT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", EXACT, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("has_alpha", sa.Boolean(), nullable=False),
        sa.Column("orientation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_asset_versions_asset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("fk_asset_versions_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_versions")),
        sa.UniqueConstraint("asset_id", "number", name=op.f("uq_asset_versions_asset_id_number")),
    )
    op.create_index(op.f("ix_asset_versions_sha256"), "asset_versions", ["sha256"])

    op.create_table(
        "originals",
        sa.Column("source_id", EXACT, nullable=False),
        sa.Column("path", EXACT, nullable=False),
        sa.Column("sha256", EXACT, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("content_type", sa.String(), nullable=True),
        sa.Column("facts", DOCUMENT, nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("fetched_at", TIME, nullable=False),
        sa.Column("fresh_until_s", sa.Double(), nullable=False),
        sa.Column("origin_max_age_s", sa.BigInteger(), nullable=True),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("fk_originals_sha256")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_originals_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "path", name=op.f("pk_originals")),
    )
    op.create_index(op.f("ix_originals_fetched_at"), "originals", ["fetched_at"])
    op.create_index(op.f("ix_originals_sha256"), "originals", ["sha256"])

    op.create_table(
        "source_hosts",
        sa.Column("kind", EXACT, nullable=False),
        sa.Column("value", EXACT, nullable=False),
        sa.Column("source_id", EXACT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_hosts_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_source_hosts")),
    )
    op.create_index(op.f("ix_source_hosts_source_id"), "source_hosts", ["source_id"])


def downgrade() -> None:
    op.drop_table("source_hosts")
    op.drop_table("originals")
    op.drop_table("asset_versions")
    op.drop_table("asset_tags")
    op.drop_table("users")
    op.drop_table("sources")
    op.drop_table("folders")
    op.drop_table("first_answers")
    op.drop_table("assets")
    op.drop_table("api_keys")
    op.drop_table("derivatives")
    op.drop_table("blobs")
    op.drop_table("accounts")
