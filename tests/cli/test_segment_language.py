"""`quanyu segments parse`, `say`, `import` on a workspace."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanyu.cli.main import app

_SETTINGS = """brand: brand
name: {zh: 品牌, en: Brand}
time_zone: Asia/Shanghai
currency: CNY
industry: beauty
language: zh
"""


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    (tmp_path / "quanyu.yaml").write_text(_SETTINGS, encoding="utf-8")
    return tmp_path


def asked(brand: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["segments", *words, "-w", str(brand)])
    return result.exit_code, result.stdout


def test_text_is_told_as_yaml_as_text_and_as_sentences(brand: Path) -> None:
    code, out = asked(brand, "parse", 'orders.count(12w)>=2 且 value_tier in ["key","main"]')
    assert code == 0
    assert 'orders.count(84d) >= 2 and value_tier in ["key", "main"]' in out
    assert "近84天下单至少2次，且价值分层为“重要会员”、“主要会员”之一。" in out
    assert "is: [key, main]" in out


def test_a_text_may_name_the_segments_of_the_library(brand: Path) -> None:
    code, out = asked(brand, "parse", 'segment("buyers") and not segment("sleeping_buyers")')
    assert code == 0
    assert "segment: buyers" in out
    assert asked(brand, "parse", 'segment("buyrs")')[0] != 0


def test_every_problem_of_a_text_is_told(brand: Path) -> None:
    code, out = asked(brand, "parse", 'ordrs > 1 and value_tier = "gold"', "--json")
    assert code == 2
    assert [problem["code"] for problem in json.loads(out)["problems"]] == ["seg.unknown_name", "seg.enum"]


def test_rule_of_a_file_is_told(brand: Path) -> None:
    file = brand / "rule.yaml"
    file.write_text("not: {order: {days: 90, line: online}}\n", encoding="utf-8")
    code, out = asked(brand, "say", str(file), "--json")
    told = json.loads(out)
    assert (code, told["text"]) == (0, 'not orders[line = "online"].count(90d)')
    assert told["en"] == "Persons who did not order online in the last 90 days."


def test_segment_of_another_product_is_told_with_what_is_missing(brand: Path) -> None:
    file = brand / "segment.json"
    filters = [
        {"glue": "and", "field": "plan", "operator": "=", "filter": "key"},
        {"glue": "and", "field": "points", "operator": "gt", "filter": 3},
    ]
    file.write_text(json.dumps({"list": {"name": "m", "filters": filters}}), encoding="utf-8")
    code, out = asked(brand, "import", str(file), "--from", "mautic", "--name", "plan=value_tier", "--json")
    told = json.loads(out)
    assert code == 0 and not told["whole"]
    assert told["rule"]["text"] == 'value_tier = "key"'
    assert [problem["code"] for problem in told["problems"]] == ["import.unknown_name", "import.left_out"]


@pytest.mark.parametrize("content", ["{", "[" * 100_000])
def test_a_file_that_is_no_json_is_refused(brand: Path, content: str) -> None:
    file = brand / "segment.json"
    file.write_text(content, encoding="utf-8")
    code, out = asked(brand, "import", str(file), "--from", "unomi", "--json")
    assert code == 2 and json.loads(out)["problems"][0]["code"] == "import.malformed"
