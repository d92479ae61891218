from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from quanyu.errors import InternalError
from quanyu.store import AuditEntry, Store, audit
from quanyu.store.schema import audit_log

ENTRY = AuditEntry("li", "identifier.reveal", "identifier", 12, "call back", {"zh": "回访", "n": 1})


@pytest.fixture
def five(store: Store) -> Store:
    with store.transaction() as work:
        for _ in range(5):
            work.audit.add(ENTRY)
    return store


def _without_guards(store: Store) -> None:
    with store.transaction() as work:
        if work.connection.dialect.name == "sqlite":
            for guard in ("DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"):
                work.connection.exec_driver_sql(guard)
        else:
            work.connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER USER")


def test_records_are_numbered_chained_and_come_back(five: Store, monkeypatch):
    monkeypatch.setattr(audit, "_PAGE", 2)
    with five.transaction() as work:
        assert work.audit.verify_chain() == []
        records = work.audit.find()
        assert [record.audit_id for record in records] == [1, 2, 3, 4, 5]
        assert records[0].prev_hash == audit.GENESIS
        assert records[4].prev_hash == records[3].hash
        assert work.audit.head() == (5, records[4].hash)
        added = work.audit.add(ENTRY)
        assert work.audit.find(after=5) == [added]
    assert (added.detail, added.subject_count) == ({"zh": "回访", "n": 1}, 12)


@pytest.mark.parametrize(
    "statement", [update(audit_log).values(subject_count=1), delete(audit_log)], ids=["update", "delete"]
)
def test_the_log_cannot_be_changed_even_by_sql(five: Store, statement):
    with pytest.raises(InternalError, match="audit_log is append-only"), five.transaction() as work:
        work.connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        (update(audit_log).where(audit_log.c.audit_id == 3).values(actor="x"), ["audit.changed"]),
        (
            update(audit_log).where(audit_log.c.audit_id == 3).values(at=datetime(2020, 1, 1, tzinfo=UTC)),
            ["audit.changed"],
        ),
        (update(audit_log).where(audit_log.c.audit_id == 3).values(detail={}), ["audit.changed"]),
        (delete(audit_log).where(audit_log.c.audit_id == 3), ["audit.missing"]),
        (delete(audit_log).where(audit_log.c.audit_id == 1), ["audit.missing"]),
        (
            update(audit_log).where(audit_log.c.audit_id == 3).values(hash="0" * 64),
            ["audit.changed", "audit.broken"],
        ),
    ],
    ids=["actor", "time", "detail", "hole", "first", "hash"],
)
def test_every_planted_change_breaks_the_chain(five: Store, statement, codes: list[str]):
    _without_guards(five)
    with five.transaction() as work:
        assert work.audit.verify_chain() == []
        work.connection.execute(statement)
    with five.reading() as work:
        assert [problem.code for problem in work.audit.verify_chain()] == codes


def test_a_cut_tail_shows_against_a_head_kept_elsewhere(five: Store):
    with five.reading() as work:
        head = work.audit.head()
    _without_guards(five)
    with five.transaction() as work:
        work.connection.execute(delete(audit_log).where(audit_log.c.audit_id == 5))
        assert work.audit.verify_chain() == []
        assert work.audit.head() != head
