"""Requests: proved, on the law's clock, answered with everything held on the person and nothing on others."""

import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from privacy.deleting import project_of
from quanyu.services.privacy import due_on
from quanyu.store import Law
from services.shop import problems, quanyu, told

ASKED = ("--asked-by", "the person, by letter", "--proof", "ID seen")


def test_working_days_and_months_of_the_two_laws(shop: Path):
    project = project_of(shop)
    # Friday 27 February 2026: fifteen working days are three weeks.
    assert due_on(project, Law.PIPL, date(2026, 2, 27)) == date(2026, 3, 20)
    assert due_on(project, Law.GDPR, date(2026, 1, 31)) == date(2026, 2, 28)
    assert due_on(project, Law.GDPR, date(2026, 12, 15)) == date(2027, 1, 15)


def test_a_request_goes_from_open_to_ended_once(shop: Path, monkeypatch: pytest.MonkeyPatch):
    request = told("privacy", "open", "access", "member_id:m1", *ASKED, "--law", "GDPR", "-w", shop)
    assert request["due_on"] == "2026-04-01"
    assert quanyu("privacy", "extend", request["request"], "--reason", "much to look for", "-w", shop).exit_code == 0
    assert quanyu("privacy", "extend", request["request"], "--reason", "more", "-w", shop).exit_code == 2
    listed = told("privacy", "requests", "-w", shop)
    assert [(one["kind"], one["state"], one["due_on"], one["is_overdue"]) for one in listed] == [
        ("access", "open", "2026-06-01", False)
    ]
    monkeypatch.setenv("QUANYU_NOW", "2026-06-02T04:00:00+00:00")
    assert [one["days_left"] for one in told("privacy", "requests", "--state", "overdue", "-w", shop)] == [-1]
    assert quanyu("privacy", "refuse", request["request"], "--reason", "not the person", "-w", shop).exit_code == 0
    assert quanyu("privacy", "answer", request["request"], "-w", shop).exit_code == 2
    assert told("privacy", "requests", "--state", "overdue", "-w", shop) == []


def test_a_request_without_proof_or_of_no_kind_is_refused(shop: Path):
    given = ("privacy", "open", "acess", "member_id:m1", "--asked-by", "x", "--proof", " ", "--law", "CCPA", "-w", shop)
    assert problems(*given) == ["privacy.kind", "privacy.law", "privacy.unproved"]
    assert problems("privacy", "delete", 7, "-w", shop) == ["privacy.unknown"]


def test_a_package_holds_all_of_the_person_and_nothing_of_others(shop: Path, tmp_path: Path):
    quanyu(
        "export",
        "persons",
        tmp_path / "all.csv",
        "--everyone",
        "--may-see",
        "personal",
        "--purpose",
        "analysis",
        "-w",
        shop,
    )
    quanyu("privacy", "withdraw", "member_id:m1", "--purpose", "marketing_sms", "--evidence", "call", "-w", shop)
    number = told("privacy", "open", "export", "mobile:13912345678", *ASKED, "-w", shop)["request"]
    path = tmp_path / "li.zip"
    made = told("privacy", "package", number, path, "--in-clear", "-w", shop)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        said = json.loads(archive.read("data.json"))
        page = archive.read("index.html").decode()
        everything = b"".join(archive.read(name) for name in names)
    assert {"index.html", "data.json", "identifiers.csv", "tables/order.csv", "tables/order_line.csv"} <= names
    assert {row["order_id"] for row in said["tables"]["order"]} == {"till:o1", "till:o2", "till:o4"}
    assert sorted(one["value"] for one in said["identifiers"]) == ["13912345678", "m1"]
    assert [one["purpose"] for one in said["consents_said_here"]] == ["marketing_sms"]
    assert [one["purpose"] for one in said["exports"]] == ["analysis"]
    assert said["sources"] == ["members", "orders"]
    assert "您的个人信息" in page
    assert "Your personal data" in page
    assert b"13800138111" not in everything
    assert b'"m2"' not in everything
    assert made["tables"].keys() == said["tables"].keys()
    assert problems("privacy", "package", number, path, "-w", shop) == ["privacy.exists"]


def test_nobody_is_deleted_while_another_process_holds_the_warehouse(shop: Path):
    number = told("privacy", "open", "deletion", "mobile:13912345678", *ASKED, "-w", shop)["request"]
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(shop / ".quanyu" / "warehouse.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert problems("privacy", "delete", number, "-w", shop) == ["warehouse.locked"]
    assert [one["state"] for one in told("privacy", "requests", "-w", shop)] == ["open"]


def test_identifiers_are_in_clear_only_when_asked_for(shop: Path, tmp_path: Path):
    number = told("privacy", "open", "access", "mobile:13912345678", *ASKED, "-w", shop)["request"]
    told("privacy", "package", number, tmp_path / "li.zip", "-w", shop)
    with zipfile.ZipFile(tmp_path / "li.zip") as archive:
        assert b"13912345678" not in b"".join(archive.read(name) for name in archive.namelist())


def test_cells_are_no_formulas_of_a_spreadsheet():
    from quanyu.services.privacy_access import _csv

    assert _csv([{"a": "=1+1", "b": -1}]).splitlines()[1] == "'=1+1,-1"
