"""STAR·5R: how big, how well built, how lively and how valuable the brand's crowd is (M-01 – M-05)."""

from collections.abc import Callable, Mapping
from typing import Any

from quanyu.report.charts.colors import ORDERED
from quanyu.report.charts.stacked import Layer, stacked_chart
from quanyu.report.figures import Figure
from quanyu.report.html import Html
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Cell, Chart, Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.relations.names import UNKNOWN
from quanyu.report.relations.star import SHOWN_PLACES, Health, Movement, Returning, Scale
from quanyu.report.sections.grids import flow_parts, heat_cell
from quanyu.report.sections.readiness import guarded, not_computable
from quanyu.report.writer import Writer

STAGES = ("r1", "r2", "r3", "r4", "r5")
_FLOWS = ("acquire", "reserve", "seed", "convert")
_QUADRANTS = ("opportunity", "potential", "breakthrough", "exploration")
_LIGHT_TEXT_FROM = 3


def star(data: ReportData, writer: Writer) -> Section:
    """Return the section on STAR·5R as of the build's date, against the snapshot before."""
    title = writer.word("star.title")
    health = _health(data)
    lacking = not_computable(data.readiness, "star_5r", writer)
    if lacking or health is None or not health.asset_persons:
        parts = lacking or (Note(writer.text("star.nothing"), "caution"),)
        return Section("star", title, (Panel(title, writer.word("star.question"), parts),))
    panels = [
        _scale(data, health, writer),
        _channels(data, writer),
        _structure(data, health, writer),
        _flow(data, writer),
        _value(data, writer),
        guarded(data.readiness, "product_5r", writer.word("star.products"), writer, lambda: _products(data, writer)),
    ]
    return Section("star", title, tuple(panel for panel in panels if panel is not None))


def stage_names(writer: Writer) -> dict[str, str]:
    """Return the full names of the stages by code, shallowest first."""
    return {stage: writer.word(f"stages_5r.{stage}") for stage in STAGES}


def asset_figure(data: ReportData, writer: Writer) -> Figure | None:
    """Return the crowd assets as of the build's date; None when there are none."""
    health = _health(data)
    return writer.persons("star.assets", health.asset_persons, "star_assets") if health else None


def asset_growth(data: ReportData, writer: Writer) -> Figure | None:
    """Return the change of the crowd assets since the snapshot before; None when there are none."""
    health = _health(data)
    if health is None:
        return None
    before = health.previous_asset_persons
    return writer.change("star.assets.change", health.asset_persons, before, "star_assets", reason="no_snapshot_before")


def _health(data: ReportData) -> Health | None:
    return next((row for row in data.star.health if row.date == data.as_of), None)


def _of_date(data: ReportData) -> dict[str, Scale]:
    return {row.stage: row for row in data.star.scale if row.date == data.as_of}


def _total(rows: Mapping[str, Scale], measure: Callable[[Scale], int | None]) -> int | None:
    values = [measure(row) for row in rows.values()]
    return None if None in values else sum(value or 0 for value in values)


def _scale(data: ReportData, health: Health, writer: Writer) -> Panel:
    rows = _of_date(data)
    cards = []
    for stage, name in stage_names(writer).items():
        row = rows.get(stage)
        count = row.persons if row else 0
        before = row.previous_persons if row else None
        change = writer.change(f"star.{stage}.change", count, before, "star_persons", reason="no_snapshot_before")
        figure = _persons(data.as_of.isoformat(), stage, count, writer)
        cards.append(Card(name, "star_persons", figure, ((writer.word("star.against"), change),)))
    kinds = {
        "new": _total(rows, lambda row: row.new_persons),
        "returned": _total(rows, lambda row: row.returned_persons),
        "old": _total(rows, lambda row: row.old_persons),
    }
    figures = {
        kind: writer.persons(f"star.{kind}", count, f"star_{kind}", reason="no_snapshot_before")
        for kind, count in kinds.items()
    }
    sentence = writer.text(
        "star.assets",
        assets=asset_figure(data, writer),
        change=asset_growth(data, writer),
        **figures,
    )
    history = _history(data, writer)
    parts: tuple[Part, ...] = (Note(sentence), Cards(tuple(cards), "stages"), *((history,) if history else ()))
    used = ("star_assets", "star_persons", "star_new", "star_returned", "star_old", "star_share")
    return Panel(writer.word("star.scale"), writer.word("star.scale_question"), parts, used)


