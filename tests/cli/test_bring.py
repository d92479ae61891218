from pathlib import Path

import pytest

from services.shop import MEMBERS, ORDERS, ORDERS_SOURCE, problems, quanyu, told

REFUSED = 2000000008


def test_status_shows_that_the_rows_add_up(shop: Path):
    days = told("ingest", "status", "-w", shop)["days"]
    assert [(one["source"], one["received"], one["stored"], one["quarantined"]) for one in days] == [
        ("members", 3, 3, 0),
        ("orders", 8, 7, 1),
    ]
    assert all(one["adds_up"] and one["files"] == 1 for one in days)
    assert quanyu("ingest", "status", "-w", shop).output.count("✓") == 2


def test_quarantine_groups_reasons_and_lists_rows(shop: Path):
    said = told("ingest", "quarantine", "-w", shop)
    assert [(one["code"], one["field"], one["rows"]) for one in said["counts"]] == [("phone.length", "mobile", 1)]
    assert [(row["id"], row["line"]) for row in said["rows"]] == [(str(REFUSED), 9)]
    assert told("ingest", "quarantine", "-w", shop, "--code", "row.required")["waiting"] == 0
    assert "data/orders.csv:9" in quanyu("ingest", "quarantine", "-w", shop).output


def test_a_shown_row_hides_what_may_be_personal(shop: Path):
    said = told("ingest", "show", REFUSED, "-w", shop)
    assert (said["cells"]["order"], said["cells"]["mobile"]) == ("o9", "1***")
    assert "1391234567" not in quanyu("ingest", "show", REFUSED, "-w", shop).output


def test_a_repaired_row_is_replayed_into_the_figures(shop: Path):
    assert told("ingest", "repair", REFUSED, "--set", "mobile=13912345678", "-w", shop)["repaired"] == [str(REFUSED)]
    batch = told("ingest", "replay", "-w", shop)["batches"][0]
    assert (batch["received"], batch["stored"]) == (1, 1)
    assert told("run", "-w", shop)["build"]["tables"]["order_fact"] == 7
    order = told("explain", "o9", "-w", shop)[0]
    assert order["received"]["order"][0]["place"]["line"] == 9
    assert quanyu("ingest", "replay", "-q", "-w", shop).output.startswith("No repaired row waits")


def test_a_repair_that_is_still_wrong_goes_back_to_quarantine(shop: Path):
    told("ingest", "repair", REFUSED, "--set", "mobile=139", "-w", shop)
    assert told("ingest", "replay", "-w", shop)["batches"][0]["quarantined"] == 1
    assert told("ingest", "quarantine", "-w", shop)["waiting"] == 1


def test_edits_come_from_a_file_and_its_faults_are_all_told(shop: Path, tmp_path: Path):
    edits = tmp_path / "edits.csv"
    edits.write_text(f"id,field,value\n{REFUSED},mobile,13912345678\n", encoding="utf-8")
    assert told("ingest", "repair", "--file", edits, "-w", shop)["repaired"] == [str(REFUSED)]
    edits.write_text("id,field,value\nx,mobile,1\n5,,1\n", encoding="utf-8")
    assert problems("ingest", "repair", "--file", edits, "-w", shop) == ["repair.file"] * 2
    assert problems("ingest", "repair", "--file", tmp_path / "none.csv", "-w", shop) == ["repair.file"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("repair", REFUSED), "cli.arguments"),
        (("repair", REFUSED, "--set", "mobile"), "repair.set"),
        (("repair", REFUSED, "--set", "mobil=1"), "quarantine.heading_unknown"),
        (("repair", 7, "--set", "mobile=1"), "quarantine.unknown"),
        (("show", 7), "quarantine.unknown"),
        (("discard", 7), "quarantine.unknown"),
        (("replay", "--source", "order"), "ingest.unknown_source"),
        (("reread", "order"), "ingest.unknown_source"),
        (("reread", "orders"), "ingest.nothing_to_reread"),
    ],
)
def test_what_cannot_be_done_is_told(shop: Path, arguments: tuple[object, ...], code: str):
    assert problems("ingest", *arguments, "-w", shop) == [code]


def test_a_discarded_row_stays_counted(shop: Path):
    assert told("ingest", "discard", REFUSED, "-w", shop)["discarded"] == [str(REFUSED)]
    assert told("ingest", "quarantine", "-w", shop)["waiting"] == 0
    assert [one["quarantined"] for one in told("ingest", "status", "-w", shop)["days"]] == [0, 1]


def test_rebuild_reads_the_raw_log_again(shop: Path):
    assert told("ingest", "rebuild", "-w", shop)["batches"] == 2
    assert told("run", "-w", shop)["build"]["tables"]["order_fact"] == 6


def test_a_corrected_mapping_is_told_and_read_anew(shop: Path):
    (shop / "sources" / "orders.yaml").write_text(ORDERS_SOURCE.replace("{value: 1}", "{value: 3}"), encoding="utf-8")
    warned = told("run", "-w", shop)["problems"]
    assert [(one["code"], one["file"]) for one in warned] == [("ingest.mapping_changed", "sources/orders.yaml")]
    assert "quanyu ingest reread orders" in quanyu("ingest", "status", "-w", shop).output
    said = told("ingest", "reread", "orders", "-w", shop)
    assert (said["withdrawn"], said["files"][0]["stored"]) == ([2], 7)
    assert told("run", "-w", shop)["problems"] == []
    units = told("metrics", "query", "units", "-w", shop, "--start", "2026-01-01", "--end", "2026-02-01")
    assert units["rows"][0]["cells"]["units"]["value"] in (9, "9.000000")


def test_init_makes_a_workspace_that_passes_the_check_and_keeps_what_stands(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    said = told("init", tmp_path, "--brand", "tiny", "--name-zh", "小店", "--zone", "Asia/Tokyo")
    assert "sources/orders.yaml" in said["written"]
    assert told("check", "-w", tmp_path)["ok"]
    settings = (tmp_path / "quanyu.yaml").read_text(encoding="utf-8")
    assert "brand: tiny" in settings
    assert "小店" in settings
    (tmp_path / "quanyu.yaml").write_text(f"{settings}# ours\n", encoding="utf-8")
    again = told("init", tmp_path)
    assert again["written"] == []
    assert "quanyu.yaml" in again["kept"]
    assert (tmp_path / "quanyu.yaml").read_text(encoding="utf-8").endswith("# ours\n")


def test_init_recognises_export_profiles(tmp_path: Path):
    exports = Path(__file__).parent.parent / "data" / "exports"
    for file in exports.glob("tmall/ExportOrderList*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    said = told("init", tmp_path)
    assert any("taobao_orders" in note for note in said["notes"])
    assert told("check", "-w", tmp_path)["ok"]


def test_init_refuses_settings_that_are_wrong_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    assert problems("init", tmp_path, "--zone", "Asia/Shanghia", "--industry", "bakery") == [
        "config.timezone",
        "config.value",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]
    assert problems("init", tmp_path / "none") == ["init.no_folder"]
