"""What the numbers stand on: what came in and whether it adds up, which orders count, who is known by name."""

from collections import defaultdict

from quanyu.report.context import ReceivedRow, ReportContext
from quanyu.report.figures import Figure
from quanyu.report.model import COMPARED_INPUTS, ReportData
from quanyu.report.parts import Card, Cards, Cell, Column, Grid, Note, Panel, Part, Section, cell
from quanyu.report.writer import Writer

_COUNTS = ("received", "stored", "quarantined", "duplicate")


def coverage(data: ReportData, context: ReportContext, writer: Writer) -> Section:
    """Return the section on coverage and reconciliation."""
    panels = (_overview(data, writer), _reconciliation(context, writer), _orders(data, writer), _inputs(data, writer))
    return Section("coverage", writer.word("coverage.title"), panels)


def identified_share(data: ReportData, writer: Writer) -> Figure:
    """Return the share of net sales whose buyer is known."""
    known = sum(row.identified_net_fen or 0 for row in data.sources)
    return writer.share(
        "coverage.identified_share", known, sum(row.net_fen or 0 for row in data.sources), "identified_share"
    )


def received_total(context: ReportContext, writer: Writer) -> Figure:
    """Return the rows received from all sources."""
    total = sum(row.received for row in context.received)
    return writer.count("coverage.received", total, "rows_received")


def _overview(data: ReportData, writer: Writer) -> Panel:
    known = sum(row.orders for row in data.sources)
    valid = sum(row.valid_orders for row in data.sources)
    cards = (
        Card(
            writer.word("terms.orders_known"),
            "orders_known",
            writer.count("coverage.orders_known", known, "orders_known"),
        ),
        Card(
            writer.word("terms.orders_valid"),
            "orders_valid",
            writer.count("coverage.orders_valid", valid, "orders_valid"),
            note=writer.text(
                "coverage.valid_share", share=writer.share("coverage.valid_share", valid, known, "orders_valid")
            ),
        ),
        Card(
            writer.word("terms.identified_share"),
            "identified_share",
            identified_share(data, writer),
            note=writer.text("coverage.identified_note"),
        ),
        Card(writer.word("terms.persons"), "persons", writer.count("coverage.persons", data.persons, "persons")),
    )
    dates = [day for row in data.sources for day in (row.first_date, row.last_date) if day]
    span: tuple[Part, ...] = ()
    if dates:
        span = (Note(writer.text("coverage.span", first=min(dates).isoformat(), last=max(dates).isoformat())),)
    used = ("orders_known", "orders_valid", "identified_share", "persons")
    return Panel(
        writer.word("coverage.overview"), writer.word("coverage.overview_question"), (Cards(cards), *span), used
    )


def _reconciliation(context: ReportContext, writer: Writer) -> Panel:
    title, question = writer.word("coverage.reconciliation"), writer.word("coverage.reconciliation_question")
    if not context.received:
        return Panel(title, question, (Note(writer.text("coverage.no_reconciliation"), "caution"),))
    by_source: dict[str, list[ReceivedRow]] = defaultdict(list)
    for received in context.received:
        by_source[received.source].append(received)
    rows = [_received_row(source, found, writer) for source, found in sorted(by_source.items())]
    wrong = sum(1 for row in context.received if not row.adds_up)
    definitions = ("rows_received", "rows_stored", "rows_quarantined", "rows_duplicate")
    columns = (
        Column(writer.word("coverage.source"), is_number=False),
        *(Column(writer.word(f"terms.{name}"), name) for name in definitions),
        Column(writer.word("coverage.adds_up"), is_number=False),
        Column(writer.word("coverage.days_received"), is_number=False),
    )
    foot: tuple[Cell, ...] = ()
    if len(rows) > 1:
        foot = (
            cell(writer.word("coverage.all_sources")),
            *(
                cell(
                    writer.count(
                        f"coverage.{name}", sum(getattr(row, name) for row in context.received), f"rows_{name}"
                    )
                )
                for name in _COUNTS
            ),
            cell(writer.word("coverage.no" if wrong else "coverage.yes"), "bad" if wrong else "good"),
            cell(""),
        )
    grid = Grid(title, columns, tuple(rows), is_sortable=len(rows) > 3, foot=foot)
    if wrong:
        note = Note(writer.text("coverage.does_not_add_up", days=wrong), "bad")
    else:
        note = Note(writer.text("coverage.all_add_up", rows=received_total(context, writer)), "good")
    return Panel(title, question, (note, grid), definitions)


def _received_row(source: str, found: list[ReceivedRow], writer: Writer) -> tuple[Cell, ...]:
    adds_up = all(row.adds_up for row in found)
    days = sorted(row.day for row in found)
    received = days[0].isoformat() if days[0] == days[-1] else f"{days[0].isoformat()} – {days[-1].isoformat()}"
    return (
        cell(source),
        *(
            cell(writer.count(f"coverage.{source}.{name}", sum(getattr(row, name) for row in found), f"rows_{name}"))
            for name in _COUNTS
        ),
        cell(writer.word("coverage.yes" if adds_up else "coverage.no"), "good" if adds_up else "bad"),
        cell(received, "dates"),
    )


