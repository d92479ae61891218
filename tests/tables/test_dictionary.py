"""The data dictionary is the contracts, and nothing is left out of it."""

from pathlib import Path

import pytest

from quanyu.tables import CONTRACTS
from quanyu.tables.dictionary import dictionary_markdown

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"


def test_the_page_is_what_the_contracts_say():
    if PAGE.read_text(encoding="utf-8") != dictionary_markdown():
        pytest.fail("run: python -m quanyu.tables.dictionary > docs/tables.md")


def test_the_page_shows_every_table_and_column():
    page = dictionary_markdown()
    assert [table.name for table in CONTRACTS if f"### `{table.name}` {table.zh} · {table.en}\n" not in page] == []
    assert page.count("\n| `") == sum(len(table.columns) for table in CONTRACTS)


def test_a_column_shows_null_values_reference_and_privacy():
    page = dictionary_markdown()
    assert "| `arm` | text | 实验组 | Arm | yes | `treatment`, `holdout` |" in page
    assert "| `person_id` | key | 用户 | Person | no | → `person.person_id`; **pseudonym** |" in page
