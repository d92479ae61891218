"""Source mappings: short forms, profiles, resolution, and every check against contracts and workspace."""

import pytest

from quanyu.definitions import load_sources
from quanyu.definitions.rules.feeds import LANDING, date_origin, mappable
from quanyu.errors import Where
from quanyu.tables import CONTRACTS

ORDERS = """\
source: shop_orders
system: shop
format: csv
path: data/*.csv
feeds:
  - table: order
    key: 订单号
    columns:
      order_id: 订单号
      paid_at: {from: [付款时间, 支付时间], format: "%Y-%m-%d %H:%M:%S"}
      status: {from: 状态, values: {交易成功: completed, 交易关闭: cancelled}}
      paid_fen: {from: 实付, clean: [money_symbol], unit: yuan}
    identifiers:
      - {type: mobile, from: 手机, clean: [excel_text, phone]}
      - {type: platform_buyer_id, from: 买家}
"""


def codes_and_lines(problems) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.where.line) for problem in problems]


def test_a_good_source_is_resolved(workspace, write) -> None:
    write("sources/a.yaml", ORDERS)
    [source], problems = load_sources(workspace)
    assert problems == []
    feed = source.feeds[0]
    assert (source.id, source.paths, source.time_zone) == ("shop_orders", ("data/*.csv",), "Asia/Shanghai")
    assert (feed.name, feed.key, feed.columns["order_id"].from_) == ("order", ("订单号",), ("订单号",))
    assert feed.columns["paid_at"].from_ == ("付款时间", "支付时间")
    assert [identifier.namespace for identifier in feed.identifiers] == ["", "shop"]
    assert source.place("feeds", 0, "columns", "paid_fen", "unit") == Where(
        "sources/a.yaml", 12, 51, field="feeds[0].columns.paid_fen.unit"
    )


def test_a_source_cannot_be_changed_after_loading(workspace, write) -> None:
    write("sources/a.yaml", ORDERS)
    [source], _ = load_sources(workspace)
    with pytest.raises(ValueError, match="frozen"):
        source.system = "other"
    with pytest.raises(TypeError):
        source.feeds[0].columns["x"] = source.feeds[0].columns["order_id"]  # type: ignore[index]


def test_the_fingerprint_follows_the_meaning_not_the_writing(workspace, write) -> None:
    def fingerprint(text: str) -> str:
        write("sources/a.yaml", text)
        [source], problems = load_sources(workspace)
        assert problems == []
        return source.fingerprint

    first = fingerprint(ORDERS)
    assert fingerprint(ORDERS.replace("order_id: 订单号", "order_id: {from: [订单号]}  # same")) == first
    assert fingerprint(ORDERS.replace("data/*.csv", "data/b.csv")) == first
    assert fingerprint(ORDERS.replace("unit: yuan", "unit: fen")) != first


PROFILE = ORDERS.split("\n", 1)[1].replace("path: data/*.csv\n", "csv: {encoding: gb18030, skip_footer: 1}\n")


def test_a_file_stands_over_its_profile(workspace, write) -> None:
    write("library/profiles/tm.yaml", PROFILE)
    write(
        "sources/a.yaml",
        "source: a\nprofile: tm\npath: a.csv\ncsv: {skip_footer: 0}\nfeeds:\n  - table: order\n    columns:\n"
        "      paid_at: null\n      status: {value: paid}\n  - table: review\n    key: k\n    columns: {}\n",
    )
    sources, problems = load_sources(workspace)
    # The profile's feed was completed; the file's own second feed has its own problems.
    assert sources == []
    assert {problem.where.file for problem in problems} == {"sources/a.yaml"}
    write(
        "sources/a.yaml",
        "source: a\nprofile: tm\npath: a.csv\ncsv: {skip_footer: 0}\nfeeds:\n  - table: order\n    columns:\n"
        "      paid_at: null\n      status: {value: paid}\n",
    )
    [source], problems = load_sources(workspace)
    assert problems == []
    assert (source.csv.encoding, source.csv.skip_footer) == ("gb18030", 0)
    assert "paid_at" not in source.feeds[0].columns
    assert source.feeds[0].columns["status"].value == "paid"
    assert source.place("feeds", 0, "columns", "status").file == "sources/a.yaml"
    assert source.place("feeds", 0, "columns", "paid_fen").file == "library/profiles/tm.yaml"