def _orders(data: ReportData, writer: Writer) -> Panel:
    parts: list[Part] = [_source_grid(data, writer), _invalid_grid(data, writer), _refund_part(data, writer)]
    used = ("orders_known", "orders_valid", "orders_invalid", "identified_orders", "refunds_matched")
    return Panel(writer.word("coverage.orders"), writer.word("coverage.orders_question"), tuple(parts), used)


def _source_grid(data: ReportData, writer: Writer) -> Grid:
    rows = []
    for row in data.sources:
        name = f"coverage.{row.source}"
        rows.append(
            (
                cell(row.source),
                cell(f"{row.first_date or '—'} – {row.last_date or '—'}", "dates"),
                cell(writer.count(f"{name}.orders", row.orders, "orders_known")),
                cell(writer.count(f"{name}.valid_orders", row.valid_orders, "orders_valid")),
                cell(writer.share(f"{name}.identified", row.identified_orders, row.valid_orders, "identified_orders")),
                cell(writer.money(f"{name}.net_sales", row.net_fen or 0, "net_sales")),
            )
        )
    columns = (
        Column(writer.word("coverage.source"), is_number=False),
        Column(writer.word("coverage.order_dates"), is_number=False),
        Column(writer.word("terms.orders_known"), "orders_known"),
        Column(writer.word("terms.orders_valid"), "orders_valid"),
        Column(writer.word("terms.identified_orders"), "identified_orders"),
        Column(writer.word("terms.net_sales"), "net_sales"),
    )
    return Grid(writer.word("coverage.orders_by_source"), columns, tuple(rows), is_sortable=len(rows) > 3)


def _invalid_grid(data: ReportData, writer: Writer) -> Part:
    invalid = [row for row in data.orders_by_reason if row.invalid_reason]
    if not invalid:
        return Note(writer.text("coverage.no_invalid"), "good")
    known = sum(row.orders for row in data.orders_by_reason)
    rows = []
    for row in sorted(invalid, key=lambda row: (-row.orders, row.invalid_reason)):
        name = f"coverage.invalid.{row.invalid_reason}"
        rows.append(
            (
                cell(writer.word(f"invalid.{row.invalid_reason}")),
                cell(writer.count(f"{name}.orders", row.orders, "orders_invalid")),
                cell(writer.share(f"{name}.share", row.orders, known, "orders_invalid")),
                cell(writer.money(f"{name}.gross", row.gross_fen, "gross_sales")),
            )
        )
    columns = (
        Column(writer.word("coverage.invalid_reason"), is_number=False),
        Column(writer.word("terms.orders_invalid"), "orders_invalid"),
        Column(writer.word("coverage.share_of_orders")),
        Column(writer.word("terms.gross_sales"), "gross_sales"),
    )
    return Grid(writer.word("coverage.invalid"), columns, tuple(rows))


def _refund_part(data: ReportData, writer: Writer) -> Part:
    if not data.refunds:
        return Note(writer.text("coverage.no_refunds"))
    rows = [
        (
            cell(writer.word(f"refund_found.{row.found_by}"), "caution" if row.found_by == "none" else ""),
            cell(writer.count(f"coverage.refunds.{row.found_by}.count", row.refunds, "refunds_matched")),
            cell(writer.money(f"coverage.refunds.{row.found_by}.amount", row.amount_fen, "refunds_matched")),
        )
        for row in data.refunds
    ]
    columns = (
        Column(writer.word("coverage.refund_order"), is_number=False),
        Column(writer.word("coverage.refunds"), "refunds_matched"),
        Column(writer.word("coverage.refund_amount")),
    )
    return Grid(writer.word("coverage.refund_matching"), columns, tuple(rows))


def _inputs(data: ReportData, writer: Writer) -> Panel:
    rows = []
    for name in COMPARED_INPUTS:
        count = data.inputs[name]
        state = "connected" if count else "not_connected"
        rows.append(
            (
                cell(writer.word(f"inputs.{name}")),
                cell(writer.count(f"coverage.inputs.{name}", count, "input_rows")),
                cell(writer.word(f"coverage.{state}"), "good" if count else "caution"),
                cell("" if count else writer.word(f"connect.{name}")),
            )
        )
    columns = (
        Column(writer.word("coverage.input"), is_number=False),
        Column(writer.word("terms.input_rows"), "input_rows"),
        Column(writer.word("coverage.state"), is_number=False),
        Column(writer.word("coverage.effect"), is_number=False),
    )
    grid = Grid(writer.word("coverage.inputs"), columns, tuple(rows))
    return Panel(writer.word("coverage.inputs"), writer.word("coverage.inputs_question"), (grid,), ("input_rows",))
