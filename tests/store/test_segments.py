from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, update

from quanyu.errors import InternalError, UserError
from quanyu.store import ReceivedDay, RowCounts, SegmentFile, SegmentStatus, SourceFile, Store
from quanyu.store.schema import raw_segment, segment_withdrawal

DAY = date(2025, 11, 11)
FILE = SourceFile("orders", "csv", "in/orders.csv", "ab" * 32, 120, datetime(2025, 11, 10, 3, 4, 5, 6, tzinfo=UTC))
SEALED = SegmentFile("raw/1.parquet", "cd" * 32, 900, 7)


def test_a_sealed_batch_says_what_was_read_and_where_its_rows_went(store: Store):
    with store.transaction() as work:
        batch_seq = work.segments.begin(FILE, DAY)
        work.segments.seal(batch_seq, [SEALED], RowCounts(10, 7, 2, 1))
    with store.reading() as work:
        segment = work.segments.get(batch_seq)
    assert segment is not None
    assert segment.segment_files == (SEALED,)
    assert (segment.file_modified_at, segment.file_bytes) == (FILE.file_modified_at, 120)
    assert segment.status is SegmentStatus.SEALED
    assert segment.sealed_at is not None
    assert segment.sealed_at >= segment.recorded_at


def test_the_same_content_is_read_once_per_source_under_any_name(store: Store):
    with store.transaction() as work:
        work.segments.begin(FILE, DAY)
        with pytest.raises(UserError, match="Already imported on 2025-11-11 as #1") as refused:
            work.segments.begin(replace(FILE, file="in/copy of orders.csv"), DAY)
        assert refused.value.code == "import.duplicate_file"
        assert work.segments.begin(replace(FILE, source="members"), DAY) == 2


def test_an_abandoned_file_may_be_read_again_under_a_new_number(store: Store):
    with store.transaction() as work:
        work.segments.begin(FILE, DAY)
        assert work.segments.abandon_open() == [1]
        assert work.segments.begin(FILE, DAY) == 2


def test_batches_without_a_file_are_never_duplicates(store: Store):
    with store.transaction() as work:
        numbers = [work.segments.begin(SourceFile("erp", "sql", "select orders"), DAY) for _ in range(3)]
    assert numbers == [1, 2, 3]


def test_a_rolled_back_batch_leaves_no_gap(store: Store):
    with pytest.raises(RuntimeError), store.transaction() as work:
        work.segments.begin(FILE, DAY)
        raise RuntimeError
    with store.transaction() as work:
        assert work.segments.begin(FILE, DAY) == 1


def test_counts_that_do_not_add_up_are_refused_by_the_database(store: Store):
    with pytest.raises(InternalError, match="does not reconcile"), store.transaction() as work:
        work.segments.seal(work.segments.begin(FILE, DAY), [], RowCounts(10, 7, 2, 0))


def test_a_batch_ends_once(store: Store, batch_seq: int):
    with store.transaction() as work:
        work.segments.abandon(batch_seq)
        with pytest.raises(InternalError, match="not open"):
            work.segments.seal(batch_seq, [], RowCounts(0, 0, 0, 0))


@pytest.mark.parametrize(
    "statement",
    [update(raw_segment).values(rows_stored=1, rows_received=1), delete(raw_segment)],
    ids=["update", "delete"],
)
def test_an_ended_batch_cannot_be_changed_even_by_sql(store: Store, batch_seq: int, statement):
    with store.transaction() as work:
        work.segments.seal(batch_seq, [], RowCounts(0, 0, 0, 0))
    with pytest.raises(InternalError, match="raw_segment is"), store.transaction() as work:
        work.connection.execute(statement)


def test_the_watermark_stops_before_the_first_open_batch(store: Store):
    files = [replace(FILE, file_sha256=str(number)) for number in range(3)]
    with store.transaction() as work:
        assert work.segments.watermark() == 0
        first, second, third = (work.segments.begin(file, DAY) for file in files)
        work.segments.seal(first, [], RowCounts(0, 0, 0, 0))
        work.segments.seal(third, [], RowCounts(0, 0, 0, 0))
        assert work.segments.watermark() == first
        work.segments.abandon(second)
        assert work.segments.watermark() == third


def test_reconciliation_counts_sealed_batches_per_source_and_day(store: Store):
    with store.transaction() as work:
        for number, counts in enumerate([RowCounts(10, 7, 2, 1), RowCounts(5, 5, 0, 0), None]):
            batch_seq = work.segments.begin(replace(FILE, file_sha256=str(number)), DAY)
            if counts:
                work.segments.seal(batch_seq, [], counts)
        assert work.segments.reconciliation() == [ReceivedDay("orders", DAY, 15, 12, 2, 1)]


def test_find_filters_by_source_status_and_number(store: Store, batch_seq: int):
    with store.transaction() as work:
        other = work.segments.begin(replace(FILE, source="members"), DAY)
        assert [segment.batch_seq for segment in work.segments.find(source="members")] == [other]
        assert [segment.batch_seq for segment in work.segments.find(after=batch_seq)] == [other]
        assert work.segments.find(status=SegmentStatus.SEALED) == []


def test_a_withdrawn_batch_leaves_the_log_and_its_file_may_be_read_again(store: Store):
    with store.transaction() as work:
        first = work.segments.begin(FILE, DAY)
        work.segments.seal(first, [SEALED], RowCounts(10, 7, 2, 1))
        work.segments.withdraw([first], "li", "wrong column")
        again = work.segments.begin(replace(FILE, mapping="other"), DAY)
        work.segments.seal(again, [SEALED], RowCounts(10, 9, 0, 1))
    with store.reading() as work:
        old, new = work.segments.find()
        assert (old.status, new.status) == (SegmentStatus.WITHDRAWN, SegmentStatus.SEALED)
        assert (old.reading, new.reading, new.mapping) == (1, 2, "other")
        assert work.segments.find(status=SegmentStatus.SEALED) == [new]
        assert work.segments.find_file("orders", "ab" * 32) == new
        assert work.segments.reconciliation() == [ReceivedDay("orders", DAY, 10, 9, 0, 1)]
        assert work.segments.watermark() == 2


def test_what_is_not_in_the_log_cannot_be_withdrawn(store: Store, batch_seq: int):
    with pytest.raises(InternalError, match="not in the log"), store.transaction() as work:
        work.segments.withdraw([batch_seq], "li", "")


@pytest.mark.parametrize(
    "statement",
    [update(segment_withdrawal).values(reason="none"), delete(segment_withdrawal)],
    ids=["update", "delete"],
)
def test_a_withdrawal_cannot_be_rewritten_even_by_sql(store: Store, batch_seq: int, statement):
    with store.transaction() as work:
        work.segments.seal(batch_seq, [], RowCounts(0, 0, 0, 0))
        work.segments.withdraw([batch_seq], "li", "why")
    with pytest.raises(InternalError, match="segment_withdrawal"), store.transaction() as work:
        work.connection.execute(statement)
