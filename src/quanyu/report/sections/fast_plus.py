"""FAST+: sustainable relations, whether they deepen, which venue pulls, what they are worth (M-08 – M-12, M-41)."""

from typing import Final

from quanyu.report.figures import Figure
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Cell, Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.relations.fast_plus import Capital, ClvCell, Venue
from quanyu.report.sections.grids import flow_parts, heat_cell
from quanyu.report.sections.readiness import not_computable
from quanyu.report.writer import Writer

LAYERS: Final = ("l1", "l2", "l3", "l4", "l5")
CELLS: Final = ("core", "opportunity", "maintain", "watch")
REASON_SHOWN: Final = 12


def fast_plus(data: ReportData, writer: Writer) -> Section:
    """Return the section on FAST+ in the last complete period of the industry's length."""
    title = writer.word("fast_plus.title")
    now = data.fast_plus.period
    lacking = not_computable(data.readiness, "fp_capital", writer)
    if lacking or now is None or not (now.capital or now.previous_capital):
        parts = lacking or (Note(writer.text("fast_plus.nothing"), "caution"),)
        return Section("fast-plus", title, (Panel(title, writer.word("fast_plus.question"), parts),))
    # Models without their data are told in the first panel, with what to connect.
    ready = {model: not data.readiness.lacking(model) for model in ("fp_layer", "fp_connection", "fp_clv")}
    panels = [
        _four(data, now, writer),
        _layers(data, now, writer) if ready["fp_layer"] else None,
        _venues(data, now, writer) if ready["fp_connection"] else None,
        _reach(data, writer),
        _matrix(data, writer) if ready["fp_layer"] and ready["fp_clv"] else None,
        _first_purchase(data, writer),
    ]
    return Section("fast-plus", title, tuple(panel for panel in panels if panel is not None))


def _four(data: ReportData, now: Capital, writer: Writer) -> Panel:
    makers = {"fp_layer": _deepening, "fp_connection": _connection, "fp_clv": _clv}
    cards, notes = [_relations(now, writer)], list[Part]()
    for model, make in makers.items():
        lacking = not_computable(data.readiness, model, writer)
        notes += lacking
        cards += () if lacking else make(data, now, writer)
    parts: list[Part] = [Cards(tuple(cards), "two"), *notes]
    parts.append(Note(writer.text("fast_plus.clv_note")))
    start, end = now.period_start_date.isoformat(), now.date.isoformat()
    title = str(writer.text("fast_plus.four", start=start, end=end))
    used = ("fp_capital", "fp_effective", "fp_deepening", "fp_cohort", "fp_connection", "fp_own", "fp_spread")
    return Panel(title, writer.word("fast_plus.question"), tuple(parts), used)


def _relations(now: Capital, writer: Writer) -> Card:
    figure = writer.persons("fp.capital", now.capital, "fp_capital")
    compared = (
        (
            writer.word("fast_plus.against"),
            writer.change("fp.capital.change", now.capital, now.previous_capital, "fp_capital", reason="zero_base"),
        ),
        (writer.word("fast_plus.new"), writer.persons("fp.new", now.new_persons, "fp_capital")),
        (writer.word("fast_plus.ended"), writer.persons("fp.ended", now.ended_persons, "fp_capital")),
        (
            writer.word("fast_plus.effective"),
            writer.rate("fp.effective", now.effective_private_rate, "fp_effective", reason="zero_base"),
        ),
        (
            writer.word("fast_plus.per_person"),
            writer.ratio("fp.per_person", now.relations_per_person, "fp_capital", reason="zero_base"),
        ),
    )
    return Card(writer.word("fast_plus.capital"), "fp_capital", figure, compared)


def _deepening(data: ReportData, now: Capital, writer: Writer) -> tuple[Card, ...]:
    row = next((row for row in data.fast_plus.deepening if row.period_no == now.period_no), None)
    if row is None:
        return ()
    literal = writer.rate("fp.deepening", row.deepening_rate, "fp_deepening", reason="no_previous_capital")
    compared = (
        (
            writer.word("fast_plus.cohort"),
            writer.rate("fp.cohort", row.deepening_cohort_rate, "fp_cohort", reason="no_previous_capital"),
        ),
        (writer.word("fast_plus.deepened"), writer.persons("fp.deepened", row.deepened, "fp_deepening")),
        (
            writer.word("fast_plus.previous_capital"),
            writer.persons("fp.previous_capital", row.previous_capital, "fp_capital"),
        ),
    )
    return (Card(writer.word("fast_plus.deepening"), "fp_deepening", literal, compared),)


