"""A folder of files becomes sources that import them, or notes that say what is missing."""

import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.workplace import Workplace
from quanyu.ingest.draft import draft_sources

EXPORTS = Path(__file__).parents[1] / "data" / "exports"


def write_sources(place: Workplace, drafts: list[dict[str, Any]]) -> None:
    for draft in drafts:
        # JSON is YAML.
        place.source(json.dumps(draft, ensure_ascii=False), str(draft["source"]))


@pytest.mark.parametrize(
    ("folder", "profiles"),
    [
        ("tmall", {"taobao_orders", "taobao_lines"}),
        ("jd", {"jd"}),
        ("youzan", {"youzan"}),
        ("shopify", {"shopify"}),
        ("pos", {"pos"}),
    ],
)
def test_the_exports_of_a_known_system_are_recognised_by_their_headings(folder: str, profiles: set[str]) -> None:
    drafts, _ = draft_sources(EXPORTS / folder)
    assert {draft.get("profile") for draft in drafts} == profiles


def test_files_of_one_kind_are_one_source(place: Workplace) -> None:
    for name in ("a202505.csv", "a202506.csv"):
        place.file("会员号,注册时间,手机号,暗号\nM1,2026-05-01,13812345678,x\n", name)
    drafts, notes = draft_sources(place.workspace.root / "data")
    (draft,) = drafts
    assert (draft["source"], draft["path"]) == ("a", "a*.csv")
    assert draft["ignore_columns"] == ["暗号"]
    assert any("暗号" in note for note in notes)


def test_an_unknown_file_with_lines_imports_as_drafted(place: Workplace) -> None:
    place.file(
        "Invoice No,StockCode,Quantity,InvoiceDate,Amount,CustomerID\n"
        "I1,S1,2,2026-05-01,10.00,7\nI1,S2,1,2026-05-01,5.50,7\n"
    )
    drafts, _ = draft_sources(place.workspace.root)
    write_sources(place, drafts)
    report = place.ingest()
    assert [result.fate for result in report.files] == ["imported"]
    assert place.rows("order", "order_id", "paid_fen") == [("I1", 1550)]
    assert place.rows("order_line", "order_id", "line_no", "paid_fen") == [("I1", 1, 1000), ("I1", 2, 550)]


def test_workbooks_with_a_title_and_files_of_nothing_known_are_told_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["商品一览"], ["商品编码", "商品名称", "品牌"], ["S1", "茶", "B"]):
        book.active.append(row)
    book.save(tmp_path / "goods.xlsx")
    (tmp_path / "x.csv").write_text("alpha,beta\n1,2\n")
    (tmp_path / "page.csv").write_text("<html></html>")
    shutil.copy(EXPORTS / "pos" / "EXPECTED.yaml", tmp_path)
    drafts, notes = draft_sources(tmp_path)
    assert [(draft["feeds"][0]["table"], draft["excel"]) for draft in drafts] == [("product", {"header_row": 2})]
    assert any("alpha" in note for note in notes)
    assert any("page.csv" in note for note in notes)


def test_a_pattern_never_takes_the_files_of_another_kind(tmp_path: Path) -> None:
    for name in ("jd_orders_1.csv", "jd_orders_2.csv"):
        shutil.copy(EXPORTS / "jd" / name, tmp_path)
    shutil.copy(EXPORTS / "pos" / "pos_lines.csv", tmp_path / "jd_orders_of_tills.csv")
    drafts, _ = draft_sources(tmp_path)
    assert [draft["path"] for draft in drafts] == [["jd_orders_1.csv", "jd_orders_2.csv"], "jd_orders_of_tills.csv"]
    (tmp_path / "jd_orders_of_tills.csv").unlink()
    drafts, _ = draft_sources(tmp_path)
    assert [draft["path"] for draft in drafts] == ["jd_orders_*.csv"]
