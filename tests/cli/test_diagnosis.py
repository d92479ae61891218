from pathlib import Path

from quanyu.tables.diagnosis import DIAGNOSES
from services.shop import problems, quanyu, told


def test_a_shop_too_young_to_judge_says_so(shop: Path):
    output = quanyu("diagnose", "-w", shop).output
    assert "13 scenarios" in output
    assert "not computable: net_sales, because too few previous periods" in output
    assert "Nothing is worse than expected by more than chance." in output


def test_machines_get_the_tables(shop: Path):
    said = told("diagnose", "--scenario", "PB-04", "-w", shop, "--actor", "ann")
    assert set(said) == {table.name for table in DIAGNOSES}
    assert [(one["scenario"], one["state"], one["started_by"]) for one in said["diagnosis"]] == [
        ("pb_04", "indicator", "ann")
    ]
    assert {one["is_computable"] for one in said["diagnosis_indicator"]} == {False}


def test_the_build_keeps_a_diagnosis_of_every_scenario(shop: Path):
    stories = told("explain", "diagnosis", "-w", shop)
    assert stories["tables"]["diagnosis"]["rows"] == 13


def test_what_cannot_be_asked_is_refused(shop: Path):
    assert problems("diagnose", "--scenario", "pb_4", "-w", shop) == ["playbook.unknown"]
    assert problems("diagnose", "--period", "2026-01-05..2026-01-09", "-w", shop) == ["diagnosis.period"]
    assert problems("diagnose", "--period", "2030", "-w", shop) == ["diagnosis.period"]
    assert problems("diagnose", "--target", "net_sales=much", "-w", shop) == ["diagnosis.target"]
    assert problems("diagnose", "--target", "net_sals=1", "-w", shop) == ["metric.unknown"]


def test_playbooks_are_listed(shop: Path):
    assert "会员深度运营" in quanyu("playbooks", "-w", shop).output
    said = told("playbooks", "-w", shop)
    assert [one["playbook"] for one in said] == [f"pb_{number:02d}" for number in range(1, 14)]


def test_check_reads_playbooks_too(shop: Path):
    (shop / "library" / "playbooks").mkdir(parents=True)
    (shop / "library" / "playbooks" / "own.yaml").write_text("own: {}\n", encoding="utf-8")
    assert "library/playbooks/own.yaml" in quanyu("check", "-w", shop).output
