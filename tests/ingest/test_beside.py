"""What a file misses of others is told with counts; zones and consents that nobody states are refused.

The cases C36–C39, C45, C57, C58 and C62 of reliability.md §7.1.
"""

import pytest

from ingest.workplace import Workplace
from quanyu.definitions.sources import load_sources
from quanyu.ingest.drive import IngestReport
from quanyu.ingest.quarantine import show_row
from quanyu.store import open_vault

ORDERS = """
source: orders
system: own
format: csv
path: data/orders*.csv
feeds:
  - table: order
    key: order
    one_per: order
    columns:
      order_id: order
      paid_at: {from: time, combine: min}
      status: {value: paid}
      paid_fen: {from: paid, combine: sum}
    identifiers: [{type: mobile, from: phone}]
  - table: order_line
    key: [order, line]
    columns: {order_id: order, line_no: line, product_id: sku, qty: {value: 1}, paid_fen: paid}
"""
HEADER = "order,line,time,phone,sku,paid\n"
PRODUCTS = """
source: a_catalogue
system: own
format: csv
path: data/products.csv
feeds: [{table: product, key: sku, columns: {product_id: sku}}]
"""
REFUNDS = """
source: refunds
system: own
format: csv
path: data/refunds.csv
feeds:
  - table: refund
    key: refund
    columns: {refund_id: refund, order_id: order, amount_fen: amount, refunded_at: time, kind: {value: return}}
"""


def warnings(report: IngestReport) -> dict[str, str]:
    return {
        problem.code: problem.message
        for file in report.files
        for problem in file.problems
        if problem.severity == "warning"
    }


def line(order: str, number: int, phone: str = "", sku: str = "00123", paid: str = "10.00") -> str:
    return f"{order},{number},2026-05-01 10:00:00,{phone},{sku},{paid}\n"


@pytest.mark.parametrize(
    ("case", "written", "code"),
    [
        ("C36 full width", "１３８００１３８００１", "phone.normalised"),
        ("C37 country code and dashes", "+86 138-0013-8001", "phone.normalised"),
        ("C38 zero-width space", "138\u200b00138001", "phone.invisible"),
    ],
)
def test_a_phone_number_written_otherwise_is_read_and_told(
    place: Workplace, case: str, written: str, code: str
) -> None:
    place.source(ORDERS)
    place.file(HEADER + line("A1", 1, "13800138001") + line("A2", 1, written), "orders.csv")
    report = place.ingest()
    assert (case, [*warnings(report)]) == (case, [code])
    assert warnings(report)[code].startswith("1 rows")
    assert place.one('SELECT count(DISTINCT identifier_id) FROM landing."order"') == 1


def test_an_unknown_product_is_told_and_lost_zeros_are_recognised(place: Workplace) -> None:
    place.source(ORDERS)
    place.source(PRODUCTS, "a_catalogue")
    place.file("sku\n00123\n777\n", "products.csv")
    skus = ["00123", "123", "123", "888", "777"]
    place.file(HEADER + "".join(line("A1", number, sku=sku) for number, sku in enumerate(skus, 1)), "orders.csv")
    told = warnings(place.ingest())
    assert {code: said.split(":")[0] for code, said in told.items()} == {"sku.zeros_lost": "2", "sku.unknown": "1"}
    assert place.one("SELECT count(*) FROM landing.order_line") == 5


def test_without_a_catalogue_no_product_is_called_unknown(place: Workplace) -> None:
    place.source(ORDERS)
    place.file(HEADER + line("A1", 1), "orders.csv")
    assert warnings(place.ingest()) == {}


def test_refunds_without_order_and_above_it_are_told_and_kept(place: Workplace) -> None:
    place.source(ORDERS)
    place.source(REFUNDS, "refunds")
    place.file(HEADER + line("A1", 1, paid="100.00") + line("A2", 1, paid="50.00"), "orders.csv")
    refunds = ["R1,A1,60.00", "R2,A1,60.00", "R3,A2,50.00", "R4,A9,1.00"]
    place.file("refund,order,amount,time\n" + "".join(f"{one},2026-05-02 10:00:00\n" for one in refunds), "refunds.csv")
    told = warnings(place.ingest())
    assert {code: said.split(":")[0] for code, said in told.items()} == {
        "refund.orphan": "1",
        "refund.exceeds_order": "1",
    }
    # The business date is made from the moment: nobody maps it.
    assert place.one("SELECT count(*) FROM landing.refund WHERE CAST(local_date AS VARCHAR) = '2026-05-02'") == 4


