"""Figures over HTTP: they are the services' own, each has a history, and the people behind it are as many."""

import pytest

from server.api_client import Shop

BUYERS = {"metrics": ["buyers"], "grain": "month", "start": "2026-01-01", "end": "2026-03-01"}


def test_metrics_are_listed_with_meaning_and_place(shop: Shop):
    listed = shop.get("/metrics")["metrics"]
    assert len(listed) > 50
    one = shop.get("/metrics/buyers")
    assert one in listed
    assert one["label"]["zh"] and one["line"] > 0


def test_people_reconcile_with_every_number_of_an_answer(shop: Shop):
    answer = shop.post("/metrics/query", BUYERS)
    assert [row["cells"]["buyers"]["value"] for row in answer["rows"]] == [2, 2]
    for row in answer["rows"]:
        cell = row["cells"]["buyers"]
        people = shop.get(f"/refs/{cell['ref']}/people")
        assert people["count"] == cell["value"] == len(set(people["persons"]))
        told = shop.get(f"/refs/{cell['ref']}/explain")
        assert told["value"] == cell["value"]
        assert told["history"]["parts"][0]["agrees"] is True


def test_people_of_a_stage_are_as_many_as_it_counts(shop: Shop):
    models = {row["model"] for row in shop.get("/stages")["rows"]}
    counted = 0
    for model in sorted(models):
        for stage in shop.get(f"/stages/{model}")["stages"]:
            people = shop.get(f"/refs/{stage['ref']}/people")
            assert people["count"] == stage["persons"] == len(people["persons"])
            counted += people["count"]
    assert counted > 0


def test_a_page_ends_where_the_next_begins(shop: Shop):
    ref = shop.post("/metrics/query", {**BUYERS, "grain": "year", "end": "2027-01-01"})["rows"][0]["cells"]["buyers"][
        "ref"
    ]
    whole = shop.get(f"/refs/{ref}/people")["persons"]
    paged, cursor = [], None
    for _ in whole:
        page = shop.get(f"/refs/{ref}/people", params={"limit": 1, **({"cursor": cursor} if cursor else {})})
        paged += page["persons"]
        cursor = page["next_cursor"]
    assert paged == whole
    assert cursor is None


def test_a_cursor_of_another_question_is_refused(shop: Shop):
    first = shop.post("/metrics/query", {**BUYERS, "limit": 1})
    assert len(first["rows"]) == 1
    assert shop.post("/metrics/query", {**BUYERS, "limit": 1, "cursor": first["next_cursor"]})["rows"] != first["rows"]
    body = {**BUYERS, "metrics": ["orders"], "cursor": first["next_cursor"]}
    assert shop.problem("POST", "/metrics/query", json=body) == (422, "page.cursor")


def test_an_answer_that_is_known_is_not_sent_again(shop: Shop):
    first = shop.ask("GET", "/metrics/buyers")
    tag = first.headers["etag"]
    again = shop.ask("GET", "/metrics/buyers", headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert shop.ask("GET", "/metrics/orders", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    "change", [lambda ref: ref[:-4], lambda ref: "A" + ref[1:], lambda ref: "é", lambda ref: "A" * 40]
)
def test_a_changed_reference_is_refused(shop: Shop, change):
    ref = shop.post("/metrics/query", BUYERS)["rows"][0]["cells"]["buyers"]["ref"]
    assert shop.problem("GET", f"/refs/{change(ref)}/people") == (422, "ref.malformed")


def test_small_groups_are_hidden_from_who_may_not_see_persons(shop: Shop):
    cell = shop.post("/metrics/query", BUYERS, "viewer")["rows"][0]["cells"]["buyers"]
    assert (cell["value"], cell["hidden"]) == (None, True)
    told = shop.get(f"/refs/{cell['ref']}/explain", "viewer")
    assert told["value"] is None
    assert told["history"]["parts"][0]["persons"] is None
    assert shop.problem("GET", f"/refs/{cell['ref']}/people", "viewer") == (403, "access.denied")
    for stage in shop.get("/stages/5r", "viewer")["stages"]:
        assert stage["persons"] in (None, 0)
