"""Three to five sentences a manager understands, put together from the figures by rule."""

from quanyu.report.context import ReportContext
from quanyu.report.html import Html
from quanyu.report.model import ReportData
from quanyu.report.sections.coverage import identified_share, received_total
from quanyu.report.sections.findings import opening_sentences
from quanyu.report.sections.lifecycle import stages_change, stages_share
from quanyu.report.sections.sales import contributions, metric, metric_change
from quanyu.report.sections.value import head_persons, head_share
from quanyu.report.writer import Writer

FACTORS = ("buyers", "frequency", "value_per_day")


def summary(data: ReportData, context: ReportContext, writer: Writer) -> list[Html]:
    """Return the sentences: what matters most, sales and why they changed, life cycle, concentration, completeness."""
    sentences = [*opening_sentences(data, writer), *_sales(data, writer), *_why(data, writer), *_life(data, writer)]
    if data.concentration is not None and data.concentration.head_share is not None:
        found = data.concentration
        sentences.append(
            writer.text("summary.value", persons=head_persons(found, writer), share=head_share(found, writer))
        )
    return [*sentences, *_trust(data, context, writer)]


def _sales(data: ReportData, writer: Writer) -> list[Html]:
    if data.periods is None:
        return []
    row, previous, last_year = data.periods.current, data.periods.previous, data.periods.last_year
    values = {
        "month": writer.month(row.period_start_date),
        "net": metric(row, "net_sales", writer),
        "buyers": metric(row, "buyers", writer),
        "per_buyer": metric(row, "per_buyer", writer),
        "previous": metric_change(row, previous, "net_sales", "previous", writer),
        "last_year": metric_change(row, last_year, "net_sales", "last_year", writer),
    }
    known = "both" if previous and last_year else "previous" if previous else "last_year" if last_year else "none"
    return [writer.text(f"summary.sales_{known}", **values)]


def _why(data: ReportData, writer: Writer) -> list[Html]:
    if data.periods is None:
        return []
    changed = contributions(data, data.periods.previous, "previous", writer)
    if changed is None or not changed["total"].value:
        return []
    # Sales without a known person are named only when they moved: most brands have none.
    factors = FACTORS if not changed["unidentified"].value else (*FACTORS, "unidentified")
    largest = max(factors, key=lambda key: abs(int(changed[key].value or 0)))
    return [
        writer.text(
            "summary.why" if factors == FACTORS else "summary.why_with_unidentified",
            total=changed["total"],
            **{key: changed[key] for key in factors},
            largest=writer.word(f"decomposition.{largest}"),
        )
    ]


def _life(data: ReportData, writer: Writer) -> list[Html]:
    if not data.life:
        return []
    active, asleep = ("growth", "mature"), ("dormant", "lost")
    values = {
        "active": stages_share(data, active, "active", writer),
        "asleep": stages_share(data, asleep, "asleep", writer),
    }
    if data.previous_date is None:
        return [writer.text("summary.life_first", **values)]
    return [
        writer.text(
            "summary.life",
            **values,
            change=stages_change(data, asleep, "asleep", writer),
            before=data.previous_date.isoformat(),
        )
    ]


def _trust(data: ReportData, context: ReportContext, writer: Writer) -> list[Html]:
    share = identified_share(data, writer)
    if not context.received:
        return [writer.text("summary.trust_unknown", share=share)]
    holds = all(row.adds_up for row in context.received)
    key = "summary.trust_holds" if holds else "summary.trust_fails"
    return [writer.text(key, rows=received_total(context, writer), share=share)]
