"""Nine indicators: new, old and dormant persons by traffic, conversion and value per buyer (M-13)."""

from quanyu.report.model import ReportData
from quanyu.report.parts import Cell, Column, Custom, Grid, Note, Panel, Part, Section, cell
from quanyu.report.rows import NineIndicator
from quanyu.report.writer import Writer

SEGMENTS = ("new", "old", "dormant")


def nine(data: ReportData, writer: Writer) -> Section:
    """Return the section on the nine indicators of the month reported."""
    title = writer.word("nine.title")
    rows = _of_month(data)
    if data.periods is None or len(rows) < len(SEGMENTS):
        return Section("nine", title, (Panel(title, "", (Note(writer.text("nine.nothing"), "caution"),)),))
    start = data.periods.current.period_start_date
    panel_title = str(writer.text("nine.of_month", month=writer.month(start)))
    parts: list[Part] = [Custom("nine", {"rows": [_panel_row(rows[segment], writer) for segment in SEGMENTS]})]
    if rows["new"].base is None:
        parts.append(Note(writer.text("nine.no_visits", connect=writer.word("connect.visit_fact")), "caution"))
    measured = data.life_cut.source if data.life_cut else "fallback"
    parts.append(Note(writer.text(f"nine.dormant_after_{measured}", days=_days(rows, writer))))
    parts += _identity(data, rows, writer)
    used = ("nine_base", "nine_dormant", "nine_conversion", "nine_per_buyer", "nine_buyers", "nine_net_sales")
    return Section("nine", title, (Panel(panel_title, writer.word("nine.question"), tuple(parts), used),))


def _of_month(data: ReportData) -> dict[str, NineIndicator]:
    if data.periods is None:
        return {}
    start = data.periods.current.period_start_date
    return {row.segment: row for row in data.nine if row.period_kind == "month" and row.period_start_date == start}


def _days(rows: dict[str, NineIndicator], writer: Writer) -> object:
    return writer.count("nine.dormant_days", rows["dormant"].dormant_days, "life_cut")


def _panel_row(row: NineIndicator, writer: Writer) -> dict[str, object]:
    name = f"nine.{row.segment}"
    base = "nine_dormant" if row.segment == "dormant" else "nine_base"
    no_visits = row.base is None
    return {
        "segment": writer.word(f"segments.{row.segment}"),
        "explained": writer.word(f"segments.{row.segment}_explained"),
        "cells": [
            (writer.word(f"terms.{base}"), base, writer.persons(f"{name}.base", row.base, base, reason="no_visits")),
            (
                writer.word("terms.wake_rate" if row.segment == "dormant" else "terms.nine_conversion"),
                "nine_conversion",
                writer.rate(
                    f"{name}.conversion",
                    row.conversion_rate,
                    "nine_conversion",
                    reason="no_visits" if no_visits else "zero_base",
                ),
            ),
            (
                writer.word("terms.nine_per_buyer"),
                "nine_per_buyer",
                writer.money(f"{name}.per_buyer", row.per_buyer_fen, "nine_per_buyer", reason="no_buyers"),
            ),
        ],
    }


def _identity(data: ReportData, rows: dict[str, NineIndicator], writer: Writer) -> list[Part]:
    assert data.periods is not None
    listed: list[tuple[Cell, ...]] = []
    for segment in SEGMENTS:
        row = rows[segment]
        shown = _panel_row(row, writer)["cells"]
        assert isinstance(shown, list)
        listed.append(
            (
                cell(writer.word(f"segments.{segment}")),
                cell(shown[0][2]),
                cell(shown[1][2]),
                cell(writer.persons(f"nine.{segment}.buyers", row.buyers, "nine_buyers")),
                cell(shown[2][2]),
                cell(writer.money_exact(f"nine.{segment}.net_sales", row.net_fen, "nine_net_sales")),
            )
        )
    total = sum(row.net_fen for row in rows.values())
    wanted = data.periods.current.identified_net_fen
    month = f"sales.{data.periods.current.period_start_date:%Y-%m}"
    foot = (
        cell(writer.word("nine.sum")),
        cell(""),
        cell(""),
        cell(writer.persons("nine.buyers", sum(row.buyers for row in rows.values()), "nine_buyers")),
        cell(""),
        cell(writer.money_exact("nine.net_sales", total, "nine_net_sales")),
    )
    columns = (
        Column(writer.word("nine.segment"), is_number=False),
        Column(writer.word("nine.base"), "nine_base"),
        Column(writer.word("terms.nine_conversion"), "nine_conversion"),
        Column(writer.word("terms.nine_buyers"), "nine_buyers"),
        Column(writer.word("terms.nine_per_buyer"), "nine_per_buyer"),
        Column(writer.word("terms.net_sales"), "nine_net_sales"),
    )
    identified = writer.money_exact(f"{month}.identified_net_sales", wanted, "identified_net_sales")
    key, tone = ("nine.identity_holds", "good") if total == wanted else ("nine.identity_fails", "bad")
    return [
        Grid(writer.word("nine.identity"), columns, tuple(listed), foot=foot),
        Note(writer.text(key, net=identified), tone),
    ]
