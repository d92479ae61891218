"""A merge too may say which partition it speaks of; merges decided before are carried over as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('merge', 'unmerge', 'unlink', 'forget', 'reject')"
KNOWN_SEQ = "known_seq IS NULL OR kind IN ('merge', 'unmerge')"
UNDONE = "(undone_at IS NULL) = (undone_by IS NULL)"

SQLITE_GUARDS = (
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision
    WHEN OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at OR NEW.known_seq IS NOT OLD.known_seq
    BEGIN SELECT RAISE(ABORT, 'identity_decision may only be undone, once'); END""",
    """CREATE TRIGGER identity_decision_no_delete BEFORE DELETE ON identity_decision
    BEGIN SELECT RAISE(ABORT, 'identity_decision is append-only'); END""",
)


def upgrade() -> None:
    """Replace the check of `known_seq`."""
    if op.get_bind().dialect.name == "sqlite":
        _remake_decisions()
        return
    op.drop_constraint(op.f("ck_identity_decision_known_seq"), "identity_decision")
    op.create_check_constraint(op.f("ck_identity_decision_known_seq"), "identity_decision", KNOWN_SEQ)


def _remake_decisions() -> None:
    """SQLite cannot change a check: a new table takes the rows; the old one's triggers go with it."""
    op.rename_table("identity_decision", "identity_decision_0002")
    op.create_table(
        "identity_decision",
        sa.Column("decision_id", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("known_seq", KEY, nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_identity_decision_kind")),
        sa.CheckConstraint(KNOWN_SEQ, name=op.f("ck_identity_decision_known_seq")),
        sa.CheckConstraint(UNDONE, name=op.f("ck_identity_decision_undone")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_identity_decision")),
    )
    op.execute(
        """INSERT INTO identity_decision
        SELECT decision_id, kind, identifiers, actor, reason, decided_at, undone_at, undone_by, known_seq
        FROM identity_decision_0002"""
    )
    op.drop_table("identity_decision_0002")
    for guard in SQLITE_GUARDS:
        op.execute(guard)