def test_a_column_without_an_origin_changes_the_profiles(workspace, write) -> None:
    write("library/profiles/tm.yaml", PROFILE)
    write(
        "sources/a.yaml",
        "source: a\nprofile: tm\npath: a.csv\nfeeds:\n  - table: order\n    columns:\n"
        "      status: {clean: [trim], values: {交易关闭: refunded, 进行中: placed}}\n",
    )
    [source], problems = load_sources(workspace)
    assert problems == []
    status = source.feeds[0].columns["status"]
    assert (status.from_, status.clean) == (("状态",), ("trim",))
    assert dict(status.values) == {"交易成功": "completed", "交易关闭": "refunded", "进行中": "placed"}
    place = ("feeds", 0, "columns", "status", "values")
    assert source.place(*place, "交易成功").file == "library/profiles/tm.yaml"
    assert (source.place(*place, "进行中").file, source.place(*place, "进行中").line) == ("sources/a.yaml", 7)


ROWS = [
    ("source: shop_orders\n", "", "config.required", 1, '"source" is required'),
    ("format: csv", "format: cvs", "config.value", 3, 'Did you mean "csv"?'),
    ("path: data/*.csv", "path: ../../x.csv", "config.path", 4, "leaves the workspace"),
    ("path: data/*.csv", "path: /etc/*", "config.path", 4, "leaves the workspace"),
    ("path: data/*.csv\n", "", "config.required", 1, "Name files or a glob."),
    ("path: data/*.csv", "path: a.csv\ntime_zone: Bejing", "config.timezone", 5, "named zone"),
    ("path: data/*.csv", "path: a.csv\ntime_zone: GMT+8", "config.timezone", 5, "named zone"),
    ("path: data/*.csv", "path: a.csv\nprofile: tmal", "config.reference", 5, "does not exist"),
    ("path: data/*.csv", "path: a.csv\ncsv: {delimiter: ab}", "config.value", 5, "one character"),
    ("path: data/*.csv", "path: a.csv\ncsv: {header_row: 0}", "config.required", 5, "names"),
    ("path: data/*.csv", "path: a.csv\nsql: {url: {env: A}, table: t}", "config.exclusive", 5, "format: sql"),
    (
        "path: data/*.csv",
        "path: a.csv\nsql: {url: 'mysql://u:p@h', table: t}",
        "config.secret_inline",
        5,
        "{env: NAME}",
    ),
    ("path: data/*.csv", "path: a.csv\nsql: {url: {env: A}}", "config.required", 5, "One of query, table"),
    ("table: order", "table: ordr", "config.reference", 6, 'Did you mean "order"?'),
    ("table: order", "table: rfm", "config.reference", 6, "Known tables"),
    ("    key: 订单号\n", "", "config.required", 6, "key"),
    ("    key: 订单号", "    key: []", "config.range", 7, "may not be empty"),
    ("path: data/*.csv", "path: a.csv\ncsv: {quote: ab}", "config.range", 5, "at most 1"),
    ("paid_fen:", "paid_amount:", "config.reference", 12, "no column"),
    ("paid_fen:", "paid_fem:", "config.required", 8, 'needs a value for "paid_fen"'),
    ("order_id: 订单号", "order_id: {from: a, value: b}", "config.exclusive", 9, "exclude each other"),
    ("order_id: 订单号", "order_id: {clean: [trim]}", "config.required", 9, "One of from"),
    ("order_id: 订单号", "order_id: {frm: 订单号}", "config.unknown_key", 9, 'Did you mean "from"?'),
    ("clean: [money_symbol]", "clean: [money_symbl]", "config.value", 12, 'Did you mean "money_symbol"?'),
    ("unit: yuan", "unit: rmb", "config.value", 12, "yuan"),
    ("unit: yuan", "format: iso", "config.value", 12, "no date or time"),
    ("order_id: 订单号", "order_id: {from: 订单号, unit: fen}", "config.value", 9, "does not fit"),
    ("order_id: 订单号", "order_id: {from: 订单号, sign: negative}", "config.value", 9, "no sign"),
    ("order_id: 订单号", "order_id: {from: 订单号, combine: first}", "config.value", 9, "one_per"),
    ("%Y-%m-%d %H:%M:%S", "YYYY-MM-DD", "config.value", 10, "not a format"),
    ("%Y-%m-%d %H:%M:%S", "%Y-%Q", "config.value", 10, '"%Q"'),
    ("交易成功: completed", "交易成功: complete", "config.value", 11, 'Did you mean "completed"?'),
    ("交易关闭: cancelled}", "交易关闭: cancelled}, default: x", "config.value", 11, '"x" is not a value'),
    ("{from: 实付, clean: [money_symbol], unit: yuan}", "{value: true}", "config.type", 12, "does not fit"),
    ("{from: 实付, clean: [money_symbol], unit: yuan}", "{value: 0.5}", "config.type", 12, "whole number"),
    ("type: mobile", "type: phone", "config.reference", 14, "Known types"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "words"), ROWS)