def _persons(date: str, stage: str, count: int, writer: Writer) -> Figure:
    return writer.persons(f"star.{date}.{stage}.persons", count, "star_persons")


def _history(data: ReportData, writer: Writer) -> Chart | None:
    dates = sorted({row.date for row in data.star.scale})
    if len(dates) < 2:
        return None
    found = {(row.date, row.stage): row.persons for row in data.star.scale}
    names = stage_names(writer)
    shares: dict[str, list[Figure]] = {stage: [] for stage in STAGES}
    rows: list[tuple[Cell, ...]] = []
    for date in dates:
        everyone = sum(found.get((date, stage), 0) for stage in STAGES)
        cells = [cell(date.isoformat())]
        for stage in STAGES:
            count = found.get((date, stage), 0)
            share = writer.share(f"star.{date.isoformat()}.{stage}.share", count, everyone, "star_share")
            shares[stage].append(share)
            cells += [cell(_persons(date.isoformat(), stage, count, writer)), cell(share)]
        rows.append(tuple(cells))
    columns = [Column(writer.word("star.date"), is_number=False)]
    for name in names.values():
        columns += [Column(name, "star_persons"), Column(f"{name} %", "star_share")]
    deep_first = tuple(reversed(STAGES))
    layers = [
        Layer(names[stage], _color(stage), STAGES.index(stage) >= _LIGHT_TEXT_FROM, shares[stage])
        for stage in deep_first
    ]
    caption, labels = writer.word("star.history"), [writer.month_short(date) for date in dates]

    def draw(name: str, width: float) -> Any:
        return stacked_chart(name, caption, writer.word("star.history_description"), layers, labels, width)

    legend = tuple((names[stage], _color(stage)) for stage in deep_first)
    return Chart(draw("star-wide", 900), draw("star-narrow", 340), Grid(caption, tuple(columns), tuple(rows)), legend)


def _color(stage: str) -> str:
    return ORDERED[STAGES.index(stage)]


def _channels(data: ReportData, writer: Writer) -> Panel | None:
    if not data.star.places:
        return None
    found = {(row.split_id, row.stage): row for row in data.star.places}
    totals = {place: sum(row.persons for row in data.star.places if row.split_id == place) for place, _ in found}
    shown = sorted(totals, key=lambda place: (-totals[place], place))[:SHOWN_PLACES]
    most = max(row.persons for row in data.star.places)
    rows = []
    for place in shown:
        cells = [cell(_channel_name(data, place, writer))]
        for stage in STAGES:
            row = found.get((place, stage))
            name = f"star.channel.{place}.{stage}"
            cells.append(heat_cell(writer.persons(name, row.persons if row else 0, "star_channel"), most))
        cells.append(cell(writer.persons(f"star.channel.{place}", totals[place], "star_channel"), "sum"))
        rows.append(tuple(cells))
    columns = (
        Column(writer.word("star.channel"), is_number=False),
        *(Column(name, "star_channel") for name in stage_names(writer).values()),
        Column(writer.word("star.total"), "star_channel"),
    )
    grid = Grid(writer.word("star.by_channel"), columns, tuple(rows), look="heat", note=_overlap(data, writer))
    question = writer.word("star.by_channel_question")
    return Panel(
        writer.word("star.by_channel"), question, (grid,), ("star_channel", "star_overlap", "star_unidentified")
    )


def _overlap(data: ReportData, writer: Writer) -> Html | None:
    total = next((row for row in data.star.overlap if row.stage == "total"), None)
    if total is None:
        return None
    unknown = next((row.visitors for row in data.star.unidentified if row.split == "all"), 0)
    return writer.text(
        "star.overlap",
        sum=writer.persons("star.channel_sum", total.sum_of_channels, "star_overlap"),
        dedup=writer.persons("star.channel_dedup", total.dedup_total, "star_overlap"),
        overlap=writer.persons("star.channel_overlap", total.overlap, "star_overlap"),
        unidentified=writer.count("star.unidentified", unknown, "star_unidentified"),
    )


