"""The list of exceptions is itself kept."""

from house import exceptions


def test_exceptions_have_reasons_and_only_become_fewer():
    assert exceptions.faults_of_the_list() == []


def test_an_exception_excuses_its_place_only_and_a_stale_one_is_a_fault(monkeypatch):
    monkeypatch.setattr(exceptions, "_entries", lambda: {"sql": {"a.py:load": "reason", "b.py:gone": "reason"}})
    found = exceptions.unexcused("sql", ["a.py:load line 3", "c.py:new line 1"], lambda fault: fault.split(" ")[0])
    assert found == ["c.py:new line 1", "exceptions.yaml excuses sql b.py:gone, which is no fault (any more)"]


def test_an_exception_beyond_the_ratchet_or_without_a_reason_is_a_fault(monkeypatch):
    monkeypatch.setattr(exceptions, "MOST", {"sql": 0})
    monkeypatch.setattr(exceptions, "_entries", lambda: {"sql": {"a.py:load": "because"}})
    assert exceptions.faults_of_the_list() == ["sql a.py:load has no reason", "1 exceptions to sql, at most 0"]
