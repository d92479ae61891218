"""The API of privacy: who may, requests on record, a withdrawal without a build, no certificate without a deletion."""

from server.api_client import Shop

ASKED = {"kind": "access", "who": "member_id:m2", "asked_by": "the person", "proof": "ID seen"}


def test_requests_are_opened_extended_and_refused_by_whom_may_approve(shop: Shop):
    assert shop.problem("GET", "/privacy/requests", "analyst") == (403, "access.denied")
    assert shop.problem("POST", "/privacy/requests", "viewer", json=ASKED) == (403, "access.denied")
    request = shop.post("/privacy/requests", {**ASKED, "law": "GDPR"})
    number = request["request_id"]
    assert request["state"] == "open"
    assert shop.post(f"/privacy/requests/{number}/extend", {"reason": "much to look for"})["due_on"] > request["due_on"]
    assert shop.problem("POST", f"/privacy/requests/{number}/refuse", json={"reason": ""})[0] == 422
    assert shop.post(f"/privacy/requests/{number}/refuse", {"reason": "not proved"})["state"] == "refused"
    assert shop.problem("POST", f"/privacy/requests/{number}/answer")[1] == "privacy.ended"
    listed = shop.get("/privacy/requests", params={"state": "refused"})["requests"]
    assert number in [one["request_id"] for one in listed]
    assert shop.problem("GET", f"/privacy/requests/{number}/certificate")[1] == "privacy.not_deleted"
    assert shop.problem("POST", "/privacy/requests", json={**ASKED, "kind": "acess"})[1] == "privacy.kind"


def test_a_withdrawal_is_recorded_and_audited(shop: Shop):
    said = shop.post("/privacy/withdrawals", {"who": "member_id:m3", "evidence": "call", "purposes": ["ads_matching"]})
    assert said["purposes"] == ["ads_matching"]
    assert shop.problem("POST", "/privacy/withdrawals", json={"who": "member_id:m3", "evidence": ""})[0] == 422
    assert shop.get("/audit/verify")["holds"] is True
