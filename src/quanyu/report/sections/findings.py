"""Findings: what needs attention most, why, and what to do about it (domain §4.0)."""

from typing import Final

from quanyu.report.figures import Figure
from quanyu.report.html import Html
from quanyu.report.model import ReportData
from quanyu.report.parts import Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.relations.findings import Finding, FindingPart, Recommendation
from quanyu.report.writer import Writer

OPENING: Final = 3
SHOWN: Final = 10
_PARTS_SHOWN: Final = 8
_MILLION: Final = 1_000_000


def findings(data: ReportData, writer: Writer) -> Section | None:
    """Return the section on findings; None when the build made no diagnosis."""
    if not data.findings.diagnoses:
        return None
    title = writer.word("findings.title")
    leading = data.findings.leading
    parts: list[Part] = [Note(_looked(data, writer))]
    if leading:
        parts.append(_list(leading[:SHOWN], writer))
    used = ("finding_impact", "finding_gap", "finding_base", "finding_tested")
    panels = [Panel(title, writer.word("findings.question"), tuple(parts), used)]
    panels += [_detail(data, place, finding, writer) for place, finding in enumerate(leading[:OPENING], start=1)]
    return Section("findings", title, tuple(panels))


def opening_sentences(data: ReportData, writer: Writer) -> list[Html]:
    """Return a sentence for each of the findings that matter most, or one that says there is none."""
    if not data.findings.diagnoses:
        return []
    leading = data.findings.leading[:OPENING]
    if not leading:
        return [writer.text("findings.quiet", tested=_tested(data, writer))]
    return [
        writer.text("findings.opening", number=place, says=row.says(writer.language))
        for place, row in enumerate(leading, start=1)
    ]


def _tested(data: ReportData, writer: Writer) -> Figure:
    return writer.count("findings.tested", sum(row.cells_tested for row in data.findings.diagnoses), "finding_tested")


def _looked(data: ReportData, writer: Writer) -> Html:
    first = data.findings.diagnoses[0]
    return writer.text(
        "findings.looked",
        month=writer.month(first.period_start_date),
        scenarios=writer.count("findings.scenarios", len(data.findings.diagnoses), "finding_tested"),
        computable=writer.count(
            "findings.computable", sum(row.computable for row in data.findings.diagnoses), "finding_tested"
        ),
        indicators=writer.count(
            "findings.indicators", sum(row.indicators for row in data.findings.diagnoses), "finding_tested"
        ),
        tested=_tested(data, writer),
        found=writer.count("findings.leading", len(data.findings.leading), "finding_tested"),
    )


def _impact(row: Finding, writer: Writer) -> Figure:
    return writer.money(f"finding.{row.finding_id}.impact", row.impact_fen, "finding_impact", reason="no_value")


def _gap(row: Finding, writer: Writer) -> Figure:
    return writer.rate(f"finding.{row.finding_id}.gap", row.gap, "finding_gap", reason="zero_base")


def _list(shown: tuple[Finding, ...], writer: Writer) -> Grid:
    rows = tuple(
        (
            cell(place),
            cell(row.says(writer.language), "prose"),
            cell(_impact(row, writer)),
            cell(_gap(row, writer)),
            cell(writer.persons(f"finding.{row.finding_id}.base", row.base_persons, "finding_base")),
            cell(writer.word(f"finding_severity.{row.severity}"), f"severity-{row.severity}"),
            cell(row.playbook(writer.language)),
        )
        for place, row in enumerate(shown, start=1)
    )
    columns = (
        Column(writer.word("findings.rank"), is_number=False),
        Column(writer.word("findings.says"), is_number=False),
        Column(writer.word("findings.impact"), "finding_impact"),
        Column(writer.word("findings.gap"), "finding_gap"),
        Column(writer.word("findings.base"), "finding_base"),
        Column(writer.word("findings.severity"), is_number=False),
        Column(writer.word("findings.playbook"), is_number=False),
    )
    return Grid(writer.word("findings.list"), columns, rows, is_sortable=True)


