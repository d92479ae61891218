"""The first schema: raw segments, quarantine, identifiers, decisions, builds, closed figures, audit, run lease.

Written out and never changed: a later schema is a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# What may still change, by table: nothing in what was published or done; the end of an open segment; an undoing.
SQLITE_GUARDS = (
    """CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END""",
    """CREATE TRIGGER published_figure_no_update BEFORE UPDATE ON published_figure
    BEGIN SELECT RAISE(ABORT, 'published_figure is append-only'); END""",
    """CREATE TRIGGER published_figure_no_delete BEFORE DELETE ON published_figure
    BEGIN SELECT RAISE(ABORT, 'published_figure is append-only'); END""",
    """CREATE TRIGGER raw_segment_no_update BEFORE UPDATE ON raw_segment WHEN OLD.status <> 'open'
    BEGIN SELECT RAISE(ABORT, 'raw_segment is immutable once ended'); END""",
    """CREATE TRIGGER raw_segment_no_delete BEFORE DELETE ON raw_segment
    BEGIN SELECT RAISE(ABORT, 'raw_segment is append-only'); END""",
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision
    WHEN OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at
    BEGIN SELECT RAISE(ABORT, 'identity_decision may only be undone, once'); END""",
    """CREATE TRIGGER identity_decision_no_delete BEFORE DELETE ON identity_decision
    BEGIN SELECT RAISE(ABORT, 'identity_decision is append-only'); END""",
)

POSTGRES_GUARDS = (
    """CREATE FUNCTION quanyu_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; END $$""",
    """CREATE TRIGGER audit_log_guard BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION quanyu_refuse()""",
    """CREATE TRIGGER published_figure_guard BEFORE UPDATE OR DELETE ON published_figure
    FOR EACH ROW EXECUTE FUNCTION quanyu_refuse()""",
    """CREATE TRIGGER raw_segment_no_update BEFORE UPDATE ON raw_segment
    FOR EACH ROW WHEN (OLD.status <> 'open') EXECUTE FUNCTION quanyu_refuse()""",
    """CREATE TRIGGER raw_segment_no_delete BEFORE DELETE ON raw_segment
    FOR EACH ROW EXECUTE FUNCTION quanyu_refuse()""",
    """CREATE TRIGGER identity_decision_no_update BEFORE UPDATE ON identity_decision FOR EACH ROW
    WHEN (OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.decision_id <> OLD.decision_id
      OR NEW.kind <> OLD.kind OR NEW.identifiers <> OLD.identifiers OR NEW.actor <> OLD.actor
      OR NEW.reason <> OLD.reason OR NEW.decided_at <> OLD.decided_at)
    EXECUTE FUNCTION quanyu_refuse()""",
    """CREATE TRIGGER identity_decision_no_delete BEFORE DELETE ON identity_decision
    FOR EACH ROW EXECUTE FUNCTION quanyu_refuse()""",
)


def upgrade() -> None:
    """Create every table, then the guards of what is append-only."""
    _create_ingest_tables()
    _create_identity_tables()
    _create_build_tables()
    _create_record_tables()
    for guard in SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRES_GUARDS:
        op.execute(guard)


