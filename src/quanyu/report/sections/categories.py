"""Categories: who buys them, which tiers differ, which are bought by the same persons (M-18)."""

from typing import Any

from quanyu.config import Language
from quanyu.report.charts.bars import Bar, bar_chart
from quanyu.report.model import ReportData
from quanyu.report.parts import Cell, Chart, Column, Grid, Note, Panel, Section, cell
from quanyu.report.rows import Penetration
from quanyu.report.sections.grids import heat_cell
from quanyu.report.sections.value import TIERS
from quanyu.report.writer import Writer

SHOWN = 20
AFFINITY_SHOWN = 15


def categories(data: ReportData, writer: Writer) -> Section:
    """Return the section on categories over the last 365 days."""
    title = writer.word("categories.title")
    everyone = [row for row in data.penetration if row.group_code == "all"]
    if not everyone:
        note = Note(writer.text("categories.nothing", connect=writer.word("connect.category")), "caution")
        return Section("categories", title, (Panel(title, "", (note,)),))
    top = _most_bought([row for row in everyone if row.category_id in data.top_categories])
    leaves = _most_bought([row for row in everyone if row.category_id not in data.top_categories])
    panels = [_penetration(data, top, "top", writer)]
    if leaves:
        panels.append(_penetration(data, leaves, "leaf", writer))
    panels += [_tiers(data, top, writer), _affinity(data, writer)]
    return Section("categories", title, tuple(panels))


def _most_bought(rows: list[Penetration]) -> list[Penetration]:
    return sorted(rows, key=lambda row: (-row.buyers, row.category_id))[:SHOWN]


def _name(data: ReportData, category: str, writer: Writer) -> str:
    known = data.category_names.get(category)
    if known is None:
        return category
    first, second = (known.name_zh, known.name_en) if writer.language is Language.ZH else (known.name_en, known.name_zh)
    return first or second or category


def _penetration(data: ReportData, rows: list[Penetration], level: str, writer: Writer) -> Panel:
    caption = writer.word(f"categories.{level}")
    bars, listed = [], []
    for row in rows:
        name = f"categories.{row.category_id}"
        figure = writer.rate(
            f"{name}.penetration", row.penetration_rate, "penetration", reason="zero_base", behind=row.buyers
        )
        shown = _name(data, row.category_id, writer)
        bars.append(Bar(shown, figure))
        listed.append(
            (
                cell(shown),
                cell(writer.persons(f"{name}.buyers", row.buyers, "category_buyers")),
                cell(figure),
                cell(writer.money(f"{name}.net_sales", row.net_fen, "category_net_sales", behind=row.buyers)),
            )
        )
    description = writer.word("categories.bars_description")

    def draw(name: str, width: float) -> Any:
        return bar_chart(name, caption, description, bars, width, most=1.0)

    columns = (
        Column(writer.word("categories.category"), is_number=False),
        Column(writer.word("terms.category_buyers"), "category_buyers"),
        Column(writer.word("terms.penetration"), "penetration"),
        Column(writer.word("terms.category_net_sales"), "category_net_sales"),
    )
    table = Grid(caption, columns, tuple(listed), is_sortable=True)
    first = rows[0]
    buyers = writer.persons("categories.buyers", first.group_buyers, "category_buyers")
    note = Note(
        writer.text(
            "categories.period", start=first.period_start_date.isoformat(), end=data.as_of.isoformat(), buyers=buyers
        )
    )
    chart = Chart(draw(f"category-{level}-wide", 900), draw(f"category-{level}-narrow", 340), table)
    used = ("penetration", "category_buyers", "category_net_sales")
    return Panel(caption, writer.word("categories.penetration_question"), (note, chart), used)


def _tiers(data: ReportData, top: list[Penetration], writer: Writer) -> Panel:
    found = {(row.group_code, row.category_id): row for row in data.penetration}
    rows: list[tuple[Cell, ...]] = []
    for row in top:
        cells = [cell(_name(data, row.category_id, writer))]
        for group in ("all", *(f"value_tier:{tier}" for tier in TIERS)):
            here = found.get((group, row.category_id))
            suffix = "penetration" if group == "all" else f"penetration.{group.partition(':')[2]}"
            rate = here.penetration_rate if here else 0.0
            figure = writer.rate(
                f"categories.{row.category_id}.{suffix}",
                rate,
                "penetration",
                reason="zero_base",
                behind=here.buyers if here else 0,
            )
            cells.append(heat_cell(figure, 1.0))
        rows.append(tuple(cells))
    columns = (
        Column(writer.word("categories.category"), is_number=False),
        Column(writer.word("categories.everyone"), "penetration"),
        *(Column(writer.word(f"tiers.{tier}"), "penetration") for tier in TIERS),
    )
    grid = Grid(writer.word("categories.by_tier"), columns, tuple(rows), look="heat", is_sortable=True)
    return Panel(
        writer.word("categories.by_tier"), writer.word("categories.by_tier_question"), (grid,), ("penetration",)
    )


def _affinity(data: ReportData, writer: Writer) -> Panel:
    title, question = writer.word("categories.affinity"), writer.word("categories.affinity_question")
    kept = [row for row in data.affinity if row.buyers_both >= writer.small_group and row.lift is not None]
    hidden = len(data.affinity) - len(kept)
    suppressed = Note(
        writer.text(
            "categories.suppressed",
            pairs=writer.count("categories.suppressed_pairs", hidden, "affinity"),
            least=str(writer.small_group),
        )
    )
    if not kept:
        return Panel(title, question, (suppressed,), ("affinity",))
    kept.sort(key=lambda row: (-(row.lift or 0), row.category_a_id, row.category_b_id))
    rows, seen = [], set()
    for row in kept:
        # Lift is the same in both directions: the pair is shown once, from the smaller category to the larger.
        pair = frozenset((row.category_a_id, row.category_b_id))
        if pair in seen or row.buyers_a > row.buyers_b:
            continue
        seen.add(pair)
        name = f"affinity.{row.category_a_id}.{row.category_b_id}"
        rows.append(
            (
                cell(_name(data, row.category_a_id, writer)),
                cell(_name(data, row.category_b_id, writer)),
                cell(writer.persons(f"{name}.buyers_a", row.buyers_a, "affinity_buyers")),
                cell(writer.persons(f"{name}.buyers_both", row.buyers_both, "affinity_buyers")),
                cell(writer.rate(f"{name}.rate", row.affinity_rate, "affinity", reason="zero_base")),
                cell(writer.ratio(f"{name}.lift", row.lift, "lift", reason="zero_base")),
            )
        )
    columns = (
        Column(writer.word("categories.from"), is_number=False),
        Column(writer.word("categories.to"), is_number=False),
        Column(writer.word("categories.buyers_a"), "affinity_buyers"),
        Column(writer.word("categories.buyers_both"), "affinity_buyers"),
        Column(writer.word("terms.affinity"), "affinity"),
        Column(writer.word("terms.lift"), "lift"),
    )
    grid = Grid(title, columns, tuple(rows[:AFFINITY_SHOWN]), is_sortable=True)
    return Panel(title, question, (grid, suppressed), ("affinity", "affinity_buyers", "lift"))
