"""Live events through the spool: what is stored, refused, known again, set aside; from any cut of the same events."""

import hashlib
import random
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.spooled import PLAIN, RECEIVED, Said, cipher, find, live_source, load, request, spooled
from ingest.workplace import Workplace, workplace
from quanyu.collect.spool_files import frame, read_frames
from quanyu.definitions import load_sources
from quanyu.ingest import live
from quanyu.ingest.live import SpoolReader, load_spool
from quanyu.ingest.quarantine import repair_rows, replay_rows
from quanyu.store import RowCounts, create_key, open_vault

WHO = [["member_id", "u1"], ["device", "d1"]]


def balanced(rows: RowCounts) -> bool:
    return rows.received == rows.stored + rows.quarantined + rows.duplicate


def events(place: Workplace) -> list[tuple[str, str]]:
    return place.rows("event", "source_id", "type")


def test_kinds_of_records_become_rows_of_their_tables(place: Workplace) -> None:
    live_source(place)
    order = {"order_id": "O1", "subtotal": "20.50", "products": [{"product_id": "p1", "quantity": 2, "price": "10.25"}]}
    spooled(
        place,
        [
            request({"id": "m1", "who": WHO}, {"id": "m2", "event": "Order Completed", "properties": order}),
            request({"id": "m3", "kind": "identify", "who": WHO, "traits": {"gender": "female"}}),
        ],
    )
    report = load(place)
    assert (report.files, report.problems) == (1, ()) and balanced(report.rows)
    assert report.rows.quarantined == 0
    assert {row[0] for row in events(place)} == {"m1", "m2"}
    assert place.rows("order", "order_id", "paid_fen", "status") == [("shop:O1", 2050, "paid")]
    assert place.rows("order_line", "product_id", "paid_fen") == [("shop:p1", 2050)]
    attributes = place.rows("person_attribute", "attribute", "value")
    assert ("gender", "female") in attributes and ("identified", None) in attributes


def test_an_alias_pairs_two_identifiers_of_one_type(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "a", "kind": "alias", "who": [["member_id", "u1"], ["member_id", "u2"]]})])
    assert load(place).rows.stored == 1
    (pair,) = place.rows("identifier_pair", "identifier_a", "identifier_b")
    assert sorted(pair) == sorted(row[0] for row in place.rows("identifier", "identifier_id"))


def test_an_unlink_pairs_nothing_and_waits_for_a_decision(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "a", "kind": "unlink", "who": WHO})])
    report = load(place)
    assert (report.rows.stored, report.rows.quarantined) == (0, 1)
    assert [code for _, _, code in place.codes()] == ["row.unclaimed"]
    assert place.rows("identifier_pair", "identifier_a") == []


