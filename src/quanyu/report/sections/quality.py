"""Data quality: what the checks of the build found."""

from quanyu.report.context import QualityRow, ReportContext
from quanyu.report.parts import Cell, Column, Grid, Note, Panel, Section, cell
from quanyu.report.writer import Writer

_RANK = {"error": 0, "warning": 1, "info": 2}
_TONE = {"error": "bad", "warning": "caution", "info": ""}


def quality(context: ReportContext, writer: Writer) -> Section:
    """Return the section on data quality."""
    title = writer.word("quality.title")
    if not context.quality:
        return Section("quality", title, (Panel(title, "", (Note(writer.text("quality.nothing"), "caution"),)),))
    listed = sorted(
        context.quality,
        key=lambda row: (
            row.rows_failed == 0,
            _RANK[row.severity],
            -row.rows_failed,
            row.check_code,
            row.table_name,
            row.column_name,
        ),
    )
    failed = sum(1 for row in listed if row.rows_failed)
    columns = (
        Column(writer.word("quality.check"), is_number=False),
        Column(writer.word("quality.place"), is_number=False),
        Column(writer.word("quality.severity"), is_number=False),
        Column(writer.word("terms.quality_checked"), "quality_checked"),
        Column(writer.word("terms.quality_failed"), "quality_failed"),
        Column(writer.word("quality.rate")),
        Column(writer.word("quality.sample"), is_number=False),
    )
    grid = Grid(title, columns, tuple(_row(row, writer) for row in listed), is_sortable=True)
    found = writer.count("quality.checks_failed", failed, "quality_failed")
    checks = writer.count("quality.checks", len(listed), "quality_checked")
    note = Note(writer.text("quality.summary", failed=found, checks=checks), "caution" if failed else "good")
    used = ("quality_checked", "quality_failed")
    return Section("quality", title, (Panel(title, writer.word("quality.question"), (note, grid), used),))


def _row(row: QualityRow, writer: Writer) -> tuple[Cell, ...]:
    name = f"quality.{row.check_code}.{row.table_name}.{row.column_name}"
    place = f"{row.table_name}.{row.column_name}" if row.column_name else row.table_name
    return (
        cell(writer.word_or(f"checks.{row.check_code}", row.check_code)),
        cell(place),
        cell(writer.word(f"severity.{row.severity}"), _TONE[row.severity] if row.rows_failed else ""),
        cell(writer.count(f"{name}.checked", row.rows_checked, "quality_checked")),
        cell(writer.count(f"{name}.failed", row.rows_failed, "quality_failed")),
        cell(writer.rate(f"{name}.rate", row.failed_rate, "quality_failed", reason="nothing_checked")),
        cell(row.sample or ""),
    )
