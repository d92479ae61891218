from pathlib import Path

from services.shop import make_shop, problems, quanyu, told


def test_run_tells_files_build_and_report(shop: Path):
    said = told("run", "-w", shop)
    assert [one["fate"] for one in said["files"]] == ["known", "known"]
    assert (said["build"]["as_of"], said["build"]["tables"]["order_fact"]) == ("2026-02-12", 6)
    assert all(Path(said["report"][name]).is_file() for name in ("zh", "en", "json"))
    assert said["problems"] == []


def test_run_as_of_an_earlier_date_knows_less(shop: Path):
    said = told("run", "-w", shop, "--as-of", "2026-01-31", "--only", "build")
    assert (said["build"]["as_of"], said["build"]["tables"]["purchase_day_fact"]) == ("2026-01-31", 3)
    assert said["report"] is None


def test_an_as_of_before_all_data_is_refused_and_the_last_build_stays(shop: Path):
    assert problems("run", "-q", "-w", shop, "--as-of", "2020-01-01") == ["build.no_orders"]
    assert told("explain", "order_fact", "-w", shop)["build_id"] == 1


def test_every_broken_definition_is_told_at_once(shop: Path):
    (shop / "sources" / "orders.yaml").write_text("source: orders\nsystem: till\nformat: cvs\n", encoding="utf-8")
    (shop / "sources" / "members.yaml").write_text("source: [\n", encoding="utf-8")
    codes = problems("run", "-w", shop)
    assert len(codes) >= 3
    result = quanyu("check", "-w", shop)
    assert result.exit_code == 2
    assert "sources/orders.yaml:3" in result.output
    assert "sources/members.yaml" in result.output


def test_a_source_without_files_and_an_empty_file_are_said_and_stop_nothing(shop: Path):
    (shop / "data" / "orders_2.csv").write_text("", encoding="utf-8")
    (shop / "sources" / "members.yaml").write_text(
        (shop / "sources" / "members.yaml").read_text(encoding="utf-8").replace("members.csv", "gone*.csv"),
        encoding="utf-8",
    )
    said = told("run", "-w", shop)
    refused = [one for one in said["files"] if one["fate"] == "refused"]
    assert [(one["file"], one["problems"][0]["code"]) for one in refused] == [("data/orders_2.csv", "csv.empty")]
    assert "import.no_files" in [problem["code"] for problem in said["problems"]]
    status = told("ingest", "status", "-w", shop)
    assert [one["file"] for one in status["refused_files"]] == ["data/orders_2.csv"]
    assert "csv.empty" in quanyu("ingest", "status", "-w", shop).output


def test_a_workspace_without_orders_says_so(tmp_path: Path):
    make_shop(tmp_path)
    (tmp_path / "sources" / "orders.yaml").unlink()
    assert problems("run", "-q", "-w", tmp_path) == ["build.no_orders"]
    assert problems("explain", "net_sales", "-w", tmp_path) == ["build.none"]


def test_report_writes_the_published_build_again(shop: Path):
    assert Path(told("report", "-w", shop)["report"]["json"]).is_file()