def _create_ingest_tables() -> None:
    op.create_table(
        "raw_segment",
        sa.Column("batch_seq", KEY, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.Column("file_bytes", KEY, nullable=True),
        sa.Column("file_modified_at", MOMENT, nullable=True),
        sa.Column("segment_files", sa.Text(), nullable=False),
        sa.Column("rows_received", KEY, nullable=False),
        sa.Column("rows_stored", KEY, nullable=False),
        sa.Column("rows_quarantined", KEY, nullable=False),
        sa.Column("rows_duplicate", KEY, nullable=False),
        sa.Column("received_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'sealed', 'abandoned')", name=op.f("ck_raw_segment_status")),
        sa.CheckConstraint("batch_seq > 0", name=op.f("ck_raw_segment_batch_seq")),
        sa.CheckConstraint(
            "rows_received = rows_stored + rows_quarantined + rows_duplicate", name=op.f("ck_raw_segment_reconciled")
        ),
        sa.PrimaryKeyConstraint("batch_seq", name=op.f("pk_raw_segment")),
    )
    op.create_index(
        "uq_raw_segment_file",
        "raw_segment",
        ["source", "file_sha256"],
        unique=True,
        sqlite_where=sa.text("status <> 'abandoned'"),
        postgresql_where=sa.text("status <> 'abandoned'"),
    )
    op.create_table(
        "quarantine_row",
        sa.Column("quarantine_id", KEY, autoincrement=False, nullable=False),
        sa.Column("batch_seq", KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", KEY, nullable=True),
        sa.Column("row_number", KEY, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("payload_enc", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("edits_enc", sa.LargeBinary(), nullable=True),
        sa.Column("repaired_by", sa.Text(), nullable=True),
        sa.Column("repaired_at", MOMENT, nullable=True),
        sa.Column("replay_batch_seq", KEY, nullable=True),
        sa.CheckConstraint(
            "(state = 'replayed') = (replay_batch_seq IS NOT NULL)", name=op.f("ck_quarantine_row_replayed")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'repaired', 'replayed', 'discarded')", name=op.f("ck_quarantine_row_state")
        ),
        sa.ForeignKeyConstraint(["batch_seq"], ["raw_segment.batch_seq"], name=op.f("fk_quarantine_row_batch_seq")),
        sa.ForeignKeyConstraint(
            ["replay_batch_seq"], ["raw_segment.batch_seq"], name=op.f("fk_quarantine_row_replay_batch_seq")
        ),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine_row")),
    )
    op.create_index("ix_quarantine_row_state_source", "quarantine_row", ["state", "source"], unique=False)


def _create_identity_tables() -> None:
    op.create_table(
        "identifier_vault",
        sa.Column("identifier_id", KEY, autoincrement=False, nullable=False),
        sa.Column("id_type", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("value_enc", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("first_batch_seq", KEY, nullable=False),
        sa.PrimaryKeyConstraint("identifier_id", name=op.f("pk_identifier_vault")),
    )
    op.create_table(
        "vault_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("first_used_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('matching', 'encryption')", name=op.f("ck_vault_key_role")),
        sa.PrimaryKeyConstraint("key_id", "role", name=op.f("pk_vault_key")),
    )
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
        sa.CheckConstraint("kind IN ('merge', 'unmerge', 'unlink', 'reject')", name=op.f("ck_identity_decision_kind")),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_identity_decision_undone")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_identity_decision")),
    )


def _create_build_tables() -> None:
    op.create_table(
        "build",
        sa.Column("build_id", KEY, autoincrement=False, nullable=False),
        sa.Column("schema_name", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("watermark", KEY, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("parameter_version", sa.Text(), nullable=False),
        sa.Column("definition_hashes", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("dropped_at", MOMENT, nullable=True),
        sa.Column("timings", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.CheckConstraint("(status = 'running') = (finished_at IS NULL)", name=op.f("ck_build_finished")),
        sa.CheckConstraint("status IN ('running', 'published', 'failed', 'abandoned')", name=op.f("ck_build_status")),
        sa.PrimaryKeyConstraint("build_id", name=op.f("pk_build")),
        sa.UniqueConstraint("schema_name", name=op.f("uq_build_schema_name")),
    )
    op.create_table(
        "build_step",
        sa.Column("build_id", KEY, autoincrement=False, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rows", KEY, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("sql_hash", sa.Text(), nullable=False),
        sa.Column("sql_text", sa.Text(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["build.build_id"], name=op.f("fk_build_step_build_id")),
        sa.PrimaryKeyConstraint("build_id", "table_name", name=op.f("pk_build_step")),
    )
    op.create_table(
        "published_figure",
        sa.Column("figure_id", KEY, autoincrement=False, nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("metric_version", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("watermark", KEY, nullable=False),
        sa.Column("build_id", KEY, nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("period_start < period_end", name=op.f("ck_published_figure_period")),
        sa.ForeignKeyConstraint(["build_id"], ["build.build_id"], name=op.f("fk_published_figure_build_id")),
        sa.PrimaryKeyConstraint("figure_id", name=op.f("pk_published_figure")),
        sa.UniqueConstraint(
            "metric",
            "metric_version",
            "dimensions",
            "period_start",
            "period_end",
            "zone",
            name="uq_published_figure_figure",
        ),
    )


def _create_record_tables() -> None:
    op.create_table(
        "audit_log",
        sa.Column("audit_id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_count", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "run_lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process_id", KEY, nullable=False),
        sa.Column("process_birth", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("heartbeat_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_run_lease")),
    )
