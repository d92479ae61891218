"""Keys of programs: API keys of a role, write keys of a live source."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('api', 'write')"
REACH = "(kind = 'api') = (role IS NOT NULL) AND (kind = 'write') = (source IS NOT NULL)"


def upgrade() -> None:
    """Make the table of keys."""
    op.create_table(
        "access_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_access_key_kind")),
        sa.CheckConstraint(REACH, name=op.f("ck_access_key_reach")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_access_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_access_key_secret_hash")),
    )
