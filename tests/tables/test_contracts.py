"""What holds for every contract: references, privacy, money, names and labels (invariant E13, domain.md §3)."""

import re

import pytest

from quanyu.tables import CONTRACTS, Column, Contracts, Privacy, Table, Type
from quanyu.tables.columns import PROVENANCE, fen, landed, text
from quanyu.tables.dictionary import STAGES

# What a column is called when it names or reaches a person; such a column may be in no warehouse table.
DIRECT_WORDS = {
    "mobile",
    "phone",
    "telephone",
    "email",
    "mail",
    "address",
    "firstname",
    "lastname",
    "fullname",
    "idcard",
}
PLACED_NAMES = {"product", "store", "area", "group_chat", "live_room", "campaign"}
PERSON_POINTERS = {"person_id", "identifier_id", "visitor_key", "member_id", "value_hash", "external_userid"}
MONEY_WORDS = {
    "fen",
    "amount",
    "price",
    "cost",
    "fee",
    "gross",
    "net",
    "sales",
    "revenue",
    "budget",
    "balance",
    "refund",
}
MONEY_RATIOS = ("_rate", "_share", "_per_cost")
DATE_NAME = re.compile(r"(^|_)(date|on|day|month)$|^as_of$|^d[01]$")
TIME_NAME = re.compile(r"_at$|^valid_(from|to)$")
# Reserved in DuckDB or Spark (ANSI): as a column they would need quotes in every step.
RESERVED = set(
    "all and any array as asc both case cast check column create default desc distinct do else end except "
    "false fetch filter for foreign from full grant group having in inner intersect into is join lateral "
    "leading left like limit not null offset on only or order outer primary references right select some table "
    "then to true union unique using when where window with".split()
)


def columns(*types: Type) -> list[tuple[str, Column]]:
    found = [(table.name, column) for table in CONTRACTS for column in table.columns]
    return [(name, column) for name, column in found if not types or column.type in types]


def test_references_name_the_key_or_entity_of_a_table():
    wrong = []
    for name, column in columns():
        if column.references:
            table, _, target = column.references.partition(".")
            keys = {*CONTRACTS[table].key, *CONTRACTS[table].entity} if table in CONTRACTS else set()
            wrong += [] if target in keys else [f"{name}.{column.name} → {column.references}"]
    assert wrong == []


def test_a_reference_has_the_type_of_its_target():
    wrong = []
    for name, column in columns():
        if column.references:
            table, _, target = column.references.partition(".")
            pointed = CONTRACTS[table].column(target)
            wrong += [] if pointed and pointed.type is column.type else [f"{name}.{column.name}"]
    assert wrong == []


def test_key_columns_are_never_null():
    nullable = [(table.name, name) for table in CONTRACTS for name in table.key if table.column(name).null]
    assert nullable == []


def test_money_is_whole_and_named_in_fen():
    unlike = [(n, c.name) for n, c in columns() if (c.type is Type.FEN) != c.name.endswith("_fen")]
    assert unlike == []
    assert [(n, c.name) for n, c in columns(Type.FEN) if c.unit != "fen"] == []


def test_no_floating_point_column_holds_money():
    suspects = [(n, c.name) for n, c in columns(Type.RATIO) if MONEY_WORDS & set(c.name.split("_"))]
    assert [(n, name) for n, name in suspects if not name.endswith(MONEY_RATIOS)] == []


def test_points_and_growth_value_are_whole():
    assert [(n, c.name) for n, c in columns(Type.RATIO, Type.DECIMAL) if "points" in c.name] == []


def test_floating_point_columns_say_their_unit():
    assert [(n, c.name) for n, c in columns(Type.RATIO) if not c.unit] == []


def test_dates_and_moments_are_told_by_their_names():
    assert [(n, c.name) for n, c in columns() if (c.type is Type.DATE) != bool(DATE_NAME.search(c.name))] == []
    assert [(n, c.name) for n, c in columns() if (c.type is Type.TIME) != bool(TIME_NAME.search(c.name))] == []


def test_no_column_names_or_reaches_a_person_in_clear():
    assert [(n, c.name) for n, c in columns() if c.privacy is Privacy.DIRECT] == []
    assert [(n, c.name) for n, c in columns() if DIRECT_WORDS & set(c.name.split("_"))] == []
    assert {n for n, c in columns() if c.name == "name"} <= PLACED_NAMES


