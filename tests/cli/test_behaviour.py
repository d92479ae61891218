from pathlib import Path

from services.shop import problems, quanyu, told


def test_a_funnel_with_the_people_of_a_step(shop: Path):
    asked = ("funnel", "checkout", "order_paid", "-w", shop, "--window", "7d")
    answer = told(*asked)
    reached = answer["cells"]["reached:2"]
    assert reached > 0
    people = told(*asked, "--people", "reached:2")
    assert people["count"] == reached == len(people["persons"]) + people["visitors"]
    assert "漏斗 Funnel" in quanyu(*asked).output


def test_a_question_may_stand_in_a_file(shop: Path, tmp_path: Path):
    (tmp_path / "ask.yaml").write_text("steps: [checkout, order_paid]\nwindow: 7d\n", encoding="utf-8")
    asked = told("funnel", "-w", shop, "--ask", tmp_path / "ask.yaml")
    assert asked["cells"] == told("funnel", "checkout", "order_paid", "-w", shop)["cells"]


def test_retention_states_and_stickiness(shop: Path):
    table = told("retention", "-w", shop, "--acts", "purchase", "--grain", "month", "--periods", "1")
    assert any(cell.startswith("cohort:2026-01") for cell in table["cells"])
    assert told("retention", "-w", shop, "--show", "states")["kind"] == "states"
    assert told("retention", "-w", shop, "--show", "stickiness")["kind"] == "stickiness"
    assert "Retention" in quanyu("retention", "-w", shop, "--acts", "purchase").output


def test_paths_attribution_trend_and_distribution(shop: Path):
    assert told("paths", "-w", shop)["grids"][0]["name"] == "paths"
    credits_ = told("attribution", "-w", shop, "--from", "2026-01-01")["grids"][0]["rows"]
    assert credits_[-1]["last"] == sum(row["last"] for row in credits_[:-1])
    assert told("trend", "order_paid", "-w", shop, "--grain", "month")["grids"][0]["rows"][-1]["period"] == "2026-02-01"
    spread = told("distribution", "orders", "-w", shop)
    assert sum(spread["cells"].values()) == sum(row["people"] for row in spread["grids"][0]["rows"])


def test_wrong_questions_are_told_with_the_nearest_name(shop: Path):
    wrong = ("funnel", "chekout", "order_paid", "-w", shop, "--window", "0", "--by", "chanel")
    assert problems(*wrong) == ["behaviour.event_type", "behaviour.window", "behaviour.breakdown"]
    assert 'Did you mean "checkout"?' in quanyu(*wrong, "--json").stdout.replace('\\"', '"')
    assert problems("funnel", "-w", shop) == ["behaviour.empty"]
    assert problems("trend", "checkout", "-w", shop, "--people", "2026-99") == ["behaviour.cell"]
    assert problems("paths", "-w", shop, "--ask", "nowhere.yaml") == ["behaviour.file"]
