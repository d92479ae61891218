"""Classic FAST and AIPL: the same people in platform terms, never to be mixed with private relations (M-06, M-07)."""

from typing import Final

from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Note, Panel, Part, Section
from quanyu.report.sections.grids import OUTSIDE, flow_parts
from quanyu.report.sections.readiness import guarded
from quanyu.report.writer import Writer

STAGES: Final = ("awareness", "interest", "purchase", "loyalty")


def fast(data: ReportData, writer: Writer) -> Section:
    """Return the section on AIPL as of the build's date and on FAST in its last complete period."""
    title = writer.word("fast.title")
    ready, aipl = data.readiness, writer.word("fast.aipl")
    panels = [
        guarded(ready, "fast", title, writer, lambda: _four(data, writer)),
        guarded(ready, "aipl", aipl, writer, lambda: _aipl(data, writer)),
    ]
    found = tuple(panel for panel in panels if panel is not None)
    if not found:
        found = (Panel(title, writer.word("fast.question"), (Note(writer.text("fast.nothing"), "caution"),)),)
    return Section("fast", title, found)


def _four(data: ReportData, writer: Writer) -> Panel | None:
    period = data.fast_plus.period
    rows = sorted(data.fast_plus.fast, key=lambda row: row.period_no)
    row = next((row for row in rows if period and row.period_no == period.period_no), rows[-1] if rows else None)
    if row is None or not row.fast_f:
        return None
    cards = (
        Card(writer.word("fast.fertility"), "fast_f", writer.persons("fast.fertility", row.fast_f, "fast_f")),
        Card(
            writer.word("fast.advancing"),
            "fast_a",
            writer.rate("fast.advancing", row.fast_a, "fast_a", reason="zero_base"),
            ((writer.word("fast.base"), writer.persons("fast.opening", row.opening_persons, "fast_a")),),
        ),
        Card(
            writer.word("fast.superiority"),
            "fast_s",
            writer.persons("fast.superiority", row.fast_s, "fast_s", reason="no_memberships"),
        ),
        Card(
            writer.word("fast.thriving"),
            "fast_t",
            writer.rate(
                "fast.thriving", row.fast_t, "fast_t", reason="no_memberships" if row.fast_s is None else "zero_base"
            ),
        ),
    )
    parts: list[Part] = [Cards(cards), Note(writer.text("fast.note"), "info")]
    title = str(writer.text("fast.four", date=row.date.isoformat()))
    return Panel(title, writer.word("fast.question"), tuple(parts), ("fast_f", "fast_a", "fast_s", "fast_t"))


def _aipl(data: ReportData, writer: Writer) -> Panel | None:
    flows = [row for row in data.flows if row.model == "aipl"]
    if not flows:
        return None
    names = {stage: writer.word(f"aipl.{stage}") for stage in STAGES}
    cards = []
    for stage, name in names.items():
        count = sum(row.persons for row in flows if row.to_stage == stage)
        before = sum(row.persons for row in flows if row.from_stage == stage)
        change = writer.change(f"aipl.{stage}.change", count, before, "aipl_persons", reason="zero_base")
        figure = writer.persons(f"aipl.{stage}", count, "aipl_persons")
        cards.append(Card(name, "aipl_persons", figure, ((writer.word("fast.against"), change),)))
    lost = sum(row.persons for row in flows if row.to_stage == OUTSIDE)
    note = Note(writer.text("fast.lost", lost=writer.persons("aipl.lost", lost, "aipl_persons")))
    deepest_first = dict(reversed(list(names.items())))
    parts = (Cards(tuple(cards)), note, *flow_parts(flows, deepest_first, writer, "aipl"))
    return Panel(writer.word("fast.aipl"), writer.word("fast.aipl_question"), parts, ("aipl_persons", "flow"))