def _channel_name(data: ReportData, channel: str, writer: Writer) -> str:
    if channel == UNKNOWN:
        return writer.word("star.unknown_channel")
    return data.names.of("channel", channel, writer.language)


def _structure(data: ReportData, health: Health, writer: Writer) -> Panel:
    rows = []
    for row in sorted(data.star.structure, key=lambda row: row.stage):
        name = f"star.{data.as_of.isoformat()}.{row.stage}.share"
        share = writer.rate(name, row.share, "star_share", reason="zero_base")
        rows.append(
            (
                cell(stage_names(writer)[row.stage]),
                cell(share, "bar", style=f"--share:{100 * (row.share or 0):.1f}%"),
                cell(_rate(f"star.{row.stage}.previous_share", row.previous_share, "no_snapshot_before", writer)),
                cell(
                    writer.rate_change(
                        f"star.{row.stage}.share_change",
                        row.share,
                        row.previous_share,
                        "star_share",
                        reason="no_snapshot_before",
                    )
                ),
                cell(_rate(f"star.{row.stage}.benchmark_share", row.benchmark_share, "no_benchmark", writer)),
            )
        )
    columns = (
        Column(writer.word("star.stage"), is_number=False),
        *(Column(writer.word(f"star.{name}"), "star_share") for name in ("share", "before", "change", "benchmark")),
    )
    sentence = writer.text(
        "star.health",
        deep=writer.rate("star.deep_share", health.deep_share, "star_deep_share", reason="zero_base"),
        previous=writer.rate("star.tvd_previous", health.tvd_previous, "star_tvd", reason="no_snapshot_before"),
        benchmark=writer.rate("star.tvd_benchmark", health.tvd_benchmark, "star_tvd", reason="no_benchmark"),
    )
    parts = (Note(sentence), Grid(writer.word("star.structure"), columns, tuple(rows)))
    used = ("star_share", "star_deep_share", "star_tvd")
    return Panel(writer.word("star.structure"), writer.word("star.structure_question"), parts, used)


def _rate(name: str, value: float | None, reason: str, writer: Writer) -> Figure:
    return writer.rate(name, value, "star_share", reason=reason)


def _flow(data: ReportData, writer: Writer) -> Panel | None:
    flows = [row for row in data.flows if row.model == "5r"]
    if not flows or not data.star.movement:
        return None
    deep_first = dict(reversed(list(stage_names(writer).items())))
    parts = (*_named(data, writer), *flow_parts(flows, deep_first, writer, "star"), _movement(data, writer))
    used = ("flow", "star_named_flow", "star_move_rate")
    return Panel(writer.word("star.flow"), writer.word("star.flow_question"), parts, used)


def _named(data: ReportData, writer: Writer) -> tuple[Part, ...]:
    found = {row.named_flow: row for row in data.star.named}
    cards = []
    for code in _FLOWS:
        if code not in found:
            continue
        row = found[code]
        outside = writer.persons(f"star.flow.{code}.outside", row.outside_persons, "star_named_flow")
        compared = [(writer.word("star.from_outside"), outside)]
        if row.base_persons is not None:
            rate = writer.rate(f"star.flow.{code}.rate", row.rate, "star_named_flow", reason="zero_base")
            compared.append((writer.word("star.inflow_rate"), rate))
        figure = writer.persons(f"star.flow.{code}", row.persons, "star_named_flow")
        note = writer.text(f"named_flows.{code}_is")
        cards.append(Card(writer.word(f"named_flows.{code}"), "star_named_flow", figure, tuple(compared), note=note))
    return (Cards(tuple(cards)),) if cards else ()


def _movement(data: ReportData, writer: Writer) -> Grid:
    names = {**stage_names(writer), "total": writer.word("star.all_assets")}
    found = {row.stage: row for row in data.star.movement}
    rows = tuple(_moved(found[stage], name, writer) for stage, name in names.items() if stage in found)
    columns = (
        Column(writer.word("star.opening_stage"), is_number=False),
        Column(writer.word("star.opening_persons"), "star_persons"),
        *(Column(writer.word(f"star.{name}"), "star_move_rate") for name in ("forward", "stay", "reverse", "lost")),
    )
    return Grid(writer.word("star.movement"), columns, rows, note=writer.text("star.movement_note"))


