"""Growth: AARRR of the month, the quality of each acquiring channel, touchpoints, funnels (M-14, M-16, M-19, M-21)."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from quanyu.config import Language
from quanyu.report.charts.bars import Bar, bar_chart
from quanyu.report.figures import Figure
from quanyu.report.html import Html
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Cell, Chart, Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.relations.growth import Aarrr, ChannelQuality, FunnelStep, Touchpoint
from quanyu.report.sections.grids import twin
from quanyu.report.sections.readiness import guarded
from quanyu.report.writer import Writer

SHOWN: Final = 12
_SHORT: Final = 2


class _Monthly(Protocol):
    @property
    def period_start_date(self) -> dt.date: ...


Row = TypeVar("Row", bound=_Monthly)


def growth(data: ReportData, writer: Writer) -> Section:
    """Return the section on growth in the month reported."""
    title = writer.word("growth.title")
    ready = data.readiness
    panels = [
        guarded(ready, "aarrr", title, writer, lambda: _aarrr(data, writer)),
        guarded(ready, "channel_quality", writer.word("growth.channels"), writer, lambda: _channels(data, writer)),
        guarded(
            ready,
            "touchpoint_conversion",
            writer.word("growth.touchpoints"),
            writer,
            lambda: _touchpoints(data, writer),
        ),
        *([] if ready.lacking("funnel") else _funnels(data, writer)),
    ]
    found = tuple(panel for panel in panels if panel is not None)
    return Section("growth", title, found or (Panel(title, "", (Note(writer.text("growth.nothing"), "caution"),)),))


def _month(data: ReportData) -> dt.date | None:
    return data.periods.current.period_start_date if data.periods else None


def _of(rows: Sequence[Row], month: dt.date | None) -> list[Row]:
    return [row for row in rows if row.period_start_date == month]


def _aarrr(data: ReportData, writer: Writer) -> Panel | None:
    now = next(iter(_of(data.growth.aarrr, _month(data))), None)
    if now is None:
        return None
    before = data.periods.previous if data.periods else None
    earlier = next(iter(_of(data.growth.aarrr, before.period_start_date if before else None)), None)
    cards = (
        _acquired(now, earlier, writer),
        _watched_card("activation", data, writer),
        _watched_card("retention", data, writer),
        _rate_card("revenue", now.revenue_rate, earlier.revenue_rate if earlier else None, now, writer),
        _rate_card("referral", now.sharer_rate, earlier.sharer_rate if earlier else None, now, writer),
    )
    title = str(writer.text("growth.aarrr", month=writer.month(now.period_start_date)))
    parts = (Cards(cards), Note(writer.text("growth.rarra")))
    used = (
        "aarrr_new",
        "aarrr_activation",
        "aarrr_retention",
        "aarrr_revenue",
        "aarrr_referral",
        "aarrr_arpu",
        "aarrr_k",
    )
    return Panel(title, writer.word("growth.aarrr_question"), parts, used)


def _acquired(now: Aarrr, earlier: Aarrr | None, writer: Writer) -> Card:
    figure = writer.persons("aarrr.new", now.new_persons, "aarrr_new")
    change = writer.change(
        "aarrr.new.change", now.new_persons, earlier.new_persons if earlier else None, "aarrr_new", reason="no_previous"
    )
    cost = writer.money("aarrr.cac", now.cac_person_fen, "channel_cac", reason="no_cost")
    compared = ((writer.word("growth.against"), change), (writer.word("growth.cac"), cost))
    return Card(writer.word("growth.acquisition"), "aarrr_new", figure, compared)


def _watched_card(code: str, data: ReportData, writer: Writer) -> Card:
    """The rate of the latest month whose persons were all watched long enough, beside the watched month before it."""
    month = _month(data)
    until = [row for row in data.growth.aarrr if month is not None and row.period_start_date <= month]
    watched = [row for row in until if row.is_watched(code) and row.rate(code) is not None]
    now, before = (watched[-1] if watched else None), (watched[-2] if len(watched) > 1 else None)
    definition = f"aarrr_{code}"
    figure = writer.rate(f"aarrr.{code}", now.rate(code) if now else None, definition, reason="not_watched")
    change = writer.rate_change(
        f"aarrr.{code}.change",
        now.rate(code) if now else None,
        before.rate(code) if before else None,
        definition,
        reason="no_previous",
    )
    compared = ((writer.word("growth.against"), change),)
    note = writer.text("growth.watched", month=writer.month(now.period_start_date)) if now else None
    return Card(writer.word(f"growth.{code}"), definition, figure, compared, note=note)


def _rate_card(code: str, value: float | None, before: float | None, now: Aarrr, writer: Writer) -> Card:
    definition = f"aarrr_{code}"
    figure = writer.rate(f"aarrr.{code}", value, definition, reason="zero_base")
    change = writer.rate_change(f"aarrr.{code}.change", value, before, definition, reason="no_previous")
    if code == "revenue":
        more = (writer.word("growth.arpu"), writer.money("aarrr.arpu", now.arpu_fen, "aarrr_arpu", reason="zero_base"))
    else:
        factor = writer.ratio("aarrr.k_factor", now.k_factor, "aarrr_k", reason="zero_base")
        more = (writer.word("growth.k_factor"), factor)
    compared = ((writer.word("growth.against"), change), more)
    return Card(writer.word(f"growth.{code}"), definition, figure, compared)


def _channels(data: ReportData, writer: Writer) -> Panel | None:
    rows = _of(data.growth.channels, _cohort_month(data))
    if not rows:
        return None
    shown = sorted(rows, key=lambda row: (-row.new_persons, row.channel_id))[:SHOWN]
    columns = (
        Column(writer.word("growth.channel"), is_number=False),
        Column(writer.word("growth.new"), "channel_new"),
        Column(writer.word("growth.first_purchase"), "channel_first_purchase"),
        Column(writer.word("growth.kept"), "channel_retention"),
        Column(writer.word("growth.channel_revenue"), "channel_revenue"),
        Column(writer.word("growth.channel_cac"), "channel_cac"),
        Column(writer.word("growth.cac_buyer"), "channel_cac_buyer"),
        Column(writer.word("growth.roi"), "channel_roi"),
        Column(writer.word("growth.suspicious"), "channel_suspicious"),
    )
    grid = Grid(
        writer.word("growth.channels"),
        columns,
        tuple(_channel(row, data.names.of("channel", row.channel_id, writer.language), writer) for row in shown),
        is_sortable=True,
        note=writer.text("growth.channels_note"),
    )
    title = str(writer.text("growth.channels_of", month=writer.month(rows[0].period_start_date)))
    used = ("channel_new", "channel_first_purchase", "channel_retention", "channel_revenue", "channel_roi")
    return Panel(title, writer.word("growth.channels_question"), (grid,), used)


def _cohort_month(data: ReportData) -> dt.date | None:
    """The latest month whose new persons have all been watched for the whole window of revenue, else the latest."""
    months = sorted({row.period_start_date for row in data.growth.channels})
    watched = [
        month
        for month in months
        if all(row.watched_persons == row.new_persons for row in _of(data.growth.channels, month))
    ]
    return watched[-1] if watched else (months[-1] if months else None)


def _channel(row: ChannelQuality, name: str, writer: Writer) -> tuple[Cell, ...]:
    key = f"channel.{row.channel_id}"
    cost = "free_or_unknown"
    return (
        cell(name),
        cell(writer.persons(f"{key}.new", row.new_persons, "channel_new")),
        cell(writer.rate(f"{key}.first", row.first_purchase_rate, "channel_first_purchase", reason="not_watched")),
        cell(writer.rate(f"{key}.kept", row.retention_rate, "channel_retention", reason="not_watched")),
        cell(writer.money(f"{key}.revenue", row.revenue_per_new_fen, "channel_revenue", reason="not_watched")),
        cell(writer.money(f"{key}.cac", row.cac_person_fen, "channel_cac", reason=cost)),
        cell(writer.money(f"{key}.cac_buyer", row.cac_buyer_fen, "channel_cac_buyer", reason=cost)),
        cell(writer.ratio(f"{key}.roi", row.roi, "channel_roi", reason=cost)),
        cell(writer.rate(f"{key}.suspicious", row.suspicious_share, "channel_suspicious", reason="no_risk")),
    )


def _touchpoints(data: ReportData, writer: Writer) -> Panel | None:
    rows = _of(data.growth.touchpoints, _month(data))
    if not rows:
        return None
    before = data.periods.previous if data.periods else None
    earlier = {
        row.touchpoint_id: row for row in _of(data.growth.touchpoints, before.period_start_date if before else None)
    }
    shown = sorted(rows, key=lambda row: (-row.reached_persons, row.touchpoint_id))[:SHOWN]
    listed = tuple(_touchpoint(row, earlier.get(row.touchpoint_id), data, writer) for row in shown)
    columns = (
        Column(writer.word("growth.touchpoint"), is_number=False),
        Column(writer.word("growth.reached"), "touch_reached"),
        Column(writer.word("growth.any_touch"), "touch_any"),
        Column(writer.word("growth.change"), "touch_any"),
        Column(writer.word("growth.last_touch"), "touch_last"),
        Column(writer.word("growth.credited"), "touch_last"),
    )
    grid = Grid(
        writer.word("growth.touchpoints"), columns, listed, is_sortable=True, note=writer.text("growth.touch_note")
    )
    question = writer.word("growth.touchpoints_question")
    return Panel(writer.word("growth.touchpoints"), question, (grid,), ("touch_reached", "touch_any", "touch_last"))


def _touchpoint(row: Touchpoint, earlier: Touchpoint | None, data: ReportData, writer: Writer) -> tuple[Cell, ...]:
    key = f"touch.{row.touchpoint_id}"
    before = earlier.any_touch_rate if earlier else None
    return (
        cell(data.names.of("touchpoint", row.touchpoint_id, writer.language)),
        cell(writer.persons(f"{key}.reached", row.reached_persons, "touch_reached")),
        cell(writer.rate(f"{key}.any", row.any_touch_rate, "touch_any", reason="zero_base")),
        cell(writer.rate_change(f"{key}.any.change", row.any_touch_rate, before, "touch_any", reason="no_previous")),
        cell(writer.rate(f"{key}.last", row.last_touch_rate, "touch_last", reason="zero_base")),
        cell(writer.persons(f"{key}.credited", row.last_touch_converters, "touch_last")),
    )


def _funnels(data: ReportData, writer: Writer) -> list[Panel]:
    begun: dict[str, list[FunnelStep]] = {}
    for step in sorted(_of(data.growth.steps, _month(data)), key=lambda row: (row.funnel, row.step_no)):
        begun.setdefault(step.funnel, []).append(step)
    begun = {funnel: steps for funnel, steps in begun.items() if steps[0].persons}
    panels = [
        _funnel(funnel, _title(funnel, data, writer), steps, data, writer)
        for funnel, steps in begun.items()
        if len(steps) > _SHORT
    ]
    links = {funnel: steps for funnel, steps in begun.items() if len(steps) == _SHORT}
    return [*panels, _links(links, data, writer)] if links else panels


def _title(funnel: str, data: ReportData, writer: Writer) -> str:
    named = next((row for row in data.growth.funnel_names if row.funnel == funnel), None)
    if named is None:
        return funnel
    return named.name_zh if writer.language is Language.ZH else named.name_en


def _links(links: dict[str, list[FunnelStep]], data: ReportData, writer: Writer) -> Panel:
    rows = tuple(
        (
            cell(_title(funnel, data, writer)),
            cell(writer.persons(f"funnel.{funnel}.1", first.persons, "funnel_persons")),
            cell(writer.persons(f"funnel.{funnel}.2", last.persons, "funnel_persons")),
            cell(writer.rate(f"funnel.{funnel}.2.rate", last.step_rate, "funnel_rate", reason="zero_base")),
        )
        for funnel, (first, last) in links.items()
    )
    columns = (
        Column(writer.word("growth.link"), is_number=False),
        Column(writer.word("growth.begun"), "funnel_persons"),
        Column(writer.word("growth.arrived"), "funnel_persons"),
        Column(writer.word("growth.step_rate"), "funnel_rate"),
    )
    title = writer.word("growth.short_links")
    grid = Grid(title, columns, rows, is_sortable=len(rows) > 1)
    return Panel(title, writer.word("growth.short_links_question"), (grid,), ("funnel_persons", "funnel_rate"))


def _funnel(funnel: str, title: str, steps: list[FunnelStep], data: ReportData, writer: Writer) -> Panel:
    words = {
        row.step_no: row.name_zh if writer.language is Language.ZH else row.name_en
        for row in data.growth.step_names
        if row.funnel == funnel and row.way_no == 1
    }
    rows: list[tuple[str, Sequence[Figure]]] = []
    bars = []
    for step in steps:
        key = f"funnel.{funnel}.{step.step_no}"
        persons = writer.persons(key, step.persons, "funnel_persons")
        reason = "first_step" if step.step_no == 1 else "zero_base"
        rate = writer.rate(f"{key}.rate", step.step_rate, "funnel_rate", reason=reason)
        overall = writer.rate(f"{key}.overall", step.overall_rate, "funnel_rate", reason=reason)
        name = words.get(step.step_no, str(step.step_no))
        bars.append(Bar(name, persons))
        rows.append((name, (persons, rate, overall)))
    columns = (
        (writer.word("growth.persons"), "funnel_persons"),
        (writer.word("growth.step_rate"), "funnel_rate"),
        (writer.word("growth.overall_rate"), "funnel_rate"),
    )
    caption = str(writer.text("growth.funnel", name=title))

    def draw(name: str, width: float) -> Html:
        return bar_chart(name, caption, writer.word("growth.funnel_description"), bars, width)

    table = twin(caption, writer.word("growth.step"), columns, rows)
    chart = Chart(draw(f"{funnel}-wide", 900), draw(f"{funnel}-narrow", 340), None)
    weakest = next((step for step in steps if step.is_weakest), None)
    parts: list[Part] = [chart, table]
    if weakest is not None:
        name = words.get(weakest.step_no, str(weakest.step_no))
        parts.insert(0, Note(writer.text("growth.weakest", step=name), "caution"))
    return Panel(caption, writer.word("growth.funnel_question"), tuple(parts), ("funnel_persons", "funnel_rate"))