def _connection(data: ReportData, now: Capital, writer: Writer) -> tuple[Card, ...]:
    row = next((row for row in data.fast_plus.venues if row.period_no == now.period_no and row.venue == "all"), None)
    figure = writer.rate("fp.venue.all", row.connection if row else None, "fp_connection", reason="no_venue_visits")
    compared: tuple[tuple[str, Figure], ...] = ()
    if row is not None:
        compared = (
            (writer.word("fast_plus.visitors"), writer.count("fp.venue.all.visitors", row.visitors, "fp_connection")),
            (
                writer.word("fast_plus.active"),
                writer.persons("fp.venue.all.active", row.active_persons, "fp_connection"),
            ),
        )
    return (Card(writer.word("fast_plus.connection"), "fp_connection", figure, compared),)


def _clv(data: ReportData, now: Capital, writer: Writer) -> tuple[Card, ...]:
    row = next((row for row in data.fast_plus.clv if row.period_no == now.period_no and row.horizon == "period"), None)
    if row is None:
        return ()
    own = writer.money("fp.clv.own", row.own_fen, "fp_own")
    share = writer.rate("fp.clv.spread_share", row.spread_sales_share, "fp_spread", reason="no_sales")
    compared = (
        (writer.word("fast_plus.spread"), writer.money("fp.clv.spread", row.spread_fen, "fp_spread")),
        (writer.word("fast_plus.spread_share"), share),
        (writer.word("fast_plus.sharers"), writer.persons("fp.clv.sharers", row.sharers, "fp_spread")),
    )
    return (Card(writer.word("fast_plus.clv"), "fp_own", own, compared),)


def _layers(data: ReportData, now: Capital, writer: Writer) -> Panel | None:
    rows = {row.closing_layer: row for row in data.fast_plus.layers if row.period_no == now.period_no}
    if not any(layer in rows for layer in LAYERS):
        return None
    names = {layer: writer.word(f"layers.{layer}") for layer in LAYERS}
    total = sum(rows[layer].persons for layer in LAYERS if layer in rows)
    cards = []
    for layer, name in names.items():
        count = rows[layer].persons if layer in rows else 0
        share = writer.share(f"fp.{layer}.share", count, total, "fp_layer")
        figure = writer.persons(f"fp.{layer}", count, "fp_layer")
        note = writer.text(f"layers.{layer}_is")
        cards.append(Card(name, "fp_layer", figure, ((writer.word("fast_plus.share"), share),), note=note))
    parts: list[Part] = [Cards(tuple(cards), "stages")]
    flows = [row for row in data.flows if row.model == "fp_layer"]
    if flows:
        parts.append(Note(writer.text("fast_plus.layer_note"), "info"))
        deepest_first = dict(reversed(list(names.items())))
        parts += flow_parts(flows, deepest_first, writer, "fp")
    question = writer.word("fast_plus.layers_question")
    return Panel(writer.word("fast_plus.layers"), question, tuple(parts), ("fp_layer", "flow"))


def _venues(data: ReportData, now: Capital, writer: Writer) -> Panel | None:
    rows = [row for row in data.fast_plus.venues if row.period_no == now.period_no and row.venue != "all"]
    if not rows:
        return None
    shown = sorted(rows, key=lambda row: (-row.visitors, row.venue))
    columns = (
        Column(writer.word("fast_plus.venue"), is_number=False),
        Column(writer.word("fast_plus.visitors"), "fp_connection"),
        Column(writer.word("fast_plus.connection"), "fp_connection"),
        Column(writer.word("fast_plus.attraction"), "fp_attraction"),
        Column(writer.word("fast_plus.settling"), "fp_settling"),
        Column(writer.word("fast_plus.closing"), "fp_closing"),
        Column(writer.word("fast_plus.buyers"), "fp_closing"),
    )
    grid = Grid(
        writer.word("fast_plus.venues"),
        columns,
        tuple(_venue(row, writer) for row in shown),
        is_sortable=True,
        note=writer.text("fast_plus.venue_note"),
    )
    used = ("fp_connection", "fp_attraction", "fp_settling", "fp_closing")
    return Panel(writer.word("fast_plus.venues"), writer.word("fast_plus.venues_question"), (grid,), used)


def _venue(row: Venue, writer: Writer) -> tuple[Cell, ...]:
    key = f"fp.venue.{row.venue}"
    empty = "no_venue_visits"
    return (
        cell(writer.word(f"venues.{row.venue}")),
        cell(writer.count(f"{key}.visitors", row.visitors, "fp_connection")),
        heat_cell(writer.rate(key, row.connection, "fp_connection", reason=empty), 1.0),
        cell(writer.rate(f"{key}.attraction", row.attraction, "fp_attraction", reason=empty)),
        cell(writer.rate(f"{key}.settling", row.settling, "fp_settling", reason=empty)),
        cell(writer.rate(f"{key}.closing", row.closing, "fp_closing", reason=empty)),
        cell(writer.persons(f"{key}.buyers", row.buyers, "fp_closing")),
    )


