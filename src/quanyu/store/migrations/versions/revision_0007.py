"""Answers to requests with an idempotency key."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ENDED = "(status IS NULL) = (body_enc IS NULL)"


def upgrade() -> None:
    """Make the table of answers."""
    op.create_table(
        "request_answer",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("body_enc", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(ENDED, name=op.f("ck_request_answer_ended")),
        sa.PrimaryKeyConstraint("caller", "key_hash", name=op.f("pk_request_answer")),
    )
    op.create_index(op.f("ix_request_answer_began_at"), "request_answer", ["began_at"])
