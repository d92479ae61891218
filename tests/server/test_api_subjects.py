"""Tags, segments, behaviour, exports, identity, quarantine over HTTP: counts have their people."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.api_client import Shop


def people(shop: Shop, ref: str, **more: str) -> list[str]:
    """Return the persons behind a reference, which must be as many as are counted."""
    found = shop.get(f"/refs/{ref}/people", params={"limit": 1000, **more})
    assert found["count"] == len(found["persons"]) + found["visitors"]
    return found["persons"]


def test_people_of_every_value_of_every_tag_are_as_many_as_it_counts(shop: Shop):
    held = [row for row in shop.get("/tags")["rows"] if (row["insight"] or {}).get("persons")]
    kinds = {row["value_type"] for row in held}
    assert kinds >= {"flag", "category", "number", "date"}
    tags = [row["tag_code"] for kind in sorted(kinds) for row in [one for one in held if one["value_type"] == kind][:2]]
    for code in tags:
        for value in shop.get(f"/tags/{code}")["detail"]["values"]:
            assert len(people(shop, value["ref"])) == value["persons"]
    told = shop.get(f"/tags/{tags[0]}/on")["detail"]
    assert [len(people(shop, one["ref"])) for one in told["values"]] == [one["persons"] for one in told["values"]]
    assert shop.get(f"/tags/{tags[0]}/on", params={"day": "2020-01-01"})["detail"]["values"] is None


def test_people_of_every_segment_are_as_many_as_it_counts(shop: Shop):
    known = [row for row in shop.get("/segments")["rows"] if row["persons"] is not None]
    assert any(row["persons"] for row in known)
    for row in known[:8]:
        members = shop.get(f"/segments/{row['segment']}/members")
        assert members["persons"] == people(shop, row["ref"])
        assert members["count"] == row["persons"]


@pytest.mark.parametrize("asked", [{"segment": "buyers"}, {"rule": {"order": {"days": 20}}}])
def test_people_of_a_preview_are_as_many_as_it_counts(shop: Shop, asked: dict):
    told = shop.post("/segments/preview", asked)["detail"]
    assert len(people(shop, told["ref"])) == told["persons"] > 0
    assert set(told["sample"]) <= set(people(shop, told["ref"]))


def test_a_rule_said_as_text_reads_back_as_the_same_rule(shop: Shop):
    told = shop.post("/segments/say", {"text": "orders.count(12w)>=2"})["detail"]
    assert told["zh"] != told["en"] != ""
    again = shop.post("/segments/parse", {"text": told["text"]})["detail"]
    assert (again["rule"], again["zh"]) == (told["rule"], told["zh"])
    first = shop.post("/segments/preview", {"rule": told["rule"]})["detail"]
    assert first["persons"] == shop.post("/segments/preview", {"text": told["text"]})["detail"]["persons"]
    assert shop.problem("POST", "/segments/parse", json={"text": "ordrs > 1"})[0] == 422


def test_a_rule_that_is_wrong_tells_every_problem_with_its_line(shop: Shop):
    rule = {"all": [{"order": {"days": 0}}, {"tag": {"code": "nothing", "is": ["x"]}}]}
    answer = shop.ask("POST", "/segments/preview", json={"rule": rule})
    assert answer.status_code == 422
    assert all(one["line"] for one in answer.json()["problems"])
    assert shop.problem("POST", "/segments/preview", json={}) == (422, "request.one_of")


def test_people_of_a_cell_of_behaviour_are_as_many_as_it_counts(shop: Shop):
    told = shop.post("/analytics/distribution", {"of": "orders"})
    assert sum(told["cells"].values()) == 3
    for cell, count in told["cells"].items():
        assert len(people(shop, told["ref"], cell=cell)) == count
    assert shop.problem("GET", f"/refs/{told['ref']}/people") == (422, "behaviour.cell")
    assert shop.get(f"/refs/{told['ref']}/explain")["history"]["tables"][0]["table"] == "event_fact"


def test_an_export_is_masked_audited_and_given_to_whom_made_it(shop: Shop):
    body = {"columns": ["gender"], "purpose": "analysis"}
    assert shop.problem("POST", "/exports", "analyst", json=body) == (422, "export.small_group")
    made = shop.post("/exports", body)
    assert made["persons"] == 3
    file = shop.ask("GET", f"/exports/{made['audit_id']}/file")
    rows = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert [len(rows), rows[0][0]] == [4, "person_id"]
    assert shop.problem("GET", f"/exports/{made['audit_id']}/file", "analyst") == (404, "export.unknown_file")
    assert shop.get("/exports")["rows"][-1]["sha256"] == made["sha256"]


def test_what_was_received_adds_up_and_a_refused_row_is_repaired_and_given_up(shop: Shop):
    days = shop.get("/ingest/status")["detail"]["days"]
    assert [day["adds_up"] for day in days] == [True, True]
    (row,) = shop.get("/quarantine")["rows"]
    path = f"/quarantine/{row['id']}"
    shown = shop.ask("GET", path)
    assert "1391234567" not in shown.text
    assert shop.problem("POST", f"{path}/repair", json={"cells": {"nothing": "1"}}) == (
        422,
        "quarantine.heading_unknown",
    )
    repaired = shop.post(f"{path}/repair", {"cells": {"mobile": "13912345679"}})
    assert repaired["rows"][0]["state"] == "repaired"
    assert shop.post("/quarantine/discard", {"ids": [row["id"]]})["rows"][0]["state"] == "discarded"
    assert shop.problem("POST", "/quarantine/discard", json={"ids": [row["id"]]}) == (409, "quarantine.ended")


def test_a_merge_is_decided_once_and_undone_once(shop: Shop):
    one, other = (
        shop.post("/persons/search", {"identifier": f"mobile:{mobile}"})["detail"]["person_id"]
        for mobile in ("13912345678", "13800138111")
    )
    body = {"one": one, "other": other, "reason": "one household, one card"}
    number = shop.post("/identity/merge", body)["decision_id"]
    assert shop.get("/identity/decisions")["rows"][-1]["decision_id"] == number
    assert shop.post(f"/identity/decisions/{number}/undo", {})["decision_id"] == number
    assert shop.problem("POST", f"/identity/decisions/{number}/undo") == (409, "identity.not_undoable")
    assert shop.problem("POST", "/identity/merge", json={**body, "other": one}) == (409, "identity.same_person")


def test_what_things_mean_is_told_with_its_place(shop: Shop):
    for kind in ("metric", "tag", "segment", "playbook"):
        first = shop.get(f"/definitions/{kind}")["rows"][0]
        one = shop.get(f"/definitions/{kind}/{first['name']}")["detail"]
        assert one["yaml"] and one["line"] == first["line"] > 0
    assert shop.get("/check")["rows"] == []
    assert shop.get("/tables/person")["detail"]["columns"][0]["name"] == "person_id"
    assert any(one["is_computable"] for one in shop.get("/readiness")["detail"]["models"])
    assert shop.get("/build")["detail"]["build_id"] == 1


def test_findings_of_the_build_and_of_now_are_the_same(shop: Shop):
    kept, made = shop.get("/diagnosis")["detail"], shop.post("/diagnosis", {})["detail"]
    assert [row["metric_code"] for row in kept["diagnosis_indicator"]] == [
        row["metric_code"] for row in made["diagnosis_indicator"]
    ]
    assert len(kept["finding"]) == len(made["finding"])
    assert shop.problem("POST", "/diagnosis", json={"baseline": "x"}) == (422, "diagnosis.baseline")


def test_flows_between_two_days_are_counted(shop: Shop):
    told = shop.get("/stages/5r/flows", params={"start": "2026-01-31", "end": "2026-02-12"})
    assert sum(one["persons"] for one in told["flows"]) > 0
    assert shop.problem("GET", "/stages/5r/flows?start=2026-02-12&end=2026-01-31") == (422, "stages.dates")


def test_many_ask_at_once_and_each_gets_the_answer_that_one_gets(shop: Shop):
    questions = [
        ("/metrics/query", {"metrics": ["buyers"], "grain": "month", "start": "2026-01-01", "end": "2026-03-01"}),
        ("/segments/preview", {"segment": "buyers"}),
        ("/analytics/distribution", {"of": "orders"}),
    ]
    alone = [shop.post(path, body) for path, body in questions]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda one: shop.post(*one), questions * 4))
    assert together == alone * 4
