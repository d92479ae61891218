from datetime import UTC, datetime

from quanyu.store import RefusedFile, Store

AT = datetime(2025, 11, 11, 2, tzinfo=UTC)


def test_only_what_was_refused_at_the_last_look_is_kept(store: Store):
    pdf = RefusedFile("orders", "a.csv", ({"code": "csv.binary"},), AT)
    gone = RefusedFile("orders", "b.csv", ({"code": "csv.empty"},), AT)
    with store.transaction() as work:
        work.refusals.replace([pdf, gone])
    with store.transaction() as work:
        work.refusals.replace([pdf])
        assert work.refusals.find() == [pdf]
