"""Sales of the last complete month beside its past, the months behind it, and why it changed."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from quanyu.report.charts.colors import CATEGORY
from quanyu.report.charts.columns import Point, column_chart
from quanyu.report.charts.lines import Axes, Line, line_chart, sparkline
from quanyu.report.charts.waterfall import Piece, waterfall
from quanyu.report.figures import Figure, Unit
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Cell, Chart, Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.rows import Sales
from quanyu.report.sections.grids import twin
from quanyu.report.writer import Writer
from quanyu.stats.decompose import product_contributions, whole_parts

TREND_MONTHS = 13
_METRICS: tuple[tuple[str, str, Unit], ...] = (
    ("net_sales", "net_fen", Unit.MONEY),
    ("buyers", "buyers", Unit.COUNT),
    ("orders", "orders", Unit.COUNT),
    ("per_buyer", "per_buyer_fen", Unit.MONEY),
    ("per_order", "per_order_fen", Unit.MONEY),
    ("repurchase_rate", "repurchase_rate", Unit.RATE),
    ("rebuy_rate", "rebuy_rate", Unit.RATE),
    ("refund_rate", "refund_rate", Unit.RATE),
)
_REASON = {
    "per_buyer": "no_buyers",
    "per_order": "no_orders",
    "repurchase_rate": "no_buyers",
    "rebuy_rate": "no_previous_buyers",
    "refund_rate": "no_sales",
}


def sales(data: ReportData, writer: Writer) -> Section:
    """Return the section on sales."""
    title = writer.word("sales.title")
    if data.periods is None:
        return Section("sales", title, (Panel(title, "", (Note(writer.text("sales.nothing"), "caution"),)),))
    panels = (_cards(data, writer), _trend(data, writer), _decomposition(data, writer))
    return Section("sales", title, panels)


def metric(row: Sales, name: str, writer: Writer) -> Figure:
    """Return one metric of one month."""
    _, column, unit = next(entry for entry in _METRICS if entry[0] == name)
    value = getattr(row, column)
    key = f"sales.{row.period_start_date:%Y-%m}.{name}"
    reason = _REASON.get(name, "")
    if unit is Unit.MONEY:
        return writer.money(key, value, name, reason=reason)
    if unit is Unit.RATE:
        return writer.rate(key, value, name, reason=reason)
    return writer.count(key, value, name, reason=reason)


def metric_change(row: Sales, base: Sales | None, name: str, against: str, writer: Writer) -> Figure:
    """Return the change of a metric against the previous month or the same month a year before."""
    _, column, unit = next(entry for entry in _METRICS if entry[0] == name)
    key = f"sales.{row.period_start_date:%Y-%m}.{name}.{against}"
    value, before = getattr(row, column), None if base is None else getattr(base, column)
    reason = f"no_{against}" if base is None else _REASON.get(name, "zero_base")
    make = writer.rate_change if unit is Unit.RATE else writer.change
    return make(key, value, before, name, reason=reason)


def _cards(data: ReportData, writer: Writer) -> Panel:
    periods = data.periods
    assert periods is not None
    row = periods.current
    past = data.months[-TREND_MONTHS:]
    cards = []
    for name, column, _ in _METRICS:
        compared = (
            (writer.word("sales.against_previous"), metric_change(row, periods.previous, name, "previous", writer)),
            (writer.word("sales.against_last_year"), metric_change(row, periods.last_year, name, "last_year", writer)),
        )
        spark = sparkline([getattr(month, column) for month in past], is_last_open=not past[-1].is_complete)
        cards.append(Card(writer.word(f"terms.{name}"), name, metric(row, name, writer), compared, spark=spark))
    notes: list[Part] = []
    first = min((source.first_date for source in data.sources if source.first_date), default=None)
    if periods.previous and first and first > periods.previous.period_start_date:
        notes.append(Note(writer.text("sales.previous_is_partial", first=first.isoformat()), "caution"))
    if not row.is_complete:
        notes.append(Note(writer.text("sales.current_is_open"), "caution"))
    title = writer.text("sales.of_month", month=writer.month(row.period_start_date))
    used = tuple(name for name, _, _ in _METRICS)
    return Panel(title, writer.word("sales.cards_question"), (Cards(tuple(cards), "kpi"), *notes), used)


def _trend(data: ReportData, writer: Writer) -> Panel:
    months = data.months[-TREND_MONTHS:]
    open_word = writer.word("format.open")
    points = [
        Point(
            writer.month_short(row.period_start_date),
            metric(row, "net_sales", writer),
            "" if row.is_complete else open_word,
        )
        for row in months
    ]
    best = max(months, key=lambda row: row.net_fen)
    description = str(
        writer.text(
            "sales.trend_description",
            first=writer.month(months[0].period_start_date),
            last=writer.month(months[-1].period_start_date),
            best=writer.month(best.period_start_date),
        )
    )
    caption = writer.word("sales.trend_net_sales")

    def draw(name: str, width: float) -> Any:
        return column_chart(name, caption, description, points, width, writer.scale)

    names = (
        "net_sales",
        "buyers",
        "orders",
        "first_time_buyers",
        "per_buyer",
        "per_order",
        "repurchase_rate",
        "rebuy_rate",
    )
    table = Grid(
        caption,
        (
            Column(writer.word("format.month_word"), is_number=False),
            *(Column(writer.word(f"terms.{name}"), name) for name in names),
        ),
        tuple(_month_row(row, writer, open_word) for row in months),
        is_sortable=True,
    )
    smaller = tuple(
        _small_trend(months, name, index, writer)
        for index, name in enumerate(("buyers", "per_buyer", "repurchase_rate"))
    )
    parts = (Chart(draw("trend-wide", 900), draw("trend-narrow", 340), table), *smaller)
    return Panel(writer.word("sales.trend"), writer.word("sales.trend_question"), parts, names)


def _month_row(row: Sales, writer: Writer, open_word: str) -> tuple[Cell, ...]:
    start = row.period_start_date
    shown = f"{start:%Y-%m}" if row.is_complete else f"{start:%Y-%m} {open_word}"
    return (
        cell(shown, "" if row.is_complete else "open"),
        *(cell(metric(row, name, writer)) for name in ("net_sales", "buyers", "orders")),
        cell(writer.count(f"sales.{start:%Y-%m}.first_time_buyers", row.first_time_buyers, "first_time_buyers")),
        *(cell(metric(row, name, writer)) for name in ("per_buyer", "per_order", "repurchase_rate", "rebuy_rate")),
    )


def _small_trend(months: tuple[Sales, ...], name: str, index: int, writer: Writer) -> Chart:
    figures = [metric(row, name, writer) for row in months]
    values = [float(figure.value) for figure in figures if figure.value is not None] or [0.0]
    spread = (max(values) - min(values)) or abs(max(values)) or 1
    scale = _scale_of(figures[-1].unit, writer)
    axes = Axes(
        [writer.month_short(row.period_start_date) for row in months],
        max(0.0, min(values) - spread * 0.25),
        max(values) + spread * 0.25,
        scale,
        height=170,
    )
    line = Line("", CATEGORY[index], figures, is_last_open=not months[-1].is_complete)
    title = writer.word(f"terms.{name}")
    description = str(writer.text("sales.small_trend_description", metric=title))

    def draw(chart: str, width: float) -> Any:
        return line_chart(chart, title, description, [line], axes, width)

    rows = [(f"{row.period_start_date:%Y-%m}", [figure]) for row, figure in zip(months, figures, strict=True)]
    table = twin(title, writer.word("format.month_word"), [(title, name)], rows)
    return Chart(draw(f"trend-{name}-wide", 350), draw(f"trend-{name}-narrow", 340), table, size="third")


def _scale_of(unit: Unit, writer: Writer) -> Callable[[float], str]:
    if unit is Unit.MONEY:
        return writer.scale
    if unit is Unit.RATE:
        return lambda value: f"{value * 100:.0f}%"
    return lambda value: f"{value:,.0f}"


def _decomposition(data: ReportData, writer: Writer) -> Panel:
    title, question = writer.word("sales.decomposition"), writer.word("sales.decomposition_question")
    periods = data.periods
    assert periods is not None
    parts: list[Part] = []
    for against, base in (("previous", periods.previous), ("last_year", periods.last_year)):
        changed = contributions(data, base, against, writer)
        if changed is None:
            reason = f"sales.no_decomposition_{against}" if base is None else "sales.no_decomposition_zero"
            parts.append(Note(writer.text(reason)))
            continue
        assert base is not None
        parts += _explained(data, base, against, changed, writer)
    used = ("net_sales", "identified_net_sales", "buyers", "frequency", "value_per_day", "contribution")
    return Panel(title, question, tuple(parts), used)


def contributions(data: ReportData, base: Sales | None, against: str, writer: Writer) -> dict[str, Figure] | None:
    """Return what each factor added to net sales since the base month, with the total; None where a factor is unknown.

    Net sales of identified buyers are buyers × purchase days per buyer × net sales per purchase day, exactly; the rest
    of the change are sales without a person.  The parts add up to the change to the smallest currency unit.
    """
    assert data.periods is not None
    row = data.periods.current
    if base is None:
        return None
    factors = [_factors(data, period) for period in (base, row)]
    if factors[0] is None or factors[1] is None:
        return None
    parts = whole_parts(product_contributions(factors[0], factors[1]))
    unidentified = (row.net_fen - row.identified_net_fen) - (base.net_fen - base.identified_net_fen)
    named = dict(zip(("buyers", "frequency", "value_per_day"), parts, strict=True)) | {"unidentified": unidentified}
    name = f"sales.{row.period_start_date:%Y-%m}.change_{against}"
    found = {key: writer.money_change(f"{name}.{key}", value, "contribution") for key, value in named.items()}
    return found | {"total": writer.money_change(f"{name}.total", row.net_fen - base.net_fen, "net_sales")}


def _factors(data: ReportData, row: Sales) -> list[Fraction] | None:
    bought = data.purchase_days[row.period_start_date]
    if not row.buyers or not bought.purchase_days:
        return None
    return [
        Fraction(row.buyers),
        Fraction(bought.purchase_days, row.buyers),
        Fraction(bought.net_fen or 0, bought.purchase_days),
    ]


def _explained(data: ReportData, base: Sales, against: str, changed: dict[str, Figure], writer: Writer) -> list[Part]:
    assert data.periods is not None
    row = data.periods.current
    order = ("buyers", "frequency", "value_per_day", "unidentified", "total")
    pieces = [Piece(writer.word(f"decomposition.{key}"), changed[key], key == "total") for key in order]
    caption = str(
        writer.text(
            "sales.change_between",
            before=writer.month(base.period_start_date),
            after=writer.month(row.period_start_date),
        )
    )
    description = writer.word("sales.waterfall_description")

    def draw(name: str, width: float) -> Any:
        return waterfall(name, caption, description, pieces, width, writer.scale)

    known = sum(int(changed[key].value or 0) for key in order[:4])
    total = int(changed["total"].value or 0)
    verdict = Note(
        writer.text(
            "sales.explains_all" if known == total else "sales.explains_not_all",
            change=changed["total"],
            unidentified=changed["unidentified"],
        ),
        "good" if known == total else "bad",
    )
    table = _factor_table(data, base, changed, caption, writer)
    return [
        Note(writer.text("sales.subtitle", text=caption), "head"),
        verdict,
        Chart(draw(f"why-{against}-wide", 900), draw(f"why-{against}-narrow", 340), None),
        table,
    ]


def _factor_table(data: ReportData, base: Sales, changed: dict[str, Figure], caption: str, writer: Writer) -> Grid:
    assert data.periods is not None
    row = data.periods.current
    rows: list[tuple[Cell, ...]] = []
    for key in ("buyers", "frequency", "value_per_day", "unidentified", "total"):
        before, after = _factor(data, base, key, writer), _factor(data, row, key, writer)
        label = "decomposition.net_sales" if key == "total" else f"decomposition.{key}"
        rows.append((cell(writer.word(label)), cell(before), cell(after), cell(changed[key])))
    columns = (
        Column(writer.word("decomposition.factor"), is_number=False),
        Column(writer.month(base.period_start_date)),
        Column(writer.month(row.period_start_date)),
        Column(writer.word("decomposition.contribution"), "contribution"),
    )
    return Grid(caption, columns, tuple(rows[:-1]), foot=rows[-1])


def _factor(data: ReportData, row: Sales, key: str, writer: Writer) -> Figure:
    name = f"sales.{row.period_start_date:%Y-%m}"
    bought = data.purchase_days[row.period_start_date]
    if key == "buyers":
        return metric(row, "buyers", writer)
    if key == "frequency":
        return writer.ratio(f"{name}.frequency", bought.purchase_days / row.buyers, "frequency")
    if key == "value_per_day":
        value = round(Fraction(bought.net_fen or 0, bought.purchase_days))
        return writer.money(f"{name}.value_per_day", value, "value_per_day")
    if key == "unidentified":
        return writer.money_exact(f"{name}.unidentified", row.net_fen - row.identified_net_fen, "identified_net_sales")
    return writer.money_exact(f"{name}.net_sales", row.net_fen, "net_sales")