def _reach(data: ReportData, writer: Writer) -> Panel | None:
    if not data.fast_plus.reach:
        return None
    listed = sorted(data.fast_plus.reach, key=lambda row: (-row.channel_persons, row.channel_id, -row.persons))
    rows = []
    for row in listed[:REASON_SHOWN]:
        key = f"fp.reach.{row.channel_id}.{row.reason}"
        rows.append(
            (
                cell(_channel(row.channel_id, data, writer)),
                cell(writer.word(f"reach.{row.reason}")),
                cell(writer.persons(key, row.persons, "fp_reach")),
                cell(writer.share(f"{key}.share", row.persons, row.channel_persons, "fp_reach")),
            )
        )
    columns = (
        Column(writer.word("fast_plus.channel"), is_number=False),
        Column(writer.word("fast_plus.reason"), is_number=False),
        Column(writer.word("fast_plus.persons"), "fp_reach"),
        Column(writer.word("fast_plus.share"), "fp_reach"),
    )
    grid = Grid(writer.word("fast_plus.reach"), columns, tuple(rows), is_sortable=True)
    return Panel(writer.word("fast_plus.reach"), writer.word("fast_plus.reach_question"), (grid,), ("fp_reach",))


def _channel(channel: str, data: ReportData, writer: Writer) -> str:
    if channel.startswith("type:"):
        return writer.word(f"relation_types.{channel.removeprefix('type:')}")
    return data.names.of("channel", channel, writer.language)


def _matrix(data: ReportData, writer: Writer) -> Panel | None:
    rows = [row for row in data.fast_plus.matrix if row.persons]
    if not rows:
        return None
    most = max(row.persons for row in rows)
    listed = sorted(rows, key=lambda row: (not row.layer_high, not row.own_high, not row.spread_high))
    columns = (
        Column(writer.word("fast_plus.cell"), is_number=False),
        Column(writer.word("fast_plus.persons"), "fp_matrix"),
        Column(writer.word("fast_plus.own"), "fp_own"),
        Column(writer.word("fast_plus.spread"), "fp_spread"),
        Column(writer.word("fast_plus.advice"), is_number=False),
    )
    cut = writer.money("fp.matrix.cut", rows[0].own_cut_fen, "fp_matrix", reason="no_buyers")
    grid = Grid(
        writer.word("fast_plus.matrix"),
        columns,
        tuple(_cell(row, most, writer) for row in listed),
        note=writer.text("fast_plus.matrix_note", cut=cut),
    )
    return Panel(writer.word("fast_plus.matrix"), writer.word("fast_plus.matrix_question"), (grid,), ("fp_matrix",))


def _cell(row: ClvCell, most: int, writer: Writer) -> tuple[Cell, ...]:
    code = "".join("1" if high else "0" for high in (row.layer_high, row.own_high, row.spread_high))
    key = f"fp.matrix.{code}"
    return (
        cell(writer.word(f"clv_cells.{code}"), sort=code),
        heat_cell(writer.persons(f"{key}.persons", row.persons, "fp_matrix"), most),
        cell(writer.money(f"{key}.own", row.own_fen, "fp_own", behind=row.persons)),
        cell(writer.money(f"{key}.spread", row.spread_fen, "fp_spread", behind=row.persons)),
        cell(writer.word(f"clv_cells.{code}_advice"), "prose"),
    )


def _first_purchase(data: ReportData, writer: Writer) -> Panel | None:
    if not data.fast_plus.first_purchase:
        return None
    listed = sorted(data.fast_plus.first_purchase, key=lambda row: (CELLS.index(row.cell), -row.size, row.segment))
    rows = tuple(
        (
            cell(data.names.of("channel", row.segment, writer.language)),
            cell(writer.persons(f"fp.first.{row.segment}.size", row.size, "fp_first")),
            cell(writer.rate(f"fp.first.{row.segment}", row.conversion, "fp_first", reason="zero_base")),
            cell(writer.word(f"matrix_cells.{row.cell}")),
            cell(writer.word(f"matrix_cells.{row.cell}_advice"), "prose"),
        )
        for row in listed
    )
    columns = (
        Column(writer.word("fast_plus.segment"), is_number=False),
        Column(writer.word("fast_plus.persons"), "fp_first"),
        Column(writer.word("fast_plus.conversion"), "fp_first"),
        Column(writer.word("fast_plus.cell"), is_number=False),
        Column(writer.word("fast_plus.advice"), is_number=False),
    )
    grid = Grid(writer.word("fast_plus.first"), columns, rows, is_sortable=True)
    return Panel(writer.word("fast_plus.first"), writer.word("fast_plus.first_question"), (grid,), ("fp_first",))
