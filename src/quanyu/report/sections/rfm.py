"""RFM: eight groups as a labelled grid, where people went since the last snapshot, the cuts, the 27 cells (M-22)."""

from quanyu.report.figures import Figure
from quanyu.report.html import Html
from quanyu.report.model import ReportData
from quanyu.report.parts import Column, Custom, Grid, Note, Panel, Part, Section, cell
from quanyu.report.rows import RfmCut
from quanyu.report.sections.grids import flow_matrix, heat_cell
from quanyu.report.writer import Writer

# Two rows (monetary value high, low) of four columns (recency and frequency: both high, … both low).
GRID = (("111", "101", "011", "001"), ("110", "100", "010", "000"))


def rfm(data: ReportData, writer: Writer) -> Section:
    """Return the section on RFM as of the build's date."""
    title = writer.word("rfm.title")
    now = {row.code: row for row in data.rfm if row.date == data.as_of}
    if not now or data.rfm_cut is None:
        return Section("rfm", title, (Panel(title, "", (Note(writer.text("rfm.nothing"), "caution"),)),))
    panels = [_grid(data, data.rfm_cut, writer), _flow(data, writer), _bands(data, data.rfm_cut, writer)]
    return Section("rfm", title, tuple(panel for panel in panels if panel is not None))


def _grid(data: ReportData, cut: RfmCut, writer: Writer) -> Panel:
    now = {row.code: row for row in data.rfm if row.date == data.as_of}
    before = {row.code: row for row in data.rfm if row.date == data.previous_date}
    persons = sum(row.persons for row in now.values())
    most = max(row.persons for row in now.values())

    def box(code: str) -> dict[str, object]:
        row, earlier = now.get(code), before.get(code)
        count, net = (row.persons, row.net_fen) if row else (0, 0)
        name = f"rfm.{code}"
        per_person = round(net / count) if count else None
        return {
            "name": writer.word(f"rfm_groups.{code}"),
            "advice": writer.word(f"rfm_groups.{code}_meaning"),
            "persons": writer.persons(f"{name}.persons", count, "rfm_persons"),
            "share": writer.share(f"{name}.share", count, persons, "rfm_share"),
            "net": writer.money(f"{name}.net_sales", net, "rfm_net_sales", behind=count),
            "per_person": writer.money(
                f"{name}.per_person", per_person, "rfm_per_person", reason="no_persons", behind=count
            ),
            "change": writer.change(
                f"{name}.change",
                count,
                (earlier.persons if earlier else 0) if before else None,
                "rfm_persons",
                reason="no_snapshot_before",
            ),
            "bar": f"{100 * count / most:.1f}",
        }

    parts: tuple[Part, ...] = (
        Note(_cut_sentence(cut, writer)),
        Custom(
            "rfm",
            {"rows": [(row, [box(code) for code in codes]) for row, codes in zip(("high", "low"), GRID, strict=True)]},
        ),
        Note(writer.text("rfm.grid_note", persons=writer.persons("rfm.persons", persons, "rfm_persons"))),
    )
    used = ("rfm_persons", "rfm_share", "rfm_net_sales", "rfm_per_person", "rfm_cut")
    title = str(writer.text("rfm.grid", date=data.as_of.isoformat()))
    return Panel(title, writer.word("rfm.grid_question"), parts, used)


def _cut_sentence(cut: RfmCut, writer: Writer) -> Html:
    return writer.text(
        "rfm.cuts",
        mode=writer.word(f"rfm_modes.{cut.mode}"),
        window=writer.count("rfm.cut.window_days", cut.window_days, "rfm_cut"),
        recency=writer.count("rfm.cut.recency_days", cut.recency_cut_days, "rfm_cut", reason="all_alike"),
        frequency=writer.count("rfm.cut.frequency", cut.frequency_cut, "rfm_cut", reason="all_alike"),
        monetary=writer.money("rfm.cut.monetary", cut.monetary_cut_fen, "rfm_cut", reason="all_alike"),
    )


def _flow(data: ReportData, writer: Writer) -> Panel | None:
    flows = [row for row in data.flows if row.model == "rfm"]
    if not flows:
        return None
    caption = str(writer.text("flow.between", before=flows[0].d0.isoformat(), after=flows[0].d1.isoformat()))
    names = {code: writer.word(f"rfm_groups.{code}") for row in GRID for code in row}
    grid = flow_matrix(flows, names, writer, caption)
    moved = sum(row.persons for row in flows if row.from_stage != row.to_stage)
    total = sum(row.persons for row in flows)
    note = Note(
        writer.text(
            "flow.moved",
            moved=writer.persons("rfm.moved", moved, "flow"),
            share=writer.share("rfm.moved_share", moved, total, "flow"),
        )
    )
    return Panel(writer.word("rfm.flow"), writer.word("rfm.flow_question"), (note, grid), ("flow",))


def _bands(data: ReportData, cut: RfmCut, writer: Writer) -> Panel:
    found = {row.band_code: row for row in data.rfm_bands}
    most = max((row.persons for row in data.rfm_bands), default=1)
    rows = []
    for recency in "321":
        for frequency in "321":
            label = writer.text(
                "rfm.band_row", recency=writer.word(f"bands.{recency}"), frequency=writer.word(f"bands.{frequency}")
            )
            cells = [cell(label, sort=recency + frequency)]
            for monetary in "321":
                code = f"r{recency}f{frequency}m{monetary}"
                count = found[code].persons if code in found else 0
                cells.append(heat_cell(writer.persons(f"rfm.{code}.persons", count, "rfm_persons"), most))
            rows.append(tuple(cells))
    columns = (
        Column(writer.word("rfm.band_head"), is_number=False),
        *(
            Column(str(writer.text("rfm.band_column", monetary=writer.word(f"bands.{band}"))), "rfm_persons")
            for band in "321"
        ),
    )
    grid = Grid(writer.word("rfm.bands"), columns, tuple(rows), look="heat")
    note = Note(writer.text("rfm.band_cuts", **_band_cuts(cut, writer)))
    return Panel(writer.word("rfm.bands"), writer.word("rfm.bands_question"), (note, grid), ("rfm_persons", "rfm_cut"))


def _band_cuts(cut: RfmCut, writer: Writer) -> dict[str, Figure]:
    def days(name: str, value: int | None) -> Figure:
        return writer.count(f"rfm.band.{name}", value, "rfm_cut", reason="all_alike")

    def amount(name: str, value: int | None) -> Figure:
        return writer.money(f"rfm.band.{name}", value, "rfm_cut", reason="all_alike")

    return {
        "recency_3": days("recency_3", cut.recency_band_3_days),
        "recency_2": days("recency_2", cut.recency_band_2_days),
        "frequency_3": days("frequency_3", cut.frequency_band_3),
        "frequency_2": days("frequency_2", cut.frequency_band_2),
        "monetary_3": amount("monetary_3", cut.monetary_band_3_fen),
        "monetary_2": amount("monetary_2", cut.monetary_band_2_fen),
    }
