"""The operational tables, as the newest migration leaves them (`migrations/`; a test compares the two).

History is append-only: triggers made by the migrations refuse to change `audit_log`, `published_figure` and
`segment_withdrawal`, a raw segment once it is sealed or abandoned, and a decision but for its undoing.
"""

from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from quanyu.store.columns import KEY, JsonText, Moment

HEAD: Final = "0007"
"""The revision this code works with; equal to the newest file in `migrations/versions`."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> Column[int]:
    """Return a primary key whose values are given by the code, never drawn by the database."""
    return Column(name, KEY, primary_key=True, autoincrement=False)


def _needed(name: str, kind: Any, *rest: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=False, **options)


raw_segment: Final = Table(
    "raw_segment",
    metadata,
    _key("batch_seq"),
    _needed("source", Text),
    _needed("kind", Text),
    _needed("file", Text),
    # Null: the source has no files (a database, a replay), so "the same file again" means nothing.
    Column("file_sha256", Text),
    Column("file_bytes", KEY),
    Column("file_modified_at", Moment),
    _needed("segment_files", JsonText),
    _needed("rows_received", KEY),
    _needed("rows_stored", KEY),
    _needed("rows_quarantined", KEY),
    _needed("rows_duplicate", KEY),
    _needed("received_day", Date),
    _needed("recorded_at", Moment),
    Column("sealed_at", Moment),
    _needed("status", Text),
    # Null: read before mappings were noted.
    Column("mapping", Text),
    _needed("reading", KEY, server_default="1"),
    CheckConstraint("status IN ('open', 'sealed', 'abandoned')", name="status"),
    CheckConstraint("rows_received = rows_stored + rows_quarantined + rows_duplicate", name="reconciled"),
    CheckConstraint("batch_seq > 0", name="batch_seq"),
    Index(
        "uq_raw_segment_file",
        "source",
        "file_sha256",
        "reading",
        unique=True,
        sqlite_where=text("status <> 'abandoned'"),
        postgresql_where=text("status <> 'abandoned'"),
    ),
)

segment_withdrawal: Final = Table(
    "segment_withdrawal",
    metadata,
    Column("batch_seq", KEY, ForeignKey("raw_segment.batch_seq"), primary_key=True, autoincrement=False),
    _needed("reason", Text),
    _needed("withdrawn_by", Text),
    _needed("withdrawn_at", Moment),
)

refused_file: Final = Table(
    "refused_file",
    metadata,
    Column("source", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    _needed("problems", JsonText),
    _needed("refused_at", Moment),
)

quarantine_row: Final = Table(
    "quarantine_row",
    metadata,
    _key("quarantine_id"),
    _needed("batch_seq", KEY, ForeignKey("raw_segment.batch_seq")),
    _needed("source", Text),
    _needed("file", Text),
    Column("line", KEY),
    _needed("row_number", KEY),
    _needed("field", Text),
    _needed("code", Text),
    _needed("message", Text),
    _needed("problems", JsonText),
    _needed("payload_enc", LargeBinary),
    _needed("state", Text, server_default="open"),
    Column("edits_enc", LargeBinary),
    Column("repaired_by", Text),
    Column("repaired_at", Moment),
    Column("replay_batch_seq", KEY, ForeignKey("raw_segment.batch_seq")),
    CheckConstraint("state IN ('open', 'repaired', 'replayed', 'discarded')", name="state"),
    CheckConstraint("(state = 'replayed') = (replay_batch_seq IS NOT NULL)", name="replayed"),
    Index("ix_quarantine_row_state_source", "state", "source"),
)

identifier_vault: Final = Table(
    "identifier_vault",
    metadata,
    _key("identifier_id"),
    _needed("id_type", Text),
    _needed("namespace", Text),
    _needed("value_enc", LargeBinary),
    _needed("key_id", Text),
    _needed("first_batch_seq", KEY),
)

vault_key: Final = Table(
    "vault_key",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    _needed("first_used_at", Moment),
    Column("retired_at", Moment),
    CheckConstraint("role IN ('matching', 'encryption')", name="role"),
)

identity_decision: Final = Table(
    "identity_decision",
    metadata,
    _key("decision_id"),
    _needed("kind", Text),
    _needed("identifiers", JsonText),
    _needed("actor", Text),
    _needed("reason", Text),
    _needed("decided_at", Moment),
    Column("undone_at", Moment),
    Column("undone_by", Text),
    Column("known_seq", KEY),
    CheckConstraint("kind IN ('merge', 'unmerge', 'unlink', 'forget', 'reject')", name="kind"),
    CheckConstraint("known_seq IS NULL OR kind IN ('merge', 'unmerge')", name="known_seq"),
    CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
)

build: Final = Table(
    "build",
    metadata,
    _key("build_id"),
    _needed("schema_name", Text),
    _needed("engine", Text),
    _needed("as_of", Date),
    _needed("watermark", KEY),
    _needed("zone", Text),
    _needed("currency", Text),
    _needed("parameter_version", Text),
    _needed("definition_hashes", JsonText),
    _needed("status", Text),
    _needed("started_at", Moment),
    Column("finished_at", Moment),
    # Null: the warehouse still has the build's schema.
    Column("dropped_at", Moment),
    _needed("timings", JsonText),
    _needed("failure", Text),
    CheckConstraint("status IN ('running', 'published', 'failed', 'abandoned')", name="status"),
    CheckConstraint("(status = 'running') = (finished_at IS NULL)", name="finished"),
    UniqueConstraint("schema_name"),
)

build_step: Final = Table(
    "build_step",
    metadata,
    Column("build_id", KEY, ForeignKey("build.build_id"), primary_key=True, autoincrement=False),
    Column("table_name", Text, primary_key=True),
    _needed("ordinal", Integer),
    _needed("rows", KEY),
    _needed("seconds", Float),
    _needed("sql_hash", Text),
    _needed("sql_text", Text),
    _needed("finished_at", Moment),
)

published_figure: Final = Table(
    "published_figure",
    metadata,
    _key("figure_id"),
    _needed("metric", Text),
    _needed("metric_version", Text),
    _needed("dimensions", JsonText),
    _needed("period_start", Date),
    _needed("period_end", Date),
    _needed("zone", Text),
    _needed("watermark", KEY),
    _needed("build_id", KEY, ForeignKey("build.build_id")),
    # Null: the metric has no value in the period; shown as a dash, never as 0.
    Column("value", Text),
    _needed("row_hash", Text),
    _needed("closed_at", Moment),
    _needed("closed_by", Text),
    CheckConstraint("period_start < period_end", name="period"),
    UniqueConstraint(
        "metric",
        "metric_version",
        "dimensions",
        "period_start",
        "period_end",
        "zone",
        name="uq_published_figure_figure",
    ),
)

audit_log: Final = Table(
    "audit_log",
    metadata,
    _key("audit_id"),
    _needed("at", Moment),
    _needed("actor", Text),
    _needed("action", Text),
    _needed("subject", Text),
    _needed("subject_count", KEY),
    _needed("purpose", Text),
    _needed("detail", JsonText),
    _needed("prev_hash", Text),
    _needed("hash", Text),
)

run_lease: Final = Table(
    "run_lease",
    metadata,
    Column("name", Text, primary_key=True),
    _needed("token", Text),
    _needed("command", Text),
    _needed("host", Text),
    _needed("process_id", KEY),
    # Empty where the system does not tell it; with it, a process id used again is not taken for the dead process.
    _needed("process_birth", Text),
    _needed("started_at", Moment),
    _needed("heartbeat_at", Moment),
)

access_key: Final = Table(
    "access_key",
    metadata,
    Column("key_id", Text, primary_key=True),
    _needed("kind", Text),
    _needed("name", Text),
    _needed("secret_hash", Text),
    Column("role", Text),
    Column("source", Text),
    _needed("created_at", Moment),
    _needed("created_by", Text),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    CheckConstraint("kind IN ('api', 'write')", name="kind"),
    CheckConstraint("(kind = 'api') = (role IS NOT NULL) AND (kind = 'write') = (source IS NOT NULL)", name="reach"),
    UniqueConstraint("secret_hash"),
)

user_account: Final = Table(
    "user_account",
    metadata,
    Column("user_id", Text, primary_key=True),
    _needed("name", Text),
    # What makes two names one: without regard to case, in every script.
    _needed("folded_name", Text),
    _needed("shown_name", Text),
    _needed("role", Text),
    _needed("scope", JsonText),
    Column("password_hash", Text),
    Column("password_at", Moment),
    _needed("created_at", Moment),
    _needed("created_by", Text),
    Column("disabled_at", Moment),
    CheckConstraint("(password_hash IS NULL) = (password_at IS NULL)", name="password"),
    UniqueConstraint("folded_name"),
)

user_link: Final = Table(
    "user_link",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _needed("user_id", Text, ForeignKey("user_account.user_id"), index=True),
    _needed("created_by", Text),
    _needed("expires_at", Moment),
)

user_session: Final = Table(
    "user_session",
    metadata,
    Column("session_id", Text, primary_key=True),
    _needed("token_hash", Text),
    _needed("user_id", Text, ForeignKey("user_account.user_id"), index=True),
    _needed("csrf", Text),
    _needed("created_at", Moment),
    _needed("seen_at", Moment),
    UniqueConstraint("token_hash"),
)

privacy_request: Final = Table(
    "privacy_request",
    metadata,
    _key("request_id"),
    _needed("kind", Text),
    _needed("law", Text),
    # Null once the person was deleted: the mark, a keyed hash, is what is left.
    Column("person_id", KEY),
    _needed("person_mark", Text),
    _needed("asked_by", Text),
    _needed("identity_check", Text),
    _needed("received_at", Moment),
    _needed("due_on", Date),
    Column("extended_reason", Text),
    _needed("state", Text),
    Column("reason", Text),
    Column("answered_at", Moment),
    Column("answered_by", Text),
    CheckConstraint("kind IN ('access', 'export', 'correction', 'deletion', 'withdrawal')", name="kind"),
    CheckConstraint("law IN ('PIPL', 'GDPR')", name="law"),
    CheckConstraint("state IN ('open', 'answered', 'refused')", name="state"),
    CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ended"),
)

deletion: Final = Table(
    "deletion",
    metadata,
    Column("request_id", KEY, ForeignKey("privacy_request.request_id"), primary_key=True, autoincrement=False),
    _needed("phase", Text),
    # What is to be deleted, encrypted; null once it is, so that the deletion itself keeps nothing.
    Column("plan_enc", LargeBinary),
    _needed("counts", JsonText),
    _needed("actor", Text),
    _needed("started_at", Moment),
    Column("finished_at", Moment),
    Column("certificate_sha256", Text),
    CheckConstraint("(finished_at IS NULL) = (plan_enc IS NOT NULL)", name="plan"),
)

suppression: Final = Table(
    "suppression",
    metadata,
    Column("mark", Text, primary_key=True),
    _needed("request_id", KEY, ForeignKey("privacy_request.request_id")),
    _needed("added_at", Moment),
)

segment_erasure: Final = Table(
    "segment_erasure",
    metadata,
    Column("batch_seq", KEY, ForeignKey("raw_segment.batch_seq"), primary_key=True, autoincrement=False),
    Column("sealed_path", Text, primary_key=True),
    # Null: nothing was left of the file.
    Column("file", JsonText),
    Column("request_id", KEY),
    _needed("erased_at", Moment),
)

consent_word: Final = Table(
    "consent_word",
    metadata,
    _key("word_id"),
    _needed("identifier_id", KEY, index=True),
    _needed("purpose", Text),
    _needed("granted", Integer),
    _needed("occurred_at", Moment),
    _needed("recorded_at", Moment),
    _needed("actor", Text),
    _needed("evidence", Text),
    CheckConstraint("granted IN (0, 1)", name="granted"),
)

request_answer: Final = Table(
    "request_answer",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),
    _needed("fingerprint", Text),
    _needed("began_at", Moment, index=True),
    # Null: the request has not ended.
    Column("status", Integer),
    Column("content_type", Text),
    Column("body_enc", LargeBinary),
    CheckConstraint("(status IS NULL) = (body_enc IS NULL)", name="ended"),
)
