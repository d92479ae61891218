"""Life cycle: how many persons stand in each stage, how that moved, and where the thresholds come from (M-23)."""

from typing import Any

from quanyu.report.charts.colors import ORDERED, OUTSIDE
from quanyu.report.charts.stacked import Layer, stacked_chart
from quanyu.report.figures import Figure
from quanyu.report.html import Html
from quanyu.report.model import ReportData
from quanyu.report.parts import Card, Cards, Chart, Column, Grid, Note, Panel, Section, cell
from quanyu.report.rows import LifeCut
from quanyu.report.sections.grids import flow_parts
from quanyu.report.writer import Writer

STAGES = ("intro", "growth", "mature", "dormant", "lost")
# What counts as deeper between two snapshots.
_DEEPEST_FIRST = ("mature", "growth", "intro", "dormant", "lost")
_COLOR = {"mature": ORDERED[3], "growth": ORDERED[1], "intro": ORDERED[0], "dormant": "#E8A26B", "lost": OUTSIDE}


def lifecycle(data: ReportData, writer: Writer) -> Section:
    """Return the section on the life cycle as of the build's date."""
    title = writer.word("life.title")
    if data.life_cut is None or not data.life:
        return Section("lifecycle", title, (Panel(title, "", (Note(writer.text("life.nothing"), "caution"),)),))
    panels = [_stages(data, data.life_cut, writer), _history(data, writer), _flow(data, writer)]
    return Section("lifecycle", title, tuple(panel for panel in panels if panel is not None))


def stage_persons(data: ReportData, stage: str, writer: Writer) -> Figure:
    """Return the persons in a stage as of the build's date."""
    return writer.persons(
        f"life.{data.as_of:%Y-%m-%d}.{stage}.persons", _count(data, data.as_of, stage), "life_persons"
    )


def stages_share(data: ReportData, stages: tuple[str, ...], name: str, writer: Writer) -> Figure:
    """Return the share of persons in any of the stages as of the build's date."""
    part = sum(_count(data, data.as_of, stage) for stage in stages)
    return writer.share(f"life.{name}_share", part, _everyone(data, data.as_of), "life_share")


def stages_change(data: ReportData, stages: tuple[str, ...], name: str, writer: Writer) -> Figure:
    """Return how that share changed since the snapshot before."""
    now = stages_share(data, stages, name, writer).value
    before = data.previous_date
    everyone = _everyone(data, before)
    base = sum(_count(data, before, stage) for stage in stages) / everyone if everyone else None
    return writer.rate_change(f"life.{name}_share_change", now, base, "life_share", reason="no_snapshot_before")


def _count(data: ReportData, date: object, stage: str) -> int:
    return sum(row.persons for row in data.life if row.date == date and row.stage == stage)


def _everyone(data: ReportData, date: object) -> int:
    return sum(row.persons for row in data.life if row.date == date)


def _threshold_sentence(cut: LifeCut, writer: Writer) -> Html:
    return writer.text(
        f"life.thresholds_{cut.source}",
        gaps=writer.count("life.cut.gaps", cut.gaps, "life_cut"),
        dormant=writer.count("life.cut.dormant_days", cut.q_dormant_days, "life_cut"),
        lost=writer.count("life.cut.lost_days", cut.q_lost_days, "life_cut"),
        mature=writer.count("life.cut.mature_days", cut.mature_days, "life_cut"),
    )


def _stages(data: ReportData, cut: LifeCut, writer: Writer) -> Panel:
    everyone = _everyone(data, data.as_of)
    cards = []
    for stage in STAGES:
        before = _count(data, data.previous_date, stage) if data.previous_date else None
        change = writer.change(
            f"life.{stage}.change", _count(data, data.as_of, stage), before, "life_persons", reason="no_snapshot_before"
        )
        share = writer.share(
            f"life.{data.as_of:%Y-%m-%d}.{stage}.share", _count(data, data.as_of, stage), everyone, "life_share"
        )
        cards.append(
            Card(
                writer.word(f"life_stages.{stage}"),
                "life_persons",
                stage_persons(data, stage, writer),
                ((writer.word("life.share"), share), (writer.word("life.against_snapshot"), change)),
                note=_rule(stage, cut, writer),
            )
        )
    never = sum(row.never_purchased for row in data.life if row.date == data.as_of)
    back = sum(row.reactivated for row in data.life if row.date == data.as_of)
    flags = Note(
        writer.text(
            "life.flags",
            reactivated=writer.persons("life.reactivated", back, "life_reactivated"),
            never=writer.persons("life.never_purchased", never, "life_never"),
        )
    )
    used = ("life_persons", "life_share", "life_reactivated", "life_never", "life_cut")
    title = str(writer.text("life.stages", date=data.as_of.isoformat()))
    parts = (Cards(tuple(cards), "stages"), flags, Note(_threshold_sentence(cut, writer), "info"))
    return Panel(title, writer.word("life.stages_question"), parts, used)


def _rule(stage: str, cut: LifeCut, writer: Writer) -> Html:
    return writer.text(
        f"life_rules.{stage}",
        dormant=writer.count("life.cut.dormant_days", cut.q_dormant_days, "life_cut"),
        lost=writer.count("life.cut.lost_days", cut.q_lost_days, "life_cut"),
        mature=writer.count("life.cut.mature_days", cut.mature_days, "life_cut"),
    )


def _history(data: ReportData, writer: Writer) -> Panel | None:
    if len(data.dates) < 2:
        return None
    shares: dict[str, list[Figure]] = {stage: [] for stage in STAGES}
    rows = []
    for date in data.dates:
        everyone = _everyone(data, date)
        cells = [cell(date.isoformat())]
        for stage in STAGES:
            name = f"life.{date:%Y-%m-%d}.{stage}"
            count = _count(data, date, stage)
            share = writer.share(f"{name}.share", count, everyone, "life_share")
            shares[stage].append(share)
            cells += [cell(writer.persons(f"{name}.persons", count, "life_persons")), cell(share)]
        rows.append(tuple(cells))
    columns = [Column(writer.word("life.date"), is_number=False)]
    for stage in STAGES:
        label = writer.word(f"life_stages.{stage}")
        columns += [Column(label, "life_persons"), Column(f"{label} %", "life_share")]
    caption = writer.word("life.history")
    order = _DEEPEST_FIRST
    layers = [
        Layer(writer.word(f"life_stages.{stage}"), _COLOR[stage], stage == "mature", shares[stage]) for stage in order
    ]
    labels = [writer.month_short(date) for date in data.dates]
    description = writer.word("life.history_description")

    def draw(name: str, width: float) -> Any:
        return stacked_chart(name, caption, description, layers, labels, width)

    legend = tuple((writer.word(f"life_stages.{stage}"), _COLOR[stage]) for stage in order)
    chart = Chart(draw("life-wide", 900), draw("life-narrow", 340), Grid(caption, tuple(columns), tuple(rows)), legend)
    return Panel(caption, writer.word("life.history_question"), (chart,), ("life_share", "life_persons"))


def _flow(data: ReportData, writer: Writer) -> Panel | None:
    flows = [row for row in data.flows if row.model == "lifecycle"]
    if not flows:
        return None
    names = {stage: writer.word(f"life_stages.{stage}") for stage in _DEEPEST_FIRST}
    parts = flow_parts(flows, names, writer, "life", lost="lost")
    return Panel(writer.word("life.flow"), writer.word("life.flow_question"), parts, ("flow",))
