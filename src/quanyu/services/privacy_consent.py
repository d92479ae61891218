"""Words on consent that are said here, and how they hold at once: readers of a build are lent what it cannot know."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.segments.ground import SAID_SINCE
from quanyu.store import AuditEntry, Build, ConsentWord, Store
from quanyu.tables.people import CONSENT_PURPOSES

_LANDED: Final = "landing"
_SCHEMA: Final = pa.schema(
    [
        ("identifier_id", pa.int64()),
        ("purpose", pa.string()),
        ("granted", pa.bool_()),
        ("occurred_at", pa.timestamp("us")),
    ]
)


def say_consent(
    store: Store, identifier_id: int, purposes: Sequence[str], actor: str, evidence: str, *, granted: bool
) -> list[ConsentWord]:
    """Record a word of a person on purposes (none named: all) and return it; it holds for the very next question.

    The id is any identifier of the person.  Raises UserError `privacy.purpose`.
    """
    wanted = tuple(purposes) or CONSENT_PURPOSES
    problems = [
        Problem(
            "privacy.purpose",
            f'No purpose "{one[:40]}".',
            did_you_mean(one, CONSENT_PURPOSES) or f"There are {', '.join(CONSENT_PURPOSES)}.",
        )
        for one in wanted
        if one not in CONSENT_PURPOSES
    ]
    if problems:
        raise UserError(problems)
    with store.transaction() as work:
        words = work.consents.add(identifier_id, wanted, actor, evidence, granted=granted)
        action = "consent.given" if granted else "consent.withdrawn"
        numbers = {"words": [word.word_id for word in words], "purposes": list(wanted)}
        work.audit.add(AuditEntry(actor, action, "person", 1, "consent", numbers))
    return words


def lend_words(store: Store, engine: DuckDBEngine, build: Build) -> None:
    """Lend an engine the words on consent that a build does not hold: said here, or landed after its watermark."""
    with store.reading() as work:
        said = [
            (word.identifier_id, word.purpose, bool(word.granted), _naive(word.occurred_at))
            for word in work.consents.all()
        ]
    rows = pa.Table.from_pylist([dict(zip(_SCHEMA.names, word, strict=True)) for word in said], schema=_SCHEMA)
    landed = _landed_since(engine, build.watermark)
    if landed is not None:
        rows = pa.concat_tables([rows, landed])
    engine.connection.register(SAID_SINCE, rows)
    engine.catalog[SAID_SINCE] = SAID_SINCE


def _landed_since(engine: DuckDBEngine, watermark: int) -> pa.Table | None:
    """Return the words of batches that were loaded and are in no build yet, None when there are none."""
    if "consent" not in engine.tables_in(_LANDED):
        return None
    name = "consent_landed"
    engine.catalog[name] = f"{_LANDED}.consent"
    try:
        since = t.all_of([t.col("batch_seq") > t.lit(watermark), t.not_null(t.col("identifier_id"))])
        found = engine.query(t.select({one: t.col(one) for one in _SCHEMA.names}, name, where=since))
    finally:
        del engine.catalog[name]
    return found.cast(_SCHEMA) if found.num_rows else None


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