def _moved(row: Movement, name: str, writer: Writer) -> tuple[Cell, ...]:
    rates = {"forward": row.forward_rate, "stay": row.stay_rate, "reverse": row.reverse_rate, "lost": row.lost_rate}
    shown = (
        cell(writer.rate(f"star.move.{row.stage}.{code}", rate, "star_move_rate", reason="zero_base"))
        for code, rate in rates.items()
    )
    return (cell(name), cell(writer.persons(f"star.move.{row.stage}.base", row.base_persons, "star_persons")), *shown)


def _value(data: ReportData, writer: Writer) -> Panel | None:
    if not data.star.returning:
        return None
    names = {"r0": writer.word("stages_5r.r0"), **stage_names(writer), "total": writer.word("star.all_assets")}
    found = {row.stage: row for row in data.star.returning}
    rows = tuple(_returned(found[stage], name, writer) for stage, name in names.items() if stage in found)
    columns = (
        Column(writer.word("star.opening_stage"), is_number=False),
        Column(writer.word("star.opening_persons"), "star_persons"),
        Column(writer.word("star.buyers"), "star_buyers"),
        Column(writer.word("star.conversion"), "star_conversion"),
        Column(writer.word("star.net"), "star_net_sales"),
        Column(writer.word("star.per_customer"), "star_per_customer"),
        Column(writer.word("star.repurchase"), "star_repurchase"),
    )
    grid = Grid(writer.word("star.value"), columns, rows, note=writer.text("star.value_note"))
    used = ("star_buyers", "star_conversion", "star_net_sales", "star_per_customer", "star_repurchase")
    return Panel(writer.word("star.value"), writer.word("star.value_question"), (grid,), used)


def _returned(row: Returning, name: str, writer: Writer) -> tuple[Cell, ...]:
    key = f"star.value.{row.stage}"
    is_outside = row.stage == "r0"
    reason = "outside_assets" if is_outside else "zero_base"
    opening = f"star.move.{row.stage}.base" if not is_outside else f"{key}.persons"
    return (
        cell(name),
        cell(writer.persons(opening, row.persons, "star_persons", reason="outside_assets")),
        cell(writer.persons(f"{key}.buyers", row.buyers, "star_buyers")),
        cell(writer.rate(f"{key}.conversion", row.conversion_rate, "star_conversion", reason=reason)),
        cell(writer.money(f"{key}.net", row.net_fen, "star_net_sales", behind=row.buyers)),
        cell(writer.money(f"{key}.per_customer", row.per_buyer_fen, "star_per_customer", reason="no_buyers")),
        cell(writer.rate(f"{key}.repurchase", row.repurchase_rate, "star_repurchase", reason="no_buyers")),
    )


def _products(data: ReportData, writer: Writer) -> Panel | None:
    found = {row.quadrant: row for row in data.star.quadrants if row.quadrant is not None}
    if not found:
        return None
    rows = []
    for code in _QUADRANTS:
        row = found.get(code)
        key = f"star.product.{code}"
        rows.append(
            (
                cell(writer.word(f"product_quadrants.{code}")),
                cell(writer.count(f"{key}.styles", row.styles if row else 0, "product_quadrant")),
                cell(writer.persons(f"{key}.persons", row.asset_persons if row else 0, "product_quadrant")),
                cell(writer.persons(f"{key}.inflow", row.inflow_persons if row else 0, "product_quadrant")),
                cell(writer.word(f"product_quadrants.{code}_advice"), "prose"),
            )
        )
    columns = (
        Column(writer.word("star.quadrant"), is_number=False),
        Column(writer.word("star.styles"), "product_quadrant"),
        Column(writer.word("star.style_persons"), "product_quadrant"),
        Column(writer.word("star.style_inflow"), "product_quadrant"),
        Column(writer.word("star.advice"), is_number=False),
    )
    grid = Grid(writer.word("star.products"), columns, tuple(rows))
    return Panel(writer.word("star.products"), writer.word("star.products_question"), (grid,), ("product_quadrant",))
