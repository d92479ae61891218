"""The appendix: what every figure means and how its table was made, the parameters, the tables of the build."""

from dataclasses import dataclass

from quanyu.config import Language
from quanyu.report.context import ReportContext, StepRecord
from quanyu.report.definitions import DEFINITIONS, Definition
from quanyu.report.model import ReportData
from quanyu.report.parts import Column, Grid, cell
from quanyu.report.writer import Writer
from quanyu.tables import CONTRACTS


@dataclass(frozen=True, slots=True)
class Explained:
    """One definition in words."""

    id: str
    name: str
    formula: str
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One table of the build with its definitions, how it was made, and the queries by which this report read it."""

    name: str
    label: str
    grain: str
    step: StepRecord | None
    definitions: tuple[Explained, ...]
    queries: tuple[tuple[str, str], ...]


def tables(data: ReportData, context: ReportContext, writer: Writer) -> list[TableRecord]:
    """Return the tables that figures come from, in the order of the report, then the other tables of the build."""
    steps = {step.table: step for step in context.steps}
    shown = {figure.definition for figure in writer.figures.values()}
    used: dict[str, list[Definition]] = {}
    for definition in DEFINITIONS.values():
        if definition.id in shown:
            used.setdefault(definition.table, []).append(definition)
    return [_record(name, steps.get(name), used.get(name, []), data, writer) for name in dict.fromkeys([*used, *steps])]


def explained(definition: Definition, writer: Writer) -> Explained:
    """Return a definition in the writer's language."""
    key = f"definitions.{definition.id}"
    return Explained(
        definition.id,
        writer.word(f"terms.{definition.id}"),
        writer.word(f"{key}.formula"),
        writer.word_or(f"{key}.note", ""),
        definition.source,
    )


def _record(
    name: str, step: StepRecord | None, definitions: list[Definition], data: ReportData, writer: Writer
) -> TableRecord:
    contract = CONTRACTS[name] if name in CONTRACTS else None
    label, grain = name, ""
    if contract is not None:
        # Contracts say their grain in English; the key says the same in any language.
        is_zh = writer.language is Language.ZH
        label, grain = (contract.zh, ", ".join(contract.key)) if is_zh else (contract.en, contract.grain)
    queries = tuple(
        (query, sql) for query, sql in data.queries.items() if query == name or query.startswith(f"{name} ")
    )
    found = tuple(explained(definition, writer) for definition in definitions)
    return TableRecord(name, label, grain, step, found, queries)


def parameters(context: ReportContext, writer: Writer) -> Grid | None:
    """Return the parameters of the build; our own defaults are marked."""
    if not context.parameters:
        return None
    rows = []
    for row in context.parameters:
        mark = "overridden" if row.overridden else "proposed" if row.mark == "PROPOSED" else "sourced"
        shown = writer.text(f"appendix.mark_{mark}", mark=row.mark)
        rows.append(
            (
                cell(row.id),
                cell(row.label(writer.language)),
                cell(row.value),
                cell(row.unit),
                cell(shown, f"mark-{mark}"),
            )
        )
    columns = tuple(
        Column(writer.word(f"appendix.{name}"), is_number=False)
        for name in ("parameter", "meaning", "value", "unit", "mark")
    )
    return Grid(writer.word("appendix.parameters"), columns, tuple(rows))
