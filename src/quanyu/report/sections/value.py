"""Value: how it is spread over the tiers, how concentrated it is, and who stands out in each tier (M-25, M-20)."""

from typing import Any

from quanyu.report.charts.lorenz import Head, lorenz_chart
from quanyu.report.figures import Figure
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Cell, Chart, Column, Grid, Note, Panel, Section, cell
from quanyu.report.rows import Concentration, LorenzPoint
from quanyu.report.sections.grids import twin
from quanyu.report.writer import Writer

TIERS = ("key", "main", "ordinary", "tail")
# The seed's 20/80: a line to compare with, not a law.
REFERENCE_SHARE = 0.8
TGI_SHOWN = 12


def value(data: ReportData, writer: Writer) -> Section:
    """Return the section on value as of the build's date."""
    title = writer.word("value.title")
    if data.concentration is None:
        return Section("value", title, (Panel(title, "", (Note(writer.text("value.nothing"), "caution"),)),))
    panels = [_tiers(data, writer), _lorenz(data, data.concentration, writer), _tgi(data, writer)]
    return Section("value", title, tuple(panel for panel in panels if panel is not None))


def head_share(found: Concentration, writer: Writer) -> Figure:
    """Return the share of value of the head."""
    return writer.rate("value.head_share", found.head_share, "head_share", reason="no_sales")


def head_persons(found: Concentration, writer: Writer) -> Figure:
    """Return how many persons the head are."""
    return writer.persons("value.head_persons", found.head_persons, "head_share")


def _tiers(data: ReportData, writer: Writer) -> Panel:
    now = {row.tier: row for row in data.tiers if row.date == data.as_of}
    persons, total = sum(row.persons for row in now.values()), sum(row.value_fen for row in now.values())
    rows: list[tuple[Cell, ...]] = []
    for tier in TIERS:
        count = now[tier].persons if tier in now else 0
        amount = now[tier].value_fen if tier in now else 0
        name = f"value.{tier}"
        share = writer.share(f"{name}.value_share", amount, total, "tier_share")
        rows.append(
            (
                cell(writer.word(f"tiers.{tier}")),
                cell(writer.persons(f"{name}.persons", count, "tier_persons")),
                cell(writer.share(f"{name}.person_share", count, persons, "tier_persons")),
                cell(writer.money(f"{name}.value", amount, "tier_value")),
                cell(share, "bar", style=f"--share:{100 * float(share.value or 0):.1f}%"),
                cell(
                    writer.money(
                        f"{name}.per_person",
                        round(amount / count) if count else None,
                        "tier_value",
                        reason="no_persons",
                    )
                ),
            )
        )
    foot = (
        cell(writer.word("flow.total")),
        cell(writer.persons("value.persons", persons, "tier_persons")),
        cell(""),
        cell(writer.money("value.value", total, "tier_value")),
        cell(""),
        cell(
            writer.money(
                "value.per_person", round(total / persons) if persons else None, "tier_value", reason="no_persons"
            )
        ),
    )
    columns = (
        Column(writer.word("value.tier"), is_number=False),
        Column(writer.word("terms.tier_persons"), "tier_persons"),
        Column(writer.word("value.person_share")),
        Column(writer.word("terms.tier_value"), "tier_value"),
        Column(writer.word("terms.tier_share"), "tier_share"),
        Column(writer.word("value.per_person")),
    )
    grid = Grid(writer.word("value.tiers"), columns, tuple(rows), foot=foot)
    used = ("tier_persons", "tier_value", "tier_share")
    return Panel(
        writer.word("value.tiers"),
        writer.word("value.tiers_question"),
        (grid, Note(writer.text("value.tier_note"))),
        used,
    )


