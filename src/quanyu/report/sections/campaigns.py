"""Coupons and campaigns, where a source tells of them (M-27)."""

from typing import Any

from quanyu.report.charts.bars import Bar, bar_chart
from quanyu.report.figures import Figure
from quanyu.report.model import ReportData
from quanyu.report.parts import Cell, Chart, Column, Grid, Note, Panel, Section, cell
from quanyu.report.rows import Coupons
from quanyu.report.writer import Writer

SHOWN = 20


def campaigns(data: ReportData, writer: Writer) -> Section:
    """Return the section on coupons and campaigns."""
    title = writer.word("campaigns.title")
    panels = (_response(data, writer), _coupons(data, writer))
    return Section("campaigns", title, panels)


def _response(data: ReportData, writer: Writer) -> Panel:
    title, question = writer.word("campaigns.response"), writer.word("campaigns.response_question")
    if not data.campaigns:
        note = Note(writer.text("campaigns.nothing", connect=writer.word("connect.campaign_target")), "caution")
        return Panel(title, question, (note,))
    shown = sorted(data.campaigns, key=lambda row: (-row.targeted, row.campaign_id, row.arm))
    has_arms = len({row.arm for row in shown}) > 1
    bars, rows = [], []
    for row in shown:
        name = f"campaign.{row.campaign_id}.{row.arm}"
        label = row.campaign_id
        if has_arms:
            label = str(writer.text("campaigns.arm", campaign=label, arm=writer.word(f"arms.{row.arm}")))
        rate = writer.rate(
            f"{name}.response", row.response_rate, "campaign_response", reason="zero_base", behind=row.redeemers
        )
        bars.append(Bar(label, rate))
        last = row.period_end_date.fromordinal(row.period_end_date.toordinal() - 1)
        rows.append(
            (
                cell(label),
                cell(
                    f"{row.period_start_date.isoformat()} – {last.isoformat()}",
                    "dates" if row.is_complete else "dates open",
                ),
                cell(writer.persons(f"{name}.targeted", row.targeted, "campaign_targeted")),
                cell(writer.persons(f"{name}.redeemers", row.redeemers, "campaign_redeemers")),
                cell(rate),
                cell(writer.persons(f"{name}.buyers", row.buyers, "campaign_buyers")),
                cell(writer.rate(f"{name}.buyer_rate", row.buyer_rate, "campaign_buyer_rate", reason="zero_base")),
                cell(writer.money(f"{name}.net_sales", row.net_fen, "campaign_net_sales")),
                cell(writer.money(f"{name}.before_net_sales", row.before_net_fen, "campaign_net_sales")),
            )
        )
    terms = ("campaign_targeted", "campaign_redeemers", "campaign_response", "campaign_buyers", "campaign_buyer_rate")
    columns = (
        Column(writer.word("campaigns.campaign"), is_number=False),
        Column(writer.word("campaigns.dates"), is_number=False),
        *(Column(writer.word(f"terms.{name}"), name) for name in terms),
        Column(writer.word("terms.campaign_net_sales"), "campaign_net_sales"),
        Column(writer.word("campaigns.before")),
    )
    caption, description = writer.word("campaigns.response_rate"), writer.word("campaigns.response_description")
    ordered = sorted(bars, key=lambda bar: -float(bar.figure.value or 0))[:SHOWN]

    def draw(name: str, width: float) -> Any:
        return bar_chart(name, caption, description, ordered, width)

    table = Grid(title, columns, tuple(rows), is_sortable=True)
    chart = Chart(draw("campaign-wide", 900), draw("campaign-narrow", 340), None)
    parts = (Note(writer.text("campaigns.not_proof"), "caution"), chart, table)
    return Panel(title, question, parts, (*terms, "campaign_net_sales"))


def _coupons(data: ReportData, writer: Writer) -> Panel:
    title, question = writer.word("campaigns.coupons"), writer.word("campaigns.coupons_question")
    if not data.coupons:
        note = Note(writer.text("campaigns.no_coupons", connect=writer.word("connect.coupon")), "caution")
        return Panel(title, question, (note,))
    shown = sorted(data.coupons, key=lambda row: (-row.redeemed, row.campaign_id or ""))
    used = ("coupon_issued", "coupon_claimed", "coupon_redeemed", "coupon_valid", "coupon_net_sales")
    rows: list[tuple[Cell, ...]] = []
    for row in shown:
        name = f"coupons.{row.campaign_id or 'none'}"
        label = row.campaign_id or writer.word("campaigns.no_campaign")
        rows.append((cell(label), *(cell(figure) for figure in _coupon_figures(row, name, writer))))
    columns = (
        Column(writer.word("campaigns.campaign"), is_number=False),
        Column(writer.word("campaigns.batches")),
        *(Column(writer.word(f"terms.{name}"), name) for name in used),
    )
    grid = Grid(title, columns, tuple(rows), is_sortable=True)
    unknown = any(row.batches_with_order < row.batches for row in shown)
    notes = (Note(writer.text("campaigns.orders_unknown"), "caution"),) if unknown else ()
    return Panel(title, question, (*notes, grid), used)


def _coupon_figures(row: Coupons, name: str, writer: Writer) -> list[Figure]:
    knows_issued = row.batches_with_issued == row.batches
    knows_order = row.batches_with_order == row.batches
    return [
        writer.count(f"{name}.batches", row.batches, "coupon_issued"),
        writer.count(f"{name}.issued", row.issued if knows_issued else None, "coupon_issued", reason="issued_unknown"),
        writer.count(f"{name}.claimed", row.claimed, "coupon_claimed"),
        writer.count(f"{name}.redeemed", row.redeemed, "coupon_redeemed"),
        writer.count(
            f"{name}.valid", row.valid_redeemed if knows_order else None, "coupon_valid", reason="order_unknown"
        ),
        writer.money(
            f"{name}.net_sales", row.net_fen if knows_order else None, "coupon_net_sales", reason="order_unknown"
        ),
    ]
