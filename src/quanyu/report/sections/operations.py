"""Operations: quadrants and links, spread, reach, associates, groups, codes, experience in the month reported."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from quanyu.report.figures import Figure
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Cell, Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.relations.operations import Quadrant, Spread
from quanyu.report.sections import figure_grid as fg
from quanyu.report.sections.grids import heat_cell
from quanyu.report.sections.readiness import not_computable
from quanyu.report.writer import Writer

QUADRANTS: Final = ("public_traffic", "public_store", "private_pool", "private_store")
SHOWN: Final = 12
_REACH: Final = (
    fg.persons("targeted", "reach_targeted"),
    fg.persons("delivered", "reach_delivered"),
    fg.share("reach_rate", "reach_rate"),
    fg.share("open_rate", "reach_open"),
    fg.share("click_rate", "reach_click"),
    fg.share("delivered_conversion_rate", "reach_conversion"),
    fg.share("unsubscribe_rate", "reach_unsubscribe"),
    fg.share("lift", "reach_lift", "no_holdout"),
)
_ASSOCIATE: Final = (
    fg.number("net_contacts", "associate_contacts"),
    fg.share("deletion_rate", "associate_deletion"),
    fg.share("consult_conversion", "associate_consult", "no_chats"),
    fg.quotient("units_per_order", "associate_units"),
    fg.persons("buyers", "associate_buyers"),
    fg.money("net_fen", "associate_net"),
)
_GROUP: Final = (
    fg.persons("members", "group_members"),
    fg.share("active_rate", "group_active"),
    fg.share("group_conversion", "group_conversion"),
    fg.money("per_buyer_fen", "group_per_buyer", "no_buyers"),
    fg.share("people_share", "group_people"),
    fg.share("sales_share", "group_sales"),
    fg.index("value_index", "group_index"),
)
_CODES: Final = (
    fg.number("activated_codes", "code_activated"),
    fg.number("scanned_codes", "code_scanned"),
    fg.persons("scanning_persons", "code_persons"),
    fg.share("first_scan_rate", "code_first_scan"),
    fg.share("scanner_join_rate", "code_join"),
    fg.share("out_of_area_share", "code_out_of_area"),
)
_NPS: Final = (
    fg.persons("answers", "nps_answers"),
    fg.persons("promoters", "nps_promoters"),
    fg.persons("detractors", "nps_detractors"),
    fg.index("nps", "nps"),
)
_SERVICE: Final = (
    fg.number("cases", "service_cases"),
    fg.quotient("median_min", "service_median"),
    fg.quotient("p90_min", "service_p90"),
    fg.share("sla_share", "service_sla"),
)


class _Monthly(Protocol):
    @property
    def period_start_date(self) -> dt.date: ...


Row = TypeVar("Row", bound=_Monthly)


def quadrants(data: ReportData, writer: Writer) -> Section:
    """Return the section on the four quadrants and the links between them."""
    title = writer.word("quadrants.title")
    rows = {row.quadrant: row for row in _of(data.operations.quadrants, data) if row.line == "all"}
    lacking = not_computable(data.readiness, "quadrant", writer)
    if lacking or not rows:
        parts = lacking or (Note(writer.text("quadrants.nothing"), "caution"),)
        return Section("quadrants", title, (Panel(title, "", parts),))
    panels = [_four(data, rows, writer), _links(data, writer)]
    return Section("quadrants", title, tuple(panel for panel in panels if panel is not None))


def spread(data: ReportData, writer: Writer) -> Section:
    """Return the section on sharing and referral."""
    title = writer.word("spread.title")
    now = next(iter(_of(data.operations.spread, data)), None)
    lacking = not_computable(data.readiness, "referral", writer)
    if lacking or now is None or not now.shares:
        parts = lacking or (Note(writer.text("spread.nothing"), "caution"),)
        return Section("spread", title, (Panel(title, "", parts),))
    return Section("spread", title, (_chain(data, now, writer),))


def operations(data: ReportData, writer: Writer) -> Section:
    """Return the section on reach, associates, groups, codes and experience."""
    found = data.operations
    campaigns = sorted(found.campaigns, key=lambda row: (row.start_date, row.campaign_id), reverse=True)[:SHOWN]
    associates = sorted(_of(found.associates, data), key=lambda row: (-row.net_fen, row.associate_id))[:SHOWN]
    listed = [
        _table("reach", campaigns, lambda row: row.campaign_id, _REACH, data, writer),
        _table("associate", associates, lambda row: row.associate_id, _ASSOCIATE, data, writer),
        _table("group", _of(found.groups, data), lambda row: row.level, _GROUP, data, writer),
        _table("code", _of(found.codes, data), lambda row: row.kind, _CODES, data, writer),
        _table("nps", _of(found.nps, data), lambda row: row.touchpoint_id, _NPS, data, writer),
        _table("service", _of(found.service, data), lambda row: f"{row.kind}.{row.measure}", _SERVICE, data, writer),
    ]
    panels = tuple(panel for panel in listed if panel is not None)
    title = writer.word("operations.title")
    if not panels:
        models = ("reach", "associate", "group_chat", "qr_item", "experience")
        parts = tuple(part for model in models for part in not_computable(data.readiness, model, writer))
        parts = parts or (Note(writer.text("operations.nothing"), "caution"),)
        panels = (Panel(title, "", parts),)
    return Section("operations", title, panels)


def _of(rows: Sequence[Row], data: ReportData) -> list[Row]:
    month = data.periods.current.period_start_date if data.periods else None
    return [row for row in rows if row.period_start_date == month]


def _four(data: ReportData, rows: dict[str, Quadrant], writer: Writer) -> Panel:
    cards = []
    for code in QUADRANTS:
        row, key = rows.get(code), f"quadrant.{code}"
        figure = writer.persons(f"{key}.persons", row.persons if row else 0, "quadrant_persons")
        net = writer.money(f"{key}.net", row.net_fen if row else 0, "quadrant_net")
        cost = writer.money(f"{key}.cost", row.cost_fen if row else None, "quadrant_cost", reason="no_cost")
        margin = writer.money(f"{key}.margin", row.margin_fen if row else None, "quadrant_margin", reason="no_margin")
        compared = (
            (writer.word("quadrants.net"), net),
            (writer.word("quadrants.cost"), cost),
            (writer.word("quadrants.margin"), margin),
        )
        cards.append(Card(writer.word(f"quadrant_names.{code}"), "quadrant_persons", figure, compared))
    parts: list[Part] = [Cards(tuple(cards), "two")]
    summary = next(iter(_of(data.operations.summary, data)), None)
    if summary is not None:
        sentence = writer.text(
            "quadrants.summary",
            rate=writer.rate("quadrant.cross", summary.cross_domain_rate, "cross_domain", reason="zero_base"),
            persons=writer.persons("quadrant.cross.persons", summary.cross_persons, "cross_domain"),
            buyers=writer.rate("quadrant.cross_line", summary.cross_line_buyer_rate, "cross_line", reason="no_buyers"),
            served=writer.rate("quadrant.service", summary.cross_service_rate, "cross_service", reason="no_orders"),
        )
        parts.append(Note(sentence))
    used = ("quadrant_persons", "quadrant_net", "cross_domain", "cross_line", "cross_service")
    return Panel(writer.word("quadrants.four"), writer.word("quadrants.question"), tuple(parts), used)


def _links(data: ReportData, writer: Writer) -> Panel | None:
    links = _of(data.operations.links, data)
    if not links:
        return None
    found = {(row.from_quadrant, row.to_quadrant): row for row in links}
    highest = max((row.link_rate or 0.0 for row in links), default=0.0)
    rows: list[tuple[Cell, ...]] = []
    for source in QUADRANTS:
        cells = [cell(writer.word(f"quadrant_names.{source}"))]
        for target in QUADRANTS:
            row = found.get((source, target))
            if source == target:
                cells.append(cell("·", "stayed"))
                continue
            rate = writer.rate(
                f"link.{source}.{target}", row.link_rate if row else None, "link_rate", reason="zero_base"
            )
            cells.append(heat_cell(rate, highest))
        rows.append(tuple(cells))
    columns = (
        Column(writer.word("quadrants.from_to"), is_number=False),
        *(Column(writer.word(f"quadrant_names.{target}"), "link_rate") for target in QUADRANTS),
    )
    days = writer.count("link.window", links[0].window_days, "link_rate")
    note = writer.text("quadrants.link_note", days=days)
    grid = Grid(writer.word("quadrants.links"), columns, tuple(rows), look="heat", note=note)
    return Panel(writer.word("quadrants.links"), writer.word("quadrants.links_question"), (grid,), ("link_rate",))


def _chain(data: ReportData, now: Spread, writer: Writer) -> Panel:
    steps = (
        ("sharers", now.sharers, "k_factor", writer.ratio("spread.k", now.k_factor, "spread_k", reason="zero_base")),
        ("invited_visits", now.invited_visits, "acceptance", _rate("acceptance", now.acceptance_rate, writer)),
        ("new_persons", now.new_persons, "join", _rate("join", now.join_rate, writer)),
        ("joined_persons", now.joined_persons, "order", _rate("order", now.order_rate, writer)),
        ("first_buyers", now.first_buyers, "repurchase", _rate("repurchase", now.repurchase_rate, writer)),
    )
    cards = tuple(
        Card(
            writer.word(f"spread.{code}"),
            "spread_chain",
            writer.count(f"spread.{code}", count, "spread_chain"),
            ((writer.word(f"spread.{label}"), figure),),
        )
        for code, count, label, figure in steps
    )
    sentence = writer.text(
        "spread.sales",
        net=writer.money("spread.net", now.spread_net_fen, "spread_net"),
        share=writer.rate("spread.share", now.spread_share, "spread_net", reason="no_sales"),
    )
    parts: list[Part] = [Cards(cards), Note(sentence)]
    reasons = _of(data.operations.excluded, data)
    if reasons:
        rows = tuple(
            (
                cell(writer.word(f"void_reasons.{row.invalid_reason}")),
                cell(writer.count(f"spread.void.{row.invalid_reason}", row.referrals, "spread_void")),
            )
            for row in reasons
        )
        columns = (
            Column(writer.word("spread.reason"), is_number=False),
            Column(writer.word("spread.void"), "spread_void"),
        )
        parts.append(Grid(writer.word("spread.excluded"), columns, rows))
    risk = {row.decision: row.persons for row in data.operations.risk}
    if risk:
        sentence = writer.text(
            "spread.risk",
            blocked=writer.persons("risk.blocked", risk.get("blocked", 0), "risk_persons"),
            review=writer.persons("risk.review", risk.get("review", 0), "risk_persons"),
        )
        parts.append(Note(sentence, "caution" if risk.get("blocked") else ""))
    used = ("spread_chain", "spread_k", "spread_net", "spread_void", "risk_persons")
    return Panel(writer.word("spread.chain"), writer.word("spread.question"), tuple(parts), used)


def _rate(code: str, value: float | None, writer: Writer) -> Figure:
    return writer.rate(f"spread.{code}_rate", value, "spread_chain", reason="zero_base")


Item = TypeVar("Item")


def _table(
    kind: str,
    rows: Sequence[Item],
    key: Callable[[Item], str],
    fields: Sequence[fg.Field],
    data: ReportData,
    writer: Writer,
) -> Panel | None:
    if not rows:
        return None
    title = writer.word(f"operations.{kind}")

    def named(row: Item) -> tuple[str, str]:
        return _name(kind, key(row), data, writer), f"{kind}.{key(row)}"

    grid = fg.figure_grid(title, writer.word(f"operations.{kind}_first"), rows, named, fields, writer)
    return Panel(title, writer.word(f"operations.{kind}_question"), (grid,), fg.definitions_of(fields))


def _name(kind: str, key: str, data: ReportData, writer: Writer) -> str:
    if kind == "nps":
        return data.names.of("touchpoint", key, writer.language)
    if kind == "service":
        case, measure = key.rsplit(".", 1)
        return f"{writer.word_or(f'case_kinds.{case}', case)} · {writer.word_or(f'case_measures.{measure}', measure)}"
    words = {"group": "group_levels", "code": "code_kinds"}
    return writer.word_or(f"{words[kind]}.{key}", key) if kind in words else key