def _lorenz(data: ReportData, found: Concentration, writer: Writer) -> Panel:
    cards = (
        Card(
            writer.word("terms.head_share"),
            "head_share",
            head_share(found, writer),
            note=writer.text("value.head_note", persons=head_persons(found, writer)),
        ),
        Card(
            writer.word("terms.gini"),
            "gini",
            writer.ratio("value.gini", found.gini, "gini", reason="no_sales"),
            note=writer.text("value.gini_note"),
        ),
    )
    parts = (Cards(cards, "pair"), *((_curve(data, found, writer),) if data.lorenz else ()))
    used = ("head_share", "gini", "lorenz")
    return Panel(writer.word("value.lorenz"), writer.word("value.lorenz_question"), parts, used)


def _curve(data: ReportData, found: Concentration, writer: Writer) -> Chart:
    share = head_share(found, writer)
    head = Head(
        found.head_persons / found.persons,
        share,
        writer.word("value.head_label"),
        REFERENCE_SHARE,
        writer.word("value.reference_label"),
        writer.word("value.axis_persons"),
        writer.word("value.axis_value"),
        writer.word("value.equal_label"),
    )
    points = [(row.person_share or 0.0, row.value_share or 0.0) for row in data.lorenz]
    caption = writer.word("value.lorenz_curve")
    description = str(writer.text("value.lorenz_description", share=share.text))

    def draw(name: str, width: float) -> Any:
        return lorenz_chart(name, caption, description, points, head, width)

    rows = [(str(row.point_no), list(_point(row, writer))) for row in data.lorenz]
    columns = [(writer.word("value.axis_persons"), "lorenz"), (writer.word("value.axis_value"), "lorenz")]
    return Chart(
        draw("lorenz-wide", 640),
        draw("lorenz-narrow", 340),
        twin(caption, writer.word("value.point"), columns, rows),
        size="half",
    )


def _point(row: LorenzPoint, writer: Writer) -> tuple[Figure, Figure]:
    name = f"value.lorenz.{row.point_no}"
    return (
        writer.rate(f"{name}.persons", row.person_share, "lorenz", reason="no_persons"),
        writer.rate(f"{name}.value", row.value_share, "lorenz", reason="no_sales"),
    )


def _tgi(data: ReportData, writer: Writer) -> Panel | None:
    """Features that stand out most in a value tier, small groups left out."""
    kept = [
        row
        for row in data.tgi
        if row.group_code.startswith("value_tier:")
        and row.group_feature_persons >= writer.small_group
        and row.tgi is not None
    ]
    if not kept:
        return None
    kept.sort(key=lambda row: (-(row.tgi or 0), row.group_code, row.dimension, row.feature))
    rows = []
    for row in kept[:TGI_SHOWN]:
        name = f"tgi.{row.group_code}.{row.dimension}.{row.feature}"
        rows.append(
            (
                cell(writer.word(f"tiers.{row.group_code.partition(':')[2]}")),
                cell(f"{writer.word_or(f'dimensions.{row.dimension}', row.dimension)}: {row.feature}"),
                cell(writer.persons(f"{name}.persons", row.group_feature_persons, "tgi")),
                cell(writer.rate(f"{name}.group_share", row.group_share, "tgi", reason="zero_base")),
                cell(writer.rate(f"{name}.base_share", row.base_share, "tgi", reason="zero_base")),
                cell(writer.index(f"{name}.tgi", row.tgi, "tgi", reason="zero_base")),
            )
        )
    columns = (
        Column(writer.word("value.tier"), is_number=False),
        Column(writer.word("value.feature"), is_number=False),
        Column(writer.word("terms.tier_persons")),
        Column(writer.word("value.group_share")),
        Column(writer.word("value.base_share")),
        Column("TGI", "tgi"),
    )
    grid = Grid(writer.word("value.tgi"), columns, tuple(rows), is_sortable=True)
    note = Note(writer.text("value.tgi_note", least=str(writer.small_group)))
    return Panel(writer.word("value.tgi"), writer.word("value.tgi_question"), (note, grid), ("tgi",))
