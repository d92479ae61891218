"""Batches are taken out of the log by a record, files are refused on record, decisions can restore and forget.

A withdrawal is a row of its own: the batch it names stays as it was sealed.  `reading` counts how often one content was
read after a withdrawal; `mapping` is the fingerprint of the mapping it was read with.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('merge', 'unmerge', 'unlink', 'forget', 'reject')"
KNOWN_SEQ = "known_seq IS NULL OR kind = 'unmerge'"
UNDONE = "(undone_at IS NULL) = (undone_by IS NULL)"

SQLITE_GUARDS = (
    """CREATE TRIGGER segment_withdrawal_no_update BEFORE UPDATE ON segment_withdrawal
    BEGIN SELECT RAISE(ABORT, 'segment_withdrawal is append-only'); END""",
    """CREATE TRIGGER segment_withdrawal_no_delete BEFORE DELETE ON segment_withdrawal
    BEGIN SELECT RAISE(ABORT, 'segment_withdrawal is append-only'); END""",
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision
    WHEN OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at OR NEW.known_seq IS NOT OLD.known_seq
    BEGIN SELECT RAISE(ABORT, 'identity_decision may only be undone, once'); END""",
    """CREATE TRIGGER identity_decision_no_delete BEFORE DELETE ON identity_decision
    BEGIN SELECT RAISE(ABORT, 'identity_decision is append-only'); END""",
)

POSTGRES_GUARDS = (
    """CREATE TRIGGER segment_withdrawal_guard BEFORE UPDATE OR DELETE ON segment_withdrawal
    FOR EACH ROW EXECUTE FUNCTION quanyu_refuse()""",
    "DROP TRIGGER identity_decision_no_update ON identity_decision",
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision FOR EACH ROW
    WHEN (OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at
      OR NEW.known_seq IS DISTINCT FROM OLD.known_seq)
    EXECUTE FUNCTION quanyu_refuse()""",
)


def upgrade() -> None:
    """Add the records and columns, then the guards; decisions made before are carried over as they are."""
    _change_segments()
    op.create_table(
        "refused_file",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("refused_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "file", name=op.f("pk_refused_file")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        _remake_decisions()
    else:
        op.add_column("identity_decision", sa.Column("known_seq", KEY, nullable=True))
        op.drop_constraint(op.f("ck_identity_decision_kind"), "identity_decision")
        op.create_check_constraint(op.f("ck_identity_decision_kind"), "identity_decision", KINDS)
        op.create_check_constraint(op.f("ck_identity_decision_known_seq"), "identity_decision", KNOWN_SEQ)
    for guard in SQLITE_GUARDS if is_sqlite else POSTGRES_GUARDS:
        op.execute(guard)


def _change_segments() -> None:
    op.add_column("raw_segment", sa.Column("mapping", sa.Text(), nullable=True))
    op.add_column("raw_segment", sa.Column("reading", KEY, nullable=False, server_default="1"))
    op.drop_index("uq_raw_segment_file", "raw_segment")
    op.create_index(
        "uq_raw_segment_file",
        "raw_segment",
        ["source", "file_sha256", "reading"],
        unique=True,
        sqlite_where=sa.text("status <> 'abandoned'"),
        postgresql_where=sa.text("status <> 'abandoned'"),
    )
    op.create_table(
        "segment_withdrawal",
        sa.Column("batch_seq", KEY, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["batch_seq"], ["raw_segment.batch_seq"], name=op.f("fk_segment_withdrawal_batch_seq")),
        sa.PrimaryKeyConstraint("batch_seq", name=op.f("pk_segment_withdrawal")),
    )


def _remake_decisions() -> None:
    """SQLite cannot change a check: a new table takes the rows; the old one's triggers go with it."""
    op.rename_table("identity_decision", "identity_decision_0001")
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
        SELECT decision_id, kind, identifiers, actor, reason, decided_at, undone_at, undone_by, NULL
        FROM identity_decision_0001"""
    )
    op.drop_table("identity_decision_0001")
