"""One word for one thing, and the field's word."""

from pathlib import Path

import pytest

from house.exceptions import unexcused
from house.names import class_faults, contract_faults, glossary, words
from house.source import PACKAGE
from quanyu.tables import CONTRACTS
from quanyu.tables.contract import Column, Table, Type


def test_tables_columns_and_classes_use_the_fields_words():
    faults = contract_faults(CONTRACTS) + class_faults(PACKAGE)
    assert unexcused("names", faults, place_of=lambda fault: fault.rsplit(": ", 1)[0]) == []


def test_the_glossary_names_tables_and_columns_that_exist():
    known = set(CONTRACTS.names) | {name for table in CONTRACTS for name in table.column_names}
    named = [(term, name) for term, entry in glossary().items() for name in entry.get("names", ())]
    assert len(named) > 50
    assert [pair for pair in named if pair[1] not in known] == []


def test_every_term_is_said_in_both_languages():
    assert [term for term, entry in glossary().items() if not {"zh", "en", "means"} <= entry.keys()] == []


def test_no_word_is_refused_for_two_terms():
    refused = [word for entry in glossary().values() for key in ("not", "not_in_tables") for word in entry.get(key, ())]
    assert len(refused) == len(set(refused)) > 20


def test_there_are_contracts_to_check():
    assert len(CONTRACTS) >= 10


@pytest.mark.parametrize("name", ["customer_id", "order_ts", "created_at", "user_id", "sales_kpi"])
def test_a_planted_column_is_found(name: str):
    column = Column(name, Type.TEXT, "", "")
    table = Table("order_fact", "one order", (name,), (column,), "facts", "", "")
    assert [fault.split(":")[0] for fault in contract_faults([table])] == [f"order_fact.{name}"]


def test_a_planted_class_and_module_are_found(tmp_path: Path):
    (tmp_path / "utils.py").write_text("class CustomerOrder: ...\n", encoding="utf-8")
    assert [fault.rsplit(":", 1)[0] for fault in class_faults(tmp_path)] == ["utils.py", "utils.py:CustomerOrder"]


def test_names_are_split_at_case_and_underscore():
    assert words("RFMCell") == ["rfm", "cell"]
    assert words("order_line_fact") == ["order", "line", "fact"]
    assert words("b000001") == ["b"]