def _detail(data: ReportData, place: int, finding: Finding, writer: Writer) -> Panel:
    advised = [row for row in data.findings.recommendations if row.finding_id == finding.finding_id]
    made_of = [row for row in data.findings.parts if row.finding_id == finding.finding_id]
    parts: list[Part] = [Note(writer.text("findings.sentence", says=finding.says(writer.language)))]
    parts += [
        _parts(dimension, [row for row in made_of if row.dimension == dimension], finding, writer)
        for dimension in dict.fromkeys(row.dimension for row in made_of)
    ]
    if advised:
        parts.append(_advice(advised, writer))
    title = str(writer.text("findings.detail", number=place))
    used = ("finding_part", "finding_audience") if advised else ("finding_part",)
    return Panel(title, writer.word("findings.detail_question"), tuple(parts), used)


def _parts(dimension: str, rows: list[FindingPart], finding: Finding, writer: Writer) -> Grid:
    shown = sorted(rows, key=lambda row: (-abs(row.contribution), row.part_no, row.effect))
    rest = shown[_PARTS_SHOWN:]
    listed = [
        (
            cell(_value(row, writer)),
            cell(writer.word(f"finding_effects.{row.effect}")),
            cell(_contribution(f"{row.part_no}.{row.effect}", row.contribution, dimension, finding, writer)),
        )
        for row in shown[:_PARTS_SHOWN]
    ]
    if rest:
        total = sum(row.contribution for row in rest)
        name = cell(writer.text("findings.rest", count=len(rest)))
        listed.append((name, cell(""), cell(_contribution("rest", total, dimension, finding, writer))))
    foot = (
        cell(writer.word("findings.sum")),
        cell(""),
        cell(_contribution("sum", sum(row.contribution for row in rows), dimension, finding, writer)),
    )
    columns = (
        Column(writer.word_or(f"dimension_names.{dimension}", dimension), is_number=False),
        Column(writer.word("findings.effect"), is_number=False),
        Column(writer.word("findings.contribution"), "finding_part"),
    )
    caption = str(writer.text("findings.by", dimension=writer.word_or(f"dimension_names.{dimension}", dimension)))
    return Grid(caption, columns, tuple(listed), foot=foot)


def _value(row: FindingPart, writer: Writer) -> str:
    if row.effect == "overlap":
        return writer.word("findings.overlap")
    return row.name(writer.language) or writer.word("findings.no_value")


def _contribution(name: str, amount: int, dimension: str, finding: Finding, writer: Writer) -> Figure:
    key = f"finding.{finding.finding_id}.{dimension}.{name}"
    if finding.unit == "money":
        return writer.money_change(key, amount, "finding_part")
    if finding.unit == "count":
        return writer.count(key, amount, "finding_part")
    return writer.rate_change(key, amount / _MILLION, 0.0, "finding_part")


def _advice(rows: list[Recommendation], writer: Writer) -> Grid:
    listed = tuple(
        (
            cell(row.words("audience", writer.language)),
            cell(
                writer.persons(f"rec.{row.rec_id}.size", row.audience_size, "finding_audience", reason="unknown_rule")
            ),
            cell(
                writer.persons(
                    f"rec.{row.rec_id}.contactable", row.contactable_size, "finding_audience", reason="unknown_rule"
                )
            ),
            cell(row.words("action", writer.language), "prose"),
            cell(row.words("benefit", writer.language), "prose"),
            cell(row.words("timing", writer.language), "prose"),
        )
        for row in rows
    )
    columns = (
        Column(writer.word("findings.audience"), is_number=False),
        Column(writer.word("findings.size"), "finding_audience"),
        Column(writer.word("findings.contactable"), "finding_audience"),
        Column(writer.word("findings.action"), is_number=False),
        Column(writer.word("findings.benefit"), is_number=False),
        Column(writer.word("findings.timing"), is_number=False),
    )
    return Grid(writer.word("findings.advice"), columns, listed)
