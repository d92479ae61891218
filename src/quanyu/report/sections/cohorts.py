"""Cohorts: of the persons who first bought in a month, how many buy again in each month after (M-15)."""

from datetime import date
from typing import Any

from quanyu.report.charts.colors import CATEGORY
from quanyu.report.charts.lines import DASHES, Axes, Line, line_chart
from quanyu.report.figures import Figure
from quanyu.report.model import ReportData
from quanyu.report.parts import Cell, Chart, Column, Grid, Note, Panel, Section, cell
from quanyu.report.rows import Cohort
from quanyu.report.sections.grids import heat_cell, twin
from quanyu.report.writer import Writer

SHOWN_COHORTS = 13
SHOWN_MONTHS = 12
LEAST_PERIODS = 3


def cohorts(data: ReportData, writer: Writer) -> Section:
    """Return the section on cohorts of first purchase."""
    title = writer.word("cohorts.title")
    by_month: dict[date, list[Cohort]] = {}
    for row in data.cohorts:
        by_month.setdefault(row.cohort_month, []).append(row)
    if not by_month:
        return Section("cohorts", title, (Panel(title, "", (Note(writer.text("cohorts.nothing"), "caution"),)),))
    shown = sorted(by_month)[-SHOWN_COHORTS:]
    panels = [_triangle(shown, by_month, writer), _lines(shown, by_month, writer)]
    return Section("cohorts", title, tuple(panel for panel in panels if panel is not None))


def _rate(row: Cohort, writer: Writer) -> Figure:
    name = f"cohorts.{row.cohort_month:%Y-%m}.{row.period_no}"
    return writer.rate(name, row.retention_rate, "retention", reason="zero_base", behind=row.buyers)


def _triangle(shown: list[date], by_month: dict[date, list[Cohort]], writer: Writer) -> Panel:
    longest = min(SHOWN_MONTHS, max(row.period_no for month in shown for row in by_month[month]))
    most = max((row.retention_rate or 0 for month in shown for row in by_month[month] if row.period_no), default=1.0)
    rows: list[tuple[Cell, ...]] = []
    for month in shown:
        found = {row.period_no: row for row in by_month[month]}
        persons = writer.persons(f"cohorts.{month:%Y-%m}.persons", by_month[month][0].persons, "cohort_persons")
        cells = [cell(f"{month:%Y-%m}"), cell(persons)]
        for number in range(1, longest + 1):
            row = found.get(number)
            if row is None:
                cells.append(Cell("", "", "future"))
            else:
                cells.append(heat_cell(_rate(row, writer), most, "" if row.is_complete else "open"))
        rows.append(tuple(cells))
    columns = (
        Column(writer.word("cohorts.month"), is_number=False),
        Column(writer.word("cohorts.persons"), "cohort_persons"),
        *(
            Column(str(writer.text("cohorts.month_after", number=number)), "retention")
            for number in range(1, longest + 1)
        ),
    )
    has_open = any(not row.is_complete for month in shown for row in by_month[month])
    note = writer.text("cohorts.open_note") if has_open else None
    grid = Grid(writer.word("cohorts.triangle"), columns, tuple(rows), look="heat", note=note)
    parts = (Note(writer.text("cohorts.first_cohort_note")), grid)
    return Panel(
        writer.word("cohorts.triangle"), writer.word("cohorts.question"), parts, ("retention", "cohort_persons")
    )


def _lines(shown: list[date], by_month: dict[date, list[Cohort]], writer: Writer) -> Panel | None:
    long_enough = [month for month in shown if max(row.period_no for row in by_month[month]) >= LEAST_PERIODS]
    if not long_enough:
        return None
    chosen = sorted({long_enough[0], long_enough[len(long_enough) // 2], long_enough[-1]})
    longest = min(SHOWN_MONTHS, max(row.period_no for row in by_month[chosen[0]]))
    lines, rows = [], []
    for index, month in enumerate(chosen):
        found = {row.period_no: row for row in by_month[month]}
        known = [found[number] for number in range(1, longest + 1) if number in found]
        figures: list[Figure | None] = [_rate(row, writer) for row in known]
        name = writer.month(month)
        lines.append(Line(name, CATEGORY[index], figures, DASHES[index], is_last_open=not known[-1].is_complete))
        rows.append((name, [figure for figure in figures if figure is not None]))
    axes = Axes([str(number) for number in range(1, longest + 1)], 0, 1, lambda value: f"{value * 100:.0f}%", 280)
    caption, description = writer.word("cohorts.lines"), writer.word("cohorts.lines_description")

    def draw(name: str, width: float) -> Any:
        return line_chart(name, caption, description, lines, axes, width)

    columns = [
        (str(writer.text("cohorts.month_after", number=number)), "retention") for number in range(1, longest + 1)
    ]
    padded = [(name, figures) for name, figures in rows]
    chart = Chart(
        draw("cohorts-wide", 900),
        draw("cohorts-narrow", 340),
        twin(caption, writer.word("cohorts.month"), columns, padded),
    )
    return Panel(caption, writer.word("cohorts.lines_question"), (chart,), ("retention",))