def test_a_column_that_points_at_a_person_is_classified():
    assert [(n, c.name) for n, c in columns() if c.name in PERSON_POINTERS and c.privacy is Privacy.NONE] == []
    targets = {"person.person_id", "identifier.identifier_id", "membership.member_id"}
    assert [(n, c.name) for n, c in columns() if c.references in targets and c.privacy is Privacy.NONE] == []


@pytest.mark.parametrize(
    ("place", "privacy"),
    [
        ("person_attribute.value", Privacy.SENSITIVE),
        ("person_tag.value", Privacy.SENSITIVE),
        ("person_dim.birth_date", Privacy.PERSONAL),
        ("person_dim.household_event", Privacy.SENSITIVE),
        ("event.keyword", Privacy.PERSONAL),
        ("event.props", Privacy.PERSONAL),
        ("qr_scan.lat", Privacy.PERSONAL),
    ],
)
def test_what_describes_a_person_is_classified(place: str, privacy: Privacy):
    table, _, name = place.partition(".")
    assert CONTRACTS[table].column(name).privacy is privacy


def test_no_table_has_a_tenant_column():
    assert [(n, c.name) for n, c in columns() if "tenant" in c.name] == []


def test_labels_are_chinese_and_english():
    named = [(table.name, table.zh, table.en) for table in CONTRACTS]
    named += [(f"{n}.{c.name}", c.zh, c.en) for n, c in columns()]
    # RFM and TGI are the same word in both languages.
    wrong = [place for place, zh, _ in named if not re.search(r"[\u4e00-\u9fff]", zh) and zh not in {"RFM", "TGI"}]
    wrong += [place for place, _, en in named if not en or re.search(r"[\u4e00-\u9fff]", en)]
    assert wrong == []


def test_column_names_need_no_quotes():
    assert [
        (n, c.name) for n, c in columns() if c.name in RESERVED or not re.fullmatch(r"[a-z][a-z0-9_]*", c.name)
    ] == []


def test_allowed_values_are_texts_without_repetition():
    assert [(n, c.name) for n, c in columns() if c.values and c.type is not Type.TEXT] == []
    assert [(n, c.name) for n, c in columns() if len(set(c.values)) < len(c.values)] == []


def test_every_stage_is_a_folder_of_the_house():
    assert {table.stage for table in CONTRACTS} <= STAGES.keys()


def test_history_tables_carry_a_beginning_and_an_end():
    beginnings = {"valid_from", "started_at", "linked_at", "joined_at", "added_at"}
    ends = {"valid_to", "ended_at", "unlinked_at", "left_at", "deleted_by_person_at"}
    history = [table for table in CONTRACTS if table.history]
    assert len(history) >= 7
    assert [t.name for t in history if not (beginnings & set(t.column_names) and ends & set(t.column_names))] == []


def test_every_table_with_an_entity_carries_provenance():
    lacking = [t.name for t in CONTRACTS if t.entity and t.columns[-len(PROVENANCE) :] != PROVENANCE]
    assert lacking == []
    assert {"order", "order_line", "refund", "event", "visit"} <= {t.name for t in CONTRACTS if t.entity}


def test_landed_puts_provenance_last_and_keys_by_source_row():
    table = landed(
        "gift", "礼品", "Gift", text("gift_id", "礼品", "Gift"), about="gift", entity=("gift_id",), has_person=True
    )
    assert table.key == ("source", "batch_seq", "source_row")
    assert table.column_names[:2] == ("gift_id", "identifier_id")
    assert table.stage == "ingest"


def test_net_and_refunded_amounts_are_derived_not_landed():
    assert CONTRACTS["order"].column("net_fen") is None
    assert CONTRACTS["order"].column("refunded_fen") is None
    assert CONTRACTS["order_line"].column("refunded_fen") is None


@pytest.mark.parametrize(
    "table",
    [
        Table("t", "one t", ("missing",), (fen("a_fen", "甲", "A"),), "facts", "表", "T"),
        Table("t", "one t", ("a_fen",), (fen("a_fen", "甲", "A"),), "facts", "表", "T", entity=("missing",)),
        Table("t", "one t", ("a_fen",), (fen("a_fen", "甲", "A"), fen("a_fen", "甲", "A")), "facts", "表", "T"),
    ],
)
def test_a_broken_contract_is_refused(table: Table):
    with pytest.raises(ValueError, match="t"):
        Contracts([table])


def test_two_tables_of_one_name_are_refused():
    with pytest.raises(ValueError, match="order is declared twice"):
        Contracts([CONTRACTS["order"], CONTRACTS["order"]])
