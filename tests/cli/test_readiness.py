from pathlib import Path

from services.shop import problems, quanyu, told


def test_each_model_says_what_it_needs_and_what_is_missing(shop: Path):
    said = told("readiness", "-w", shop)
    models = {one["model"]: one for one in said["models"]}
    assert models["rfm"]["is_computable"] is True
    star = models["star_5r"]
    assert star["is_computable"] is False
    assert {need["need"] for need in star["needs"] if need["is_required"] and not need["is_met"]} == {
        "passive_contact",
        "shallow_activity",
    }
    assert said["advice"] == "four_forces"


def test_people_read_what_to_connect(shop: Path):
    output = quanyu("readiness", "star_5r", "-w", shop).output
    assert "not computable" in output
    assert "Connect ad impressions or message records (event, ad_exposure, message)" in output
    assert problems("readiness", "star5r", "-w", shop) == ["readiness.unknown"]


def test_check_reads_metrics_and_needs_too(shop: Path):
    (shop / "library" / "metrics").mkdir(parents=True)
    (shop / "library" / "metrics" / "own.yaml").write_text("own: {label: x}\n", encoding="utf-8")
    (shop / "library" / "readiness").mkdir()
    (shop / "library" / "readiness" / "own.yaml").write_text("own: {}\n", encoding="utf-8")
    output = quanyu("check", "-w", shop).output
    assert "library/metrics/own.yaml" in output
    assert "library/readiness/own.yaml" in output