def test_an_order_split_over_two_files_is_told_because_the_second_part_replaces_the_first(place: Workplace) -> None:
    place.source(ORDERS)
    place.file(HEADER + line("A1", 1) + line("A2", 1), "orders1.csv")
    assert warnings(place.ingest()) == {}
    place.file(HEADER + line("A1", 2, paid="5.00"), "orders2.csv")
    told = warnings(place.ingest())
    assert {code: said.split(":")[0] for code, said in told.items()} == {"group.superseded": "1"}
    assert place.rows("order_line", "order_id", "line_no") == [("A1", 1), ("A1", 2), ("A2", 1)]


EVENTS = """
source: events
system: own
format: csv
path: data/events.csv
feeds: [{table: event, key: id, columns: {event_id: id, occurred_at: at, type: {value: page_view}}}]
"""
TIMES = "id,at\nE1,2026-05-01 10:00:00Z\nE2,2026-05-01 10:00:00\nE3,2026-05-01T18:00:00+08:00\n"


def test_times_without_a_zone_among_others_wait_until_the_mapping_says_whose_they_are(place: Workplace) -> None:
    place.source(EVENTS)
    place.file(TIMES, "events.csv")
    place.ingest()
    assert place.codes() == [(3, "at", "time.zone_mixed")]
    assert [event for (event,) in place.rows("event", "event_id")] == ["E1", "E3"]


def test_a_text_that_only_looks_like_a_zoned_time_takes_no_other_row_along(place: Workplace) -> None:
    place.source(EVENTS)
    place.file("id,at\nE1,+86 138-1234-5678\nE2,2026-05-01 10:00:00\nE3,CUSTOMER-0001-AC\n", "events.csv")
    place.ingest()
    assert place.codes() == [(2, "at", "date.invalid"), (4, "at", "date.invalid")]
    assert [event for (event,) in place.rows("event", "event_id")] == ["E2"]


def test_a_column_may_have_a_zone_of_its_own(place: Workplace) -> None:
    source = EVENTS.replace("occurred_at: at", "occurred_at: {from: at, time_zone: Asia/Tokyo}")
    place.source(source)
    place.file(TIMES, "events.csv")
    place.ingest()
    assert place.codes() == []
    assert [f"{at:%H:%M} {day}" for _, at, day in place.rows("event", "event_id", "occurred_at", "local_date")] == [
        "10:00 2026-05-01",
        "01:00 2026-05-01",
        "10:00 2026-05-01",
    ]


CONSENTS = """
source: consents
system: own
format: csv
path: data/consents.csv
feeds:
  - table: consent
    key: id
    columns: {{consent_id: id, purpose: purpose, granted: answer, separate: {{value: true}}, occurred_at: at{proof}}}
    identifiers: [{{type: member_id, from: member}}]
"""


def test_a_consent_without_its_time_is_refused(place: Workplace) -> None:
    place.source(CONSENTS.format(proof=", channel: via"))
    place.file(
        "id,purpose,answer,at,via,member\nC1,service,yes,,shop,M1\nC2,service,yes,2026-05-01,shop,M1\n", "consents.csv"
    )
    place.ingest()
    assert place.codes() == [(2, "at", "consent.proof_missing")]


def test_a_mapping_of_consents_must_say_how_they_were_given(place: Workplace) -> None:
    place.source(CONSENTS.format(proof=""))
    _, problems = load_sources(place.workspace)
    assert [problem.code for problem in problems] == ["consent.proof_missing"]


def test_a_refused_row_shows_the_cell_at_fault_unless_it_is_personal(place: Workplace) -> None:
    place.source(ORDERS.replace("paid_at: {from: time, combine: min}", "paid_at: {expression: time, combine: min}"))
    place.file(HEADER + "A1,1,2026-13-01 10:00:00,13812345678,S1,1.00\n" + line("A2", 1, "1381234567X"), "orders.csv")
    place.ingest()
    with place.store.reading() as work:
        rows = work.quarantine.find(limit=10)
    assert [(row.field, row.code) for row in rows] == [("paid_at", "date.invalid"), ("phone", "phone.characters")]
    vault = open_vault(place.workspace.key_file)
    sources, _ = load_sources(place.workspace)
    wrong = [show_row(place.store, vault, sources, row.quarantine_id).cells for row in rows]
    assert (wrong[0]["time"], wrong[0]["phone"]) == ("2026-13-01 10:00:00", "138****5678")
    assert wrong[1]["phone"] == "138****567X"
