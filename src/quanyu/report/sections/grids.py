"""Parts that several sections need: flows between stages as matrix and picture, and the table twin of a chart."""

from collections.abc import Mapping, Sequence
from typing import Any

from quanyu.report.charts.colors import DARK_FROM_STEP, HEAT, heat_step
from quanyu.report.charts.sankey import FLOW_COLOR, Direction, Move, Side, sankey
from quanyu.report.figures import Figure
from quanyu.report.parts import Cell, Chart, Column, Grid, Note, Part, cell
from quanyu.report.rows import Flow
from quanyu.report.writer import Writer

OUTSIDE = "none"


def twin(
    caption: str, first: str, columns: Sequence[tuple[str, str]], rows: Sequence[tuple[str, Sequence[Figure]]]
) -> Grid:
    """Return a table of named rows under columns (label, definition): the numbers of a chart."""
    headings = (Column(first, is_number=False), *(Column(label, definition) for label, definition in columns))
    return Grid(caption, headings, tuple((cell(name), *(cell(figure) for figure in figures)) for name, figures in rows))


def heat_cell(figure: Figure, most: float, css: str = "") -> Cell:
    """Return a cell coloured by its value between 0 and `most`; null stays plain."""
    step = heat_step(None if figure.value is None else float(figure.value), most)
    if step is None:
        return cell(figure, css)
    ink = "#FFFFFF" if step >= DARK_FROM_STEP else "#1B2330"
    return cell(figure, css, style=f"background:{HEAT[step]};color:{ink}")


def flow_matrix(flows: Sequence[Flow], stages: Mapping[str, str], writer: Writer, caption: str) -> Grid:
    """Return the matrix from stage (rows) to stage (columns); the diagonal are those who stayed.

    Persons outside the model before or after stand in a row and column of their own.
    """
    names = {**stages, OUTSIDE: writer.word("flow.outside")}
    found = {(flow.from_stage, flow.to_stage): flow.persons for flow in flows}
    sources = [code for code in names if any(source == code for source, _ in found)]
    targets = [code for code in names if any(target == code for _, target in found)]
    model = flows[0].model
    most = max((count for (source, target), count in found.items() if source != target), default=1)
    rows: list[tuple[Cell, ...]] = []
    for source in sources:
        cells = [cell(names[source])]
        for target in targets:
            figure = writer.persons(f"{model}.flow.{source}.{target}", found.get((source, target), 0), "flow")
            cells.append(cell(figure, "stayed") if source == target else heat_cell(figure, most))
        sent = sum(found.get((source, target), 0) for target in targets)
        rows.append((*cells, cell(writer.persons(f"{model}.flow.{source}.sum", sent, "flow"), "sum")))
    foot = [cell(writer.word("flow.total"))]
    for target in targets:
        reached = sum(found.get((source, target), 0) for source in sources)
        foot.append(cell(writer.persons(f"{model}.flow.sum.{target}", reached, "flow")))
    foot.append(cell(writer.persons(f"{model}.flow.sum.sum", sum(found.values()), "flow")))
    columns = (
        Column(writer.word("flow.from_to"), is_number=False),
        *(Column(names[target]) for target in targets),
        Column(writer.word("flow.total"), "flow"),
    )
    return Grid(caption, columns, tuple(rows), look="flow", foot=tuple(foot), note=writer.text("flow.note"))


def flow_parts(
    flows: Sequence[Flow], deepest_first: Mapping[str, str], writer: Writer, prefix: str, *, lost: str = OUTSIDE
) -> tuple[Part, ...]:
    """Return a sentence, a picture of the movers and the matrix of all flows between two dates.

    `deepest_first` are the stages with their words from the deepest down; `lost` is a stage that counts as leaving,
    as being outside the model does.  Figures of the sentence are named after `prefix`.
    """
    caption = str(writer.text("flow.between", before=flows[0].d0.isoformat(), after=flows[0].d1.isoformat()))
    shallow_first = {stage: deepest_first[stage] for stage in reversed(list(deepest_first))}
    moved = sum(row.persons for row in flows if row.from_stage != row.to_stage)
    note = Note(
        writer.text(
            "flow.moved",
            moved=writer.persons(f"{prefix}.moved", moved, "flow"),
            share=writer.share(f"{prefix}.moved_share", moved, sum(row.persons for row in flows), "flow"),
        )
    )
    matrix = flow_matrix(flows, shallow_first, writer, caption)
    picture = (_picture(flows, deepest_first, caption, writer, lost),) if moved else ()
    return (note, *picture, matrix)


def _picture(flows: Sequence[Flow], deepest_first: Mapping[str, str], caption: str, writer: Writer, lost: str) -> Chart:
    depth = {stage: -place for place, stage in enumerate(deepest_first)}

    def direction(source: str, target: str) -> Direction:
        if source == OUTSIDE:
            return "gained"
        if target in (OUTSIDE, lost):
            return "lost"
        return "deeper" if depth[target] > depth[source] else "shallower"

    moves = [
        Move(
            row.from_stage,
            row.to_stage,
            writer.persons(f"{row.model}.flow.{row.from_stage}.{row.to_stage}", row.persons, "flow"),
            direction(row.from_stage, row.to_stage),
        )
        for row in flows
        if row.from_stage != row.to_stage
    ]
    names = {**deepest_first, OUTSIDE: writer.word("flow.outside")}
    sides = (Side(flows[0].d0.isoformat(), names), Side(flows[0].d1.isoformat(), names))
    title = str(writer.text("flow.picture", between=caption))
    description = writer.word("flow.picture_description")

    def draw(name: str, width: float) -> Any:
        return sankey(name, title, description, moves, sides, width)

    legend = tuple((writer.word(f"flow.{one}"), color) for one, color in FLOW_COLOR.items())
    model = flows[0].model
    return Chart(draw(f"{model}-flow-wide", 900), draw(f"{model}-flow-narrow", 340), None, legend)
