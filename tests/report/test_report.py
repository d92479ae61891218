"""The report says the same numbers everywhere, keeps its promises on them, and needs nothing but itself."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from quanyu import display
from quanyu.config import Currency, Language
from quanyu.errors import InternalError
from quanyu.money import Money
from quanyu.report import ReceivedRow, render_report
from quanyu.report.model import read_report
from quanyu.report.relations.ready import Need, Readiness
from quanyu.report.render import json_twin, render_page
from report.page import Page, read
from report.shop import AS_OF, context, one_order, parameters, shop


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory):
    return render_report(context(), shop(), tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def figures(files) -> dict:
    return json.loads(files.json.read_text(encoding="utf-8"))["figures"]


@pytest.fixture(scope="module", params=list(Language))
def page(request, files) -> tuple[Language, Page]:
    return request.param, read(files.page(request.param).read_text(encoding="utf-8"))


def test_every_figure_of_a_page_has_the_value_of_the_twin(page, figures):
    _, found = page
    assert len(found.shown) > 500
    for shown in found.shown:
        twin = figures[shown.attributes["data-figure"]]
        assert shown.attributes["data-value"] == ("" if twin["value"] is None else repr(twin["value"]))
        if "base" in twin:
            assert shown.attributes["data-base"] == ("" if twin["base"] is None else repr(twin["base"]))


def test_every_figure_of_the_twin_stands_in_the_page(page, figures):
    _, found = page
    assert figures.keys() - {shown.attributes["data-figure"] for shown in found.shown} == set()


def test_what_people_read_is_the_value_formatted(page, figures):
    language, found = page
    for shown in found.shown:
        text = shown.text.strip()
        if text and "class" in shown.attributes and shown.attributes["class"].startswith("num"):
            assert text in _forms(figures[shown.attributes["data-figure"]], language), shown


def _forms(twin: dict, language: Language) -> set[str]:
    value, unit = twin["value"], twin["unit"]
    if unit == "count":
        return {display.format_count(value, language), display.format_count(value, language, exact=True)}
    if unit == "money":
        amount = None if value is None else Money(value, Currency("CNY", 2))
        both = {display.format_money(amount, language), display.format_money(amount, language, exact=True)}
        return both | {f"+{text}" for text in both}
    if unit == "rate":
        return {display.format_rate(value)}
    if unit == "change":
        return {display.format_change(value, twin["base"], language)}
    if unit == "rate_change":
        return {display.format_rate_change(value, twin["base"], language)}
    return {display.format_ratio(value), display.format_index(value)}


def test_a_null_is_a_dash_with_its_reason_and_zero_is_zero(page, figures):
    _, found = page
    by_name = {shown.attributes["data-figure"]: shown for shown in found.shown}
    traffic = by_name["nine.new.base"]
    assert (traffic.text, figures["nine.new.base"]["null_reason"]) == ("—", "no_visits")
    assert traffic.attributes["title"]
    assert figures["coverage.inputs.visit_fact"]["value"] == 0
    assert by_name["coverage.inputs.visit_fact"].text == "0"
    assert all("null_reason" in twin for twin in figures.values() if twin["value"] is None)


def test_every_figure_leads_to_its_definition_and_sql(page, files):
    language, found = page
    html = files.page(language).read_text(encoding="utf-8")
    ids = set(found.ids)
    for shown in found.shown:
        assert f"def-{shown.attributes['data-definition']}" in ids
    targets = {address[1:] for tag, _, address in found.addresses if tag == "a" and address.startswith("#")}
    assert targets <= ids
    assert len(found.ids) == len(ids), "an id stands twice"
    assert "WITH refunded AS (" in html


def test_the_change_is_explained_to_the_cent_with_unidentified_sales_apart(figures):
    for against in ("previous", "last_year"):
        parts = [
            figures[f"sales.2024-05.change_{against}.{key}"]["value"]
            for key in ("buyers", "frequency", "value_per_day")
        ]
        unidentified = figures[f"sales.2024-05.change_{against}.unidentified"]["value"]
        total = figures[f"sales.2024-05.change_{against}.total"]["value"]
        earlier = {"previous": "2024-04", "last_year": "2023-05"}[against]
        now, before = figures["sales.2024-05.net_sales"]["value"], figures[f"sales.{earlier}.net_sales"]["value"]
        assert sum(parts) + unidentified == total == now - before
        assert unidentified != 0


def test_the_summary_names_the_largest_part_sales_without_a_person_included(files, figures):
    parts = {
        key: figures[f"sales.2024-05.change_previous.{key}"]["value"] for key in ("buyers", "frequency", "unidentified")
    }
    assert max(parts, key=lambda key: abs(parts[key])) == "unidentified"
    assert "Largest part: Sales without a person." in files.en.read_text(encoding="utf-8")


def test_the_report_is_about_the_last_complete_month_and_marks_the_open_one(files, figures):
    html = files.en.read_text(encoding="utf-8")
    assert "Sales in May 2024" in html
    assert "2024-06 open" in html
    assert 'class="column open"' in html
    assert figures["sales.2024-05.net_sales.last_year"]["base"] is not None


def test_nine_indicators_add_up_to_identified_net_sales(figures):
    parts = [figures[f"nine.{segment}.net_sales"]["value"] for segment in ("new", "old", "dormant")]
    assert sum(parts) == figures["sales.2024-05.identified_net_sales"]["value"] > 0


def test_flows_add_up_to_the_persons_of_both_dates(figures):
    sums = {name: twin["value"] for name, twin in figures.items() if re.fullmatch(r"lifecycle\.flow\.sum\.\w+", name)}
    stages = [
        figures[f"life.{AS_OF}.{stage}.persons"]["value"] for stage in ("intro", "growth", "mature", "dormant", "lost")
    ]
    assert (
        sums.pop("lifecycle.flow.sum.sum") == sum(sums.values()) == sum(stages) + sums.get("lifecycle.flow.sum.none", 0)
    )


def test_small_groups_are_marked_and_small_pairs_are_not_shown(figures):
    small = {name for name, twin in figures.items() if twin.get("small_group")}
    assert "campaign.spring.treatment.redeemers" in small
    assert all(0 < twin["value"] < 20 for name, twin in figures.items() if name in small and name.endswith(".persons"))
    shown = [twin["value"] for name, twin in figures.items() if name.endswith(".buyers_both")]
    assert shown
    assert all(count >= 20 for count in shown)
    assert figures["categories.suppressed_pairs"]["value"] == 6


def test_reconciliation_that_does_not_add_up_is_said_first():
    wrong = context(received=(ReceivedRow("orders", AS_OF, 12, 9, 1, 1),))
    html = render_page(read_report(shop(), AS_OF), wrong, Language.EN).html
    assert "do not add up" in html
    assert "some days do not reconcile" in html
    assert "✗ no" in html


def test_a_refund_without_an_order_is_counted(figures):
    assert figures["coverage.refunds.none.amount"]["value"] == 77


def test_names_from_the_data_are_escaped(files):
    html = files.zh.read_text(encoding="utf-8")
    assert "茶与<杯>" not in html
    assert "品类<tea>" not in html
    assert "品类&lt;tea&gt;" in html


def test_a_page_fetches_nothing(page, files):
    language, found = page
    outside = [entry for entry in found.addresses if not entry[2].startswith(("#", "report."))]
    assert outside == []
    html = files.page(language).read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[\w./]+", html)) <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in html
    assert "@import" not in html


def test_the_same_build_gives_the_same_bytes(files, tmp_path: Path):
    again = render_report(context(), shop(), tmp_path)
    for first, second in zip((files.zh, files.en, files.json), (again.zh, again.en, again.json), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_a_shop_with_one_order_has_a_report_too(tmp_path: Path):
    made = render_report(context(received=(), quality=(), steps=()), one_order(), tmp_path)
    figures = json.loads(made.json.read_text(encoding="utf-8"))["figures"]
    assert figures["sales.2024-06.net_sales"]["value"] == 500
    assert figures["sales.2024-06.net_sales.previous"]["null_reason"] == "no_previous"


def test_no_sentence_repeats_a_default_that_the_workspace_changed():
    given = {"P.value_tier.head": "10", "P.value_tier.cuts": "(2, 10, 50, 100)", "P.life.q_dormant": "70"}
    said = context(parameters=tuple(replace(row, value=given.get(row.id, row.value)) for row in parameters()))
    data = read_report(shop(), AS_OF)
    text = render_page(data, said, Language.EN).html
    assert "top 10%" in text
    assert "top 2% key, top 10% main, top 50% ordinary" in text
    assert "percentiles 70 and 95" in text
    assert "top 20%" not in text


def test_pages_that_disagree_are_refused():
    data = read_report(shop(), AS_OF)
    pages = {language: render_page(data, context(), language) for language in Language}
    pages[Language.EN].figures.pop("coverage.persons")
    with pytest.raises(InternalError, match="same numbers"):
        json_twin(context(), pages)


def test_the_relationship_models_are_in_the_report_and_agree_with_their_tables(figures):
    """A few figures of each model against the tables they come from, read by another way."""
    rows = {name: shop().rows_of(name).to_pylist() for name in ("star_health", "star_flow", "fp_capital", "aarrr")}
    health = next(row for row in rows["star_health"] if row["date"] == AS_OF)
    assert figures["star.assets"]["value"] == health["asset_persons"] > 0
    lost = sum(row["persons"] for row in rows["star_flow"] if row["date"] == AS_OF and row["direction"] == "lost")
    shown = [figures[f"5r.flow.{stage}.none"]["value"] for stage in ("r1", "r2", "r3", "r4", "r5")
             if f"5r.flow.{stage}.none" in figures]  # fmt: skip
    assert sum(shown) == lost > 0
    complete = [row for row in rows["fp_capital"] if row["relation_type"] == "all" and row["is_complete"]]
    assert figures["fp.capital"]["value"] == max(complete, key=lambda row: row["period_no"])["capital"] > 0
    assert sum(figures[f"fp.l{layer}"]["value"] for layer in range(1, 6)) == figures["fp.capital"]["value"]


@pytest.mark.parametrize("language", list(Language))
def test_stages_have_full_names_and_never_bare_letters(language, files):
    names = {
        Language.ZH: ("R1 触达", "未购会员", "A 认知"),
        Language.EN: ("R1 Reach", "Unpurchased member", "A Awareness"),
    }
    text = files.page(language).read_text(encoding="utf-8")
    assert all(name in text for name in names[language])
    assert not re.search(r"<t[hd][^>]*>\s*[SAR]\s*</t[hd]>", text)


GATED = {
    "star_5r": "star.",
    "fp_capital": "fp.",
    "fp_layer": "fp.l1",
    "fp_clv": "fp.clv",
    "aipl": "aipl.",
    "fast": "fast.",
    "aarrr": "aarrr.",
    "channel_quality": "channel.",
    "quadrant": "quadrant.",
    "referral": "spread.",
}


@pytest.mark.parametrize(("model", "prefix"), GATED.items())
def test_a_model_without_its_data_shows_why_and_no_figure(model, prefix):
    data = read_report(shop(), AS_OF)
    texts = ("M-00", "某模型", "Some model", "某数据", "Some data", "接入它", "Connect it", "event")
    needs = tuple(Need(model, number, *texts, is_required=True, rows=0, is_met=False) for number in (1, 2))
    with_data = render_page(data, context(), Language.EN)
    without = render_page(replace(data, readiness=Readiness(needs)), context(), Language.EN)
    assert any(name.startswith(prefix) for name in with_data.figures)
    assert not [name for name in without.figures if name.startswith(prefix)]
    assert "not computable, because these are missing: Some data. Connect it.<br>Some data. Connect it." in without.html