def test_bad_mappings_get_their_code_line_and_remedy(workspace, write, *, old, new, code, line, words) -> None:
    assert old in ORDERS
    write("sources/a.yaml", ORDERS.replace(old, new, 1))
    sources, problems = load_sources(workspace)
    assert sources == []
    assert (code, line) in codes_and_lines(problems)
    assert any(words in f"{problem.message} {problem.remedy}" for problem in problems)


def test_two_sources_of_one_name_are_a_problem_of_the_second(workspace, write) -> None:
    write("sources/a.yaml", ORDERS)
    write("sources/b.yaml", ORDERS)
    sources, problems = load_sources(workspace)
    assert [source.place("source").file for source in sources] == ["sources/a.yaml"]
    assert [(problem.code, problem.where.file) for problem in problems] == [("config.duplicate", "sources/b.yaml")]
    assert "sources/a.yaml, line 1" in problems[0].message


def test_two_feeds_of_one_table_need_names(workspace, write) -> None:
    feed = ORDERS[ORDERS.index("  - table") :]
    write("sources/a.yaml", ORDERS + feed)
    assert ("config.duplicate", 16) in codes_and_lines(load_sources(workspace)[1])
    write("sources/a.yaml", ORDERS + feed.replace("table: order", "table: order\n    name: returns"))
    assert load_sources(workspace)[1] == []


def test_identifiers_belong_on_tables_that_point_at_a_person(workspace, write) -> None:
    text = ORDERS.replace("table: order", "table: order_line")
    write("sources/a.yaml", text)
    assert ("config.value", 13) in codes_and_lines(load_sources(workspace)[1])


def test_one_bad_file_does_not_hide_the_others(workspace, write) -> None:
    write("sources/a.yaml", "source: NO\n")
    write("sources/b.yaml", ORDERS)
    sources, problems = load_sources(workspace)
    assert [source.id for source in sources] == ["shop_orders"]
    assert problems


def test_a_data_folder_outside_is_allowed_when_named(workspace, write, tmp_path_factory) -> None:
    from dataclasses import replace

    outside = tmp_path_factory.mktemp("data")
    write("sources/a.yaml", ORDERS.replace("data/*.csv", f"{outside}/*.csv"))
    assert load_sources(workspace)[0] == []
    assert len(load_sources(replace(workspace, data_dirs=(outside,)))[0]) == 1


def test_landing_tables_are_those_ingest_fills() -> None:
    assert {"order", "order_line", "refund", "event", "membership", "person_attribute"} <= set(LANDING)
    assert not {"identifier", "rfm", "order_fact", "reconciliation"} & set(LANDING)
    assert "identifier_id" not in mappable(CONTRACTS["order"])


def test_the_business_date_follows_from_the_time_of_the_row() -> None:
    origins = {name: date_origin(CONTRACTS[name]) for name in ("order", "refund", "event", "visit", "order_line")}
    assert origins == {
        "order": "paid_at",
        "refund": "refunded_at",
        "event": "occurred_at",
        "visit": "started_at",
        "order_line": None,
    }


SQL = ORDERS.replace(
    "format: csv\npath: data/*.csv", "format: sql\nsql: {url: {env: SHOP_DB}, table: orders, cursor: id}"
)


def test_a_database_is_named_by_a_secret(workspace, write) -> None:
    write("sources/a.yaml", SQL)
    [source], problems = load_sources(workspace)
    assert problems == []
    assert source.sql is not None
    assert (source.sql.url.env, source.sql.table, source.sql.cursor) == ("SHOP_DB", "orders", "id")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("sql: {url: {env: SHOP_DB}, table: orders, cursor: id}\n", "", "config.required"),
        ("format: sql", "format: sql\npath: a.csv", "config.exclusive"),
        ("{env: SHOP_DB}", "{env: SHOP_DB, file: x}", "config.exclusive"),
        ("{env: SHOP_DB}", "{}", "config.required"),
        ("table: orders", "table: orders, query: SELECT 1", "config.exclusive"),
    ],
)
def test_a_database_needs_one_address_and_one_question(workspace, write, old, new, code) -> None:
    write("sources/a.yaml", SQL.replace(old, new))
    sources, problems = load_sources(workspace)
    assert sources == []
    assert code in [problem.code for problem in problems]
