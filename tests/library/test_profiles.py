"""The export profiles load as they are, and speak of headings and texts that such exports have."""

import csv
import io
import re
from pathlib import Path

import pytest

from data.exports.make_samples import HERE
from quanyu.definitions.folders import LIBRARY
from quanyu.definitions.source import ColumnMap, Feed, Source
from quanyu.definitions.sources import load_sources
from quanyu.definitions.workspace import load_workspace
from quanyu.engine import columns_of, parse_expression

# The profile of live events is of no export: its rows are made by us (tests/ingest/test_live.py).
PROFILES = sorted(path.stem for path in (LIBRARY / "profiles").glob("*.yaml") if path.stem != "live")
SAMPLES = {
    "taobao_orders": ("tmall/ExportOrderList202510.csv", "gb18030"),
    "taobao_lines": ("tmall/ExportOrderDetailList202510.csv", "utf-8-sig"),
    "jd": ("jd/jd_orders_2.csv", "utf-8-sig"),
    "youzan": ("youzan/youzan_orders.csv", "utf-8"),
    "shopify": ("shopify/orders_export.csv", "utf-8"),
    "pos": ("pos/pos_lines.csv", "utf-8-sig"),
}
STATUS = {"taobao_orders": "订单状态", "jd": "订单状态", "youzan": "订单状态", "shopify": "Financial Status"}
# Texts that the samples hold on purpose to be refused, or that belong to a total row or a repeated header.
REFUSED = {"交易进行中", "payed", "订单状态", ""}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    root = tmp_path_factory.mktemp("workspace")
    (root / "quanyu.yaml").write_text("brand: demo\n", encoding="utf-8")
    (root / "sources").mkdir()
    for name in PROFILES:
        text = f"source: {name}\nprofile: {name}\npath: exports/{name}*.csv\n"
        (root / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")
    workspace, problems = load_workspace(root)
    assert workspace is not None and problems == []
    loaded, problems = load_sources(workspace)
    assert [str(problem) for problem in problems] == []
    return {source.id: source for source in loaded}


def _rows(profile: str) -> list[dict[str, str]]:
    name, encoding = SAMPLES[profile]
    text = (HERE / Path(name)).read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _expressions(feed: Feed) -> list[str]:
    found = [mapping.expression for mapping in feed.columns.values() if mapping.expression]
    return [*found, feed.where] if feed.where else found


def _column(source: Source, table: str, name: str) -> ColumnMap:
    return next(feed for feed in source.feeds if feed.table == table).columns[name]


def test_every_named_export_has_its_profile(sources: dict[str, Source]) -> None:
    assert sorted(sources) == PROFILES == sorted(SAMPLES)


@pytest.mark.parametrize("profile", PROFILES)
def test_expressions_and_keys_use_only_headings_of_the_export(sources: dict[str, Source], profile: str) -> None:
    source, headings = sources[profile], tuple(_rows(profile)[0])
    for number, feed in enumerate(source.feeds):
        filled = feed.fill_from_first
        plain = {*feed.key, *feed.one_per, *(filled.columns if filled else ()), *(filled.by if filled else ())}
        assert plain <= set(headings)
        for expression in _expressions(feed):
            tree, problems = parse_expression(expression, headings, source.place("feeds", number))
            assert [str(problem) for problem in problems] == []
            assert tree is not None and columns_of(tree) <= set(headings)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_required_column_is_found_in_the_export(sources: dict[str, Source], profile: str) -> None:
    headings = set(_rows(profile)[0])
    wanted = ("order_id", "paid_fen", "paid_at", "local_date", "status", "qty", "amount_fen", "product_id")
    for feed in sources[profile].feeds:
        for name in wanted:
            mapping = feed.columns.get(name)
            if mapping is not None and mapping.from_:
                assert headings & set(mapping.from_), (feed.name, name)


@pytest.mark.parametrize("profile", STATUS)
def test_every_status_of_the_sample_is_mapped(sources: dict[str, Source], profile: str) -> None:
    values = _column(sources[profile], "order", "status").values
    seen = {row[STATUS[profile]] or "" for row in _rows(profile)} - REFUSED
    assert seen and seen <= set(values)


def test_a_paid_and_then_closed_order_is_refunded_not_cancelled(sources: dict[str, Source]) -> None:
    for profile in ("taobao_orders", "youzan"):
        status = _column(sources[profile], "order", "status")
        assert (status.values["交易关闭"], status.values["交易关闭（已付款）"]) == ("cancelled", "refunded")
        assert status.expression is not None and re.search("付款时间", status.expression)


def test_till_tickets_are_told_apart_by_store_till_and_business_day(sources: dict[str, Source]) -> None:
    rows = [row for row in _rows("pos") if row["数量"] and not row["数量"].startswith("-")]
    key = next(feed for feed in sources["pos"].feeds if feed.table == "order").key
    assert len({row["小票号"] for row in rows}) < len({tuple(row[name] for name in key) for row in rows})