def test_a_record_sent_again_with_another_corrected_time_is_a_duplicate(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1", "who": WHO})])
    assert load(place).rows == RowCounts(1, 1, 0, 0)
    spooled(place, [request({"id": "m1", "who": WHO, "at": RECEIVED + 37}), request({"id": "m1", "who": WHO})])
    assert load(place).rows == RowCounts(2, 0, 0, 2)
    assert place.one("SELECT count(*) FROM landing.event") == 1


def test_an_id_used_again_for_something_else_is_refused_and_the_first_stays(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1", "properties": {"a": 1}})])
    load(place)
    spooled(place, [request({"id": "m1", "properties": {"a": 2}})])
    assert load(place).rows == RowCounts(1, 0, 1, 0)
    assert [code for _, _, code in place.codes()] == ["row.event_id_reused"]


def test_two_sources_may_use_one_id(place: Workplace) -> None:
    live_source(place)
    live_source(place, "site")
    spooled(place, [("shop", request({"id": "m1"})), ("site", request({"id": "m1", "event": "other"}))])
    report = load(place)
    assert [(batch.source, batch.rows.stored) for batch in report.batches] == [("shop", 1), ("site", 1)]


def test_what_no_decoder_reads_is_kept_encrypted_with_its_reason_and_its_neighbours_are_stored(
    place: Workplace,
) -> None:
    live_source(place)
    told = "姓名 13912345678"
    spooled(
        place,
        [
            request({"id": "m1"}, {"bad": told}, {"id": "m2"}),
            request({"id": "m3"}, path="/nobody"),
            request({"event": "an event without an id breaks this decoder"}),
            request({"id": "m4"}),
        ],
    )
    report = load(place)
    assert report.rows == RowCounts(6, 3, 3, 0)
    assert [(line, code) for line, _, code in place.codes()] == [
        (1, "body.not_json"),
        (2, "request.not_live"),
        (3, "request.undecoded"),
    ]
    with place.store.reading() as work:
        rows = work.quarantine.find(limit=10)
    assert told not in repr(rows)
    vault = open_vault(place.workspace.key_file)
    assert told in vault.decrypt_many([rows[0].payload_enc])[0].decode()
    assert [row[0] for row in events(place)] == ["m1", "m2", "m4"]


def test_an_amount_in_another_currency_is_refused_not_added(place: Workplace) -> None:
    live_source(place)
    orders = [{"order_id": f"O{code}", "subtotal": "9", "currency": code} for code in ("USD", "cny", "RMB")]
    spooled(
        place, [request(*({"id": one["order_id"], "event": "Order Completed", "properties": one} for one in orders))]
    )
    load(place)
    assert place.rows("order", "order_id") == [("shop:ORMB",), ("shop:Ocny",)]
    assert [code for _, _, code in place.codes()] == ["order.currency"]


def test_of_one_order_the_latest_word_holds_whatever_came_first(place: Workplace) -> None:
    live_source(place)
    paid = {"id": "b", "at": RECEIVED + 1000, "event": "PayOrder", "properties": {"order_id": "O1", "subtotal": "9"}}
    placed = {"id": "a", "at": RECEIVED, "event": "SubmitOrder", "properties": {"order_id": "O1", "subtotal": "9"}}
    spooled(place, [request(paid)])
    load(place)
    spooled(place, [request(placed)])
    report = load(place)
    assert balanced(report.rows) and report.rows.quarantined == 0
    assert place.rows("order", "status") == [("paid",)]


def test_requests_of_a_source_that_is_gone_wait_for_it(place: Workplace) -> None:
    live_source(place)
    spooled(place, [("shop", request({"id": "m1"})), ("gone", request({"id": "m2"}))])
    first = load(place)
    assert [problem.code for problem in first.problems] == ["live.unknown_source"]
    assert first.rows == RowCounts(1, 1, 0, 0) and load(place).files == 0
    live_source(place, "gone")
    again = load(place)
    assert again.rows == RowCounts(1, 1, 0, 0) and again.problems == () and load(place).files == 0
    assert [row[0] for row in events(place)] == ["m1", "m2"]


def test_a_damaged_end_is_told_kept_and_what_stands_before_it_is_loaded(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1"})])
    folder = place.workspace.folder("spool") / "one"
    (path,) = folder.glob("*.log")
    path.write_bytes(path.read_bytes() + b"\x09\0\0\0torn")
    report = load(place)
    assert [problem.code for problem in report.problems] == ["spool.damaged"] and report.rows.stored == 1
    assert [found.name for found in (folder / "damaged").iterdir()] == [path.name]


def test_a_file_of_another_key_stays_and_holds_up_no_other(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1"})], "one")
    (path,) = place.workspace.folder("spool").glob("one/*.log")
    path.write_bytes(_changed(path.read_bytes()))
    spooled(place, [request({"id": "m2"})], "two")
    report = load(place)
    assert [problem.code for problem in report.problems] == ["spool.damaged_value"]
    assert [row[0] for row in events(place)] == ["m2"] and path.exists()


def _changed(data: bytes) -> bytes:
    """The file with a whole frame whose encrypted content was changed."""
    (payload,) = read_frames(data).payloads
    return frame(payload[:-1] + bytes([payload[-1] ^ 1]))


def test_files_of_several_collectors_are_one_batch_and_old_ones_are_removed(place: Workplace) -> None:
    live_source(place)
    for number in range(3):
        spooled(place, [request({"id": f"m{number}"})], f"c{number}")
    report = load(place)
    assert report.files == 3 and [batch.requests for batch in report.batches] == [3]
    done = sorted(place.workspace.folder("spool").glob("*/done/*.log"))
    assert len(done) == 3
    sources, _ = load_sources(place.workspace)
    for age, left in ((timedelta(days=36500), 3), (timedelta(days=-36500), 0)):
        load_spool(place.workspace, sources, place.store, place.engine, SpoolReader(cipher(place), find, age))
        assert len(list(place.workspace.folder("spool").glob("*/done/*.log"))) == left


def test_a_refused_row_is_repaired_and_read_again_as_one_of_its_kind(place: Workplace) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1", "who": [["mobile", "139"]]}, {"id": "m2", "event": "a\0b"})])
    assert load(place).rows == RowCounts(2, 0, 2, 0)
    assert [code for _, _, code in place.codes()] == ["phone.length", "csv.nul"]
    with place.store.reading() as work:
        first = work.quarantine.find(limit=1)[0]
    repair_rows(
        place.store, open_vault(place.workspace.key_file), [first.quarantine_id], {"mobile": "13912345678"}, "x"
    )
    sources, _ = load_sources(place.workspace)
    (result,) = replay_rows(place.workspace, sources, place.store, place.engine)
    assert result.rows == RowCounts(1, 1, 0, 0)
    assert [row[0] for row in events(place)] == ["m1"] and place.one("SELECT count(*) FROM landing.identifier") == 1


def _digest(place: Workplace) -> str:
    """What the warehouse says of the events, whatever batches brought them."""
    rows = place.rows("event", "event_id", "occurred_at", "type", "props", "identifier_id")
    orders = place.rows("order", "order_id", "status", "paid_fen")
    pairs = sorted({tuple(sorted(row)) for row in place.rows("identifier_pair", "identifier_a", "identifier_b")})
    return hashlib.sha256(repr((rows, orders, pairs)).encode()).hexdigest()


def _said() -> list[Said]:
    people = [[["member_id", f"u{number % 3}"], ["device", f"d{number % 4}"]] for number in range(12)]
    said: list[Said] = [{"id": f"e{number}", "who": who, "event": "page"} for number, who in enumerate(people)]
    said += [{"id": f"o{number}", "event": "Order Completed", "who": people[number],
              "properties": {"order_id": f"O{number}", "subtotal": f"{number}.10"}} for number in range(3)]  # fmt: skip
    return said


def _load_cut(root: Path, said: Sequence[Said], seed: int) -> tuple[str, int, RowCounts]:
    """Load the events shuffled, some of them twice, cut into requests, files and loads at random."""
    chance = random.Random(seed)
    sent = [*said, *chance.sample(list(said), 5)]
    chance.shuffle(sent)
    total = [0, 0, 0, 0]
    with workplace(root) as place:
        live_source(place)
        while sent:
            count = chance.randint(1, len(sent))
            part, sent = sent[:count], sent[count:]
            cut = chance.randint(0, len(part))
            spooled(place, [request(*piece) for piece in (part[:cut], part[cut:]) if piece], f"c{chance.randint(0, 1)}")
            if not sent or chance.random() < 0.5:
                rows = load(place).rows
                assert balanced(rows)
                counts = (rows.received, rows.stored, rows.quarantined, rows.duplicate)
                total = [one + more for one, more in zip(total, counts, strict=True)]
        return _digest(place), place.one("SELECT count(*) FROM landing.event"), RowCounts(*total)


def test_any_cut_order_and_repetition_of_events_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANYU_NOW", "2026-06-01T00:00:00+00:00")
    create_key(tmp_path / "key")
    found = set()
    for seed in range(2):
        root = tmp_path / str(seed)
        (root / ".quanyu").mkdir(parents=True)
        shutil.copy2(tmp_path / "key", root / ".quanyu" / "key")
        digest, count, rows = _load_cut(root, _said(), seed)
        assert count == 15 and rows.quarantined == 0 and rows.received == rows.stored + rows.duplicate
        found.add(digest)
    assert len(found) == 1


def _die_after(place: Workplace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Load, and have the loader die right before its step of that name."""

    class Died(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(live, name, dies)
        with pytest.raises(Died):
            load(place)


@pytest.mark.parametrize("step", ["import_scan", "set_aside", "put_away", "keep_seniority"])
def test_a_loader_that_dies_between_any_two_steps_is_followed_by_one_that_doubles_nothing(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1"})], "one")
    spooled(place, [request({"id": "m2"})], "two")
    _die_after(place, monkeypatch, step)
    spooled(place, [request({"id": "m3"})], "three")
    report = load(place)
    assert [row[0] for row in events(place)] == ["m1", "m2", "m3"]
    assert report.rows.duplicate == 0 and report.known == (step in ("set_aside", "put_away"))
    with place.store.reading() as work:
        days = work.segments.reconciliation()
    assert [(day.received, day.stored) for day in days] == [(3, 3)]


def test_a_loader_that_asks_nothing_of_the_log_is_found_out(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    live_source(place)
    spooled(place, [request({"id": "m1"})])
    _die_after(place, monkeypatch, "put_away")
    monkeypatch.setattr(live, "_is_known", lambda *_: False)
    # The log itself refuses the same content twice, so the planted fault cannot double anything unseen.
    with pytest.raises(Exception, match=r"import\.duplicate_file"):
        load(place)


def test_the_family_of_these_tests_owns_its_path() -> None:
    assert find("POST", "/plain") is PLAIN and find("GET", "/plain") is None
