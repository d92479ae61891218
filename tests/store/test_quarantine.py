from datetime import date

import pytest

from quanyu.errors import InternalError, UserError
from quanyu.store import (
    QuarantineCount,
    QuarantineRow,
    QuarantineState,
    RowCounts,
    SourceFile,
    Store,
    quarantine_id,
)

DAY = date(2025, 11, 11)


def refused(batch_seq: int, number: int, code: str = "value.not_a_number") -> QuarantineRow:
    problem = {"code": code, "field": "paid", "message": "Not a number."}
    return QuarantineRow(
        quarantine_id=quarantine_id(batch_seq, number),
        batch_seq=batch_seq,
        source="orders",
        file="orders.csv",
        line=number + 1,
        row_number=number,
        field="paid",
        code=code,
        message="Not a number.",
        problems=(problem,),
        payload_enc=b"\x00\xffrow",
    )


def test_refused_rows_come_back_as_they_went_in(store: Store, batch_seq: int):
    rows = [refused(batch_seq, number) for number in (1, 2, 3)]
    with store.transaction() as work:
        assert work.quarantine.add(rows) == 3
    with store.reading() as work:
        assert work.quarantine.find(source="orders") == rows
        assert work.quarantine.get(rows[1].quarantine_id) == rows[1]


def test_adding_a_row_twice_keeps_the_first_and_its_repair(store: Store, batch_seq: int):
    row = refused(batch_seq, 1)
    with store.transaction() as work:
        work.quarantine.add([row])
        work.quarantine.repair(row.quarantine_id, b"edits", "li")
        assert work.quarantine.add([row, refused(batch_seq, 2)]) == 1
        kept = work.quarantine.get(row.quarantine_id)
    assert kept is not None
    assert (kept.state, kept.edits_enc, kept.repaired_by) == (QuarantineState.REPAIRED, b"edits", "li")


def test_more_rows_than_one_statement_takes_are_all_kept(store: Store, batch_seq: int):
    with store.transaction() as work:
        assert work.quarantine.add(refused(batch_seq, number) for number in range(12_001)) == 12_001
        assert work.quarantine.counts() == [
            QuarantineCount("orders", "value.not_a_number", "paid", QuarantineState.OPEN, 12_001)
        ]


def test_a_row_of_an_unknown_batch_is_refused(store: Store):
    with pytest.raises(InternalError, match="refused a row"), store.transaction() as work:
        work.quarantine.add([refused(99, 1)])


def test_the_id_is_readable_and_never_shared_by_two_batches():
    assert quarantine_id(12, 345) == 12_000_000_345
    with pytest.raises(InternalError):
        quarantine_id(12, 10**9)


def test_a_row_is_replayed_once(store: Store, batch_seq: int):
    ids = [quarantine_id(batch_seq, number) for number in (1, 2)]
    with store.transaction() as work:
        work.quarantine.add([refused(batch_seq, number) for number in (1, 2)])
        replay = work.segments.begin(SourceFile("orders", "replay", "quarantine"), DAY)
        work.quarantine.mark_replayed(ids, replay)
    with pytest.raises(UserError) as again, store.transaction() as work:
        work.quarantine.mark_replayed(ids[:1], replay)
    assert again.value.code == "quarantine.ended"
    with store.reading() as work:
        assert [row.replay_batch_seq for row in work.quarantine.find(state=QuarantineState.REPLAYED)] == [replay] * 2


def test_one_ended_row_stops_the_whole_step(store: Store, batch_seq: int):
    with store.transaction() as work:
        work.quarantine.add([refused(batch_seq, number) for number in (1, 2)])
        work.quarantine.discard([quarantine_id(batch_seq, 2)], "li")
    with pytest.raises(UserError), store.transaction() as work:
        work.quarantine.discard([quarantine_id(batch_seq, number) for number in (1, 2)], "li")
    with store.reading() as work:
        assert [row.row_number for row in work.quarantine.find(state=QuarantineState.OPEN)] == [1]


def test_refused_rows_are_counted_per_batch_whatever_became_of_them(store: Store, batch_seq: int):
    with store.transaction() as work:
        other = work.segments.begin(SourceFile("orders", "replay", "quarantine"), DAY)
        work.quarantine.add([refused(batch_seq, 1), refused(batch_seq, 2), refused(other, 1)])
        work.quarantine.discard([quarantine_id(batch_seq, 2)], "li")
        assert work.quarantine.counts_by_batch() == {batch_seq: 2, other: 1}


@pytest.mark.parametrize("change", ["repair", "discard", "replay"])
def test_a_discarded_row_stays_discarded(store: Store, batch_seq: int, change: str):
    row_id = quarantine_id(batch_seq, 1)
    changes = {
        "repair": lambda work: work.quarantine.repair(row_id, b"", "li"),
        "discard": lambda work: work.quarantine.discard([row_id], "li"),
        "replay": lambda work: work.quarantine.mark_replayed([row_id], batch_seq),
    }
    with store.transaction() as work:
        work.quarantine.add([refused(batch_seq, 1)])
        work.quarantine.discard([row_id], "li")
    with pytest.raises(UserError), store.transaction() as work:
        changes[change](work)


def test_verify_finds_a_batch_whose_refused_rows_are_not_all_kept(store: Store, batch_seq: int):
    with store.transaction() as work:
        work.quarantine.add([refused(batch_seq, 1)])
        work.segments.seal(batch_seq, [], RowCounts(2, 0, 2, 0))
    assert [problem.code for problem in store.verify()] == ["store.unreconciled"]


def test_rows_are_paged_by_id(store: Store, batch_seq: int):
    with store.transaction() as work:
        work.quarantine.add([refused(batch_seq, number) for number in (1, 2, 3)])
        first = work.quarantine.find(batch_seq=batch_seq, limit=2)
        assert [row.row_number for row in first] == [1, 2]
        rest = work.quarantine.find(after=first[-1].quarantine_id, code="value.not_a_number")
    assert [row.row_number for row in rest] == [3]
