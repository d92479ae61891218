"""Privacy: requests of persons, words on consent, deletions with the mark that keeps a person away, erased files.

A deletion takes its identifiers out of what people decided; while one is under way, and only then, the guard of
`identity_decision` lets the identifiers of a decision change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('access', 'export', 'correction', 'deletion', 'withdrawal')"
STATES = "state IN ('open', 'answered', 'refused')"
ENDED = "(state = 'open') = (answered_at IS NULL)"

SQLITE_GUARDS = (
    "DROP TRIGGER identity_decision_no_update",
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision
    WHEN NOT EXISTS (SELECT 1 FROM deletion WHERE finished_at IS NULL) AND (
      OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at OR NEW.known_seq IS NOT OLD.known_seq)
    BEGIN SELECT RAISE(ABORT, 'identity_decision may only be undone, once'); END""",
    """CREATE TRIGGER suppression_no_update BEFORE UPDATE ON suppression
    BEGIN SELECT RAISE(ABORT, 'suppression is append-only'); END""",
    """CREATE TRIGGER suppression_no_delete BEFORE DELETE ON suppression
    BEGIN SELECT RAISE(ABORT, 'suppression is append-only'); END""",
)

POSTGRES_GUARDS = (
    """CREATE FUNCTION quanyu_refuse_unless_deleting() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
      IF EXISTS (SELECT 1 FROM deletion WHERE finished_at IS NULL) THEN RETURN NEW; END IF;
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514';
    END $$""",
    "DROP TRIGGER identity_decision_no_update ON identity_decision",
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision FOR EACH ROW
    WHEN (OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at
      OR NEW.known_seq IS DISTINCT FROM OLD.known_seq)
    EXECUTE FUNCTION quanyu_refuse_unless_deleting()""",
    """CREATE TRIGGER suppression_guard BEFORE UPDATE OR DELETE ON suppression
    FOR EACH ROW EXECUTE FUNCTION quanyu_refuse()""",
)


def upgrade() -> None:
    """Make the tables, then the guards."""
    _create_requests()
    _create_deletions()
    op.create_table(
        "consent_word",
        sa.Column("word_id", KEY, nullable=False, autoincrement=False),
        sa.Column("identifier_id", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.CheckConstraint("granted IN (0, 1)", name=op.f("ck_consent_word_granted")),
        sa.PrimaryKeyConstraint("word_id", name=op.f("pk_consent_word")),
    )
    op.create_index(op.f("ix_consent_word_identifier_id"), "consent_word", ["identifier_id"])
    for guard in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_GUARDS:
        op.execute(guard)


def _create_requests() -> None:
    op.create_table(
        "privacy_request",
        sa.Column("request_id", KEY, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("person_mark", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("identity_check", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_privacy_request_kind")),
        sa.CheckConstraint("law IN ('PIPL', 'GDPR')", name=op.f("ck_privacy_request_law")),
        sa.CheckConstraint(STATES, name=op.f("ck_privacy_request_state")),
        sa.CheckConstraint(ENDED, name=op.f("ck_privacy_request_ended")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_privacy_request")),
    )


def _create_deletions() -> None:
    op.create_table(
        "deletion",
        sa.Column("request_id", KEY, nullable=False, autoincrement=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("plan_enc", sa.LargeBinary(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("certificate_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint("(finished_at IS NULL) = (plan_enc IS NOT NULL)", name=op.f("ck_deletion_plan")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["privacy_request.request_id"], name=op.f("fk_deletion_request_id_privacy_request")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_deletion")),
    )
    op.create_table(
        "suppression",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["privacy_request.request_id"], name=op.f("fk_suppression_request_id_privacy_request")
        ),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_suppression")),
    )
    op.create_table(
        "segment_erasure",
        sa.Column("batch_seq", KEY, nullable=False, autoincrement=False),
        sa.Column("sealed_path", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("request_id", KEY, nullable=True),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_seq"], ["raw_segment.batch_seq"], name=op.f("fk_segment_erasure_batch_seq_raw_segment")
        ),
        sa.PrimaryKeyConstraint("batch_seq", "sealed_path", name=op.f("pk_segment_erasure")),
    )
