"""Tables that several sections need: a matrix of flows between stages, and the table twin of a chart."""

from collections.abc import Mapping, Sequence

from quanyu.report.charts.colors import DARK_FROM_STEP, HEAT, heat_step
from quanyu.report.figures import Figure
from quanyu.report.parts import Cell, Column, Grid, cell
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
