"""A diagnosis: 指标识别 (which metrics are known) → 诊断分析 (which gaps are findings) → 策略建议 (what to do)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from quanyu.clock import Period
from quanyu.config import Currency
from quanyu.definitions.playbook import Playbooks, PlaybookShape, TriggerShape, WatchShape
from quanyu.diagnosis.audience import Audience, audiences_of
from quanyu.diagnosis.expect import Baseline, Basis
from quanyu.diagnosis.finding import Finding, finding_of, ranked
from quanyu.diagnosis.judge import Expected, Judged, Rule, Verdict, believe, judge
from quanyu.diagnosis.parts import parts_of
from quanyu.diagnosis.peers import peer_medians
from quanyu.diagnosis.scan import PAIR, Scan, scan
from quanyu.diagnosis.series import Asked, Book, Point, Series, Shelf, is_proportion, needs_of
from quanyu.engine import Engine
from quanyu.metrics import Compare, Grain, MetricContext, Metrics, Unit
from quanyu.metrics.periods import compared, natural
from quanyu.segments import Ground

_DAY: Final = timedelta(days=1)
BASE: Final = "buyers"


@dataclass(frozen=True, slots=True)
class Request:
    """What to look at: scenarios by key, one natural period, a baseline; `targets` are those of a manual one."""

    scenarios: tuple[str, ...]
    period: Period
    grain: Grain
    previous: int
    baseline: Baseline = Baseline.PREVIOUS
    targets: Mapping[str, Fraction] | None = None
    started_by: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a diagnosis is made from: the build and its definitions.

    `fp_grain`: the periods of FAST+ (`P.fp.period`).  `unready`: metrics whose model the build cannot compute, with
    why in Chinese and English; they are not looked at.
    """

    engine: Engine
    metrics: Metrics
    playbooks: Playbooks
    context: MetricContext
    industry: str | None
    currency: Currency
    fp_grain: Grain
    unready: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One scenario looked at: its indicators as a whole, how many cells were tested, its findings."""

    diagnosis_id: str
    scenario: str
    indicators: tuple[tuple[WatchShape, Judged], ...]
    cells_tested: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All diagnoses of a request, their findings in rank order, the audiences of those that lead by finding and code.

    `shelf` holds the periods in which each metric was judged.
    """

    request: Request
    shelf: Shelf
    diagnoses: tuple[Diagnosis, ...]
    findings: tuple[Finding, ...]
    audiences: Mapping[tuple[str, str], Audience]


def last_complete(grain: Grain, day: date) -> Period:
    """Return the last natural period that has ended by a day."""
    running = natural(grain, day)
    return running if running.last_day <= day else natural(grain, running.start - _DAY)


def diagnose(known: Known, request: Request, rule: Rule) -> Outcome:
    """Return what the request finds; every finding belongs to one scenario, the one that leans on its metric most."""
    shelf = _shelf(known, request)
    chosen = {key: known.playbooks[key].value for key in request.scenarios}
    watched = [watch for one in chosen.values() for watch in one.watch if watch.metric not in known.unready]
    seen = scan(shelf, watched, _basis(known, request, shelf, watched), rule)
    found = _Found(known, shelf, chosen, seen, rule)
    inside = _Inside(shelf)
    order = ranked([_taken_apart(inside, chosen, one) for one in found.all()], weighed=len(chosen) == 1)
    period = request.period.start.isoformat()
    diagnoses = tuple(
        Diagnosis(
            diagnosis_id=f"{key}/{period}",
            scenario=key,
            indicators=tuple((watch, _whole(shelf, seen, watch.metric)) for watch in _each(playbook.watch)),
            cells_tested=_tests(playbook, seen),
            findings=tuple(one for one in order if one.scenario == key),
        )
        for key, playbook in chosen.items()
    )
    ground = Ground(known.engine, known.context.as_of, known.context.zone)
    leads = [(one.finding_id, one.judged.series.group, chosen[one.scenario]) for one in order if one.lead is None]
    return Outcome(request, shelf, diagnoses, tuple(order), audiences_of(ground, leads))


def _shelf(known: Known, request: Request) -> Shelf:
    """Return a book of the asked period and, for FAST+, one of its own last period that had ended by then."""
    books = {request.grain: _book(known, request.grain, request.period, request.previous)}
    if known.fp_grain not in books:
        ended = last_complete(known.fp_grain, request.period.last_day)
        books[known.fp_grain] = _book(known, known.fp_grain, ended, request.previous)
    return Shelf(known.metrics, request.grain, known.fp_grain, books)


def _book(known: Known, grain: Grain, period: Period, previous: int) -> Book:
    periods = [period]
    while len(periods) <= previous:
        periods.append(natural(grain, periods[-1].start - _DAY))
    return Book(known.engine, known.metrics, known.context, tuple(reversed(periods)), grain)


def _basis(known: Known, request: Request, shelf: Shelf, watched: Sequence[WatchShape]) -> Basis:
    names = list(dict.fromkeys(one.metric for one in watched))
    if request.baseline is Baseline.LAST_YEAR:
        asked = [Asked(name, BASE) for name in names if not needs_of(known.metrics, name)]
        year = replace(shelf, books={grain: _year_before(book) for grain, book in shelf.books.items()})
        return Basis(request.baseline, {series.metric: series for series in year.series(asked)})
    if request.baseline is Baseline.PEERS:
        return Basis(request.baseline, targets=peer_medians(known.engine, names, known.industry))
    return Basis(request.baseline, targets=request.targets or {})


def _year_before(book: Book) -> Book:
    before = (compared(period, Compare.LAST_YEAR, book.grain) for period in book.periods)
    return replace(book, periods=tuple(period for period in before if period is not None))


def _whole(shelf: Shelf, seen: Scan, metric: str) -> Judged:
    """Return what was judged of a metric as a whole; of one that was not looked at nothing is known."""
    blank = Series(metric, (), Point(None), (), None)
    metrics = shelf.metrics
    unknown = Judged(blank, Expected(()), is_proportion(metrics, metric), metrics[metric].good, Verdict.UNKNOWN)
    return seen.whole.get(metric, unknown)


def _each(watched: Sequence[WatchShape]) -> list[WatchShape]:
    """A metric that a scenario watches by several splits is one indicator."""
    return list({one.metric: one for one in reversed(watched)}.values())[::-1]


def _tests(playbook: PlaybookShape, seen: Scan) -> int:
    splits = {(watch.metric, tuple(split.split(PAIR))) for watch in playbook.watch for split in watch.split}
    local = sum(
        one.chance is not None and (one.series.metric, tuple(name for name, _ in one.series.group)) in splits
        for one in seen.local
    )
    wholes = [seen.whole[watch.metric] for watch in _each(playbook.watch) if watch.metric in seen.whole]
    return local + sum(one.chance is not None for one in wholes)


class _Found:
    """The findings of a scan, and of the signs that the playbooks name."""

    def __init__(self, known: Known, shelf: Shelf, chosen: Mapping[str, PlaybookShape], seen: Scan, rule: Rule) -> None:
        self.known = known
        self.shelf = shelf
        self.chosen = chosen
        self.seen = seen
        self.rule = rule
        self.worth = {grain: _worth(seen, shelf, grain) for grain in shelf.books}

    def all(self) -> list[Finding]:
        """Return every finding, in no order."""
        return [*self._of_watches(), *self._of_triggers()]

    def _of_watches(self) -> Iterator[Finding]:
        for judged in self.seen.findings:
            weight, key, watch = _scenario_of(judged, self.chosen)
            code = "proportion" if judged.is_rate else "range"
            tests = self.seen.tests[1 if judged.series.group else 0]
            yield replace(self._finding(judged, key, watch.star, code, tests), weight=weight)

    def _of_triggers(self) -> Iterator[Finding]:
        signs = [(key, trigger) for key, playbook in self.chosen.items() for trigger in playbook.triggers]
        for key, trigger in signs:
            judged = [] if trigger.metric in self.known.unready else _trigger(self.shelf, trigger, self.rule)
            tests = sum(one.chance is not None for one in judged)
            beyond = (one for one in judged if one.verdict is Verdict.FINDING)
            yield from (self._finding(one, key, "structure", "threshold", tests) for one in beyond)

    def _finding(self, judged: Judged, key: str, aspect: str, code: str, tests: int) -> Finding:
        metric = judged.series.metric
        period = self.shelf.book(metric).periods[-1].start.isoformat()
        return finding_of(judged, (period, key, aspect), code, tests, self.worth[self.shelf.grain(metric)])


def _worth(seen: Scan, shelf: Shelf, grain: Grain) -> tuple[Fraction, Fraction] | None:
    """Return money and buyers of the whole in all periods of a grain."""
    wholes = (one.series for name, one in seen.whole.items() if shelf.grain(name) is grain)
    return next((series.worth for series in wholes if series.worth), None)


def _scenario_of(judged: Judged, chosen: Mapping[str, PlaybookShape]) -> tuple[Fraction, str, WatchShape]:
    """Return the scenario that gives the metric (in that split) the greatest share of its weights; ties: the first."""
    names = tuple(name for name, _ in judged.series.group)
    best: tuple[Fraction, str, WatchShape] | None = None
    for key in sorted(chosen):
        playbook = chosen[key]
        total = sum(playbook.weight_of(watch) for watch in playbook.watch)
        for watch in playbook.watch:
            is_watched = not names or any(tuple(split.split(PAIR)) == names for split in watch.split)
            share = Fraction(playbook.weight_of(watch), total or 1)
            if watch.metric == judged.series.metric and is_watched and (best is None or share > best[0]):
                best = (share, key, watch)
    if best is None:
        raise KeyError(judged.series.metric)
    return best


def _trigger(shelf: Shelf, trigger: TriggerShape, rule: Rule) -> list[Judged]:
    """A sign with a limit: the metric beyond it by more than chance, about enough persons; no gap is asked for.

    It is asked of the whole (or of the values it names) and of every group of its splits; the groups of a split are
    one family of tests.
    """
    limit = trigger.above if trigger.above is not None else trigger.below
    if trigger.metric is None or limit is None:
        return []
    asked = [Asked(trigger.metric, trigger.base)]
    named = [one for one in shelf.series(asked, tuple(trigger.where)) if dict(one.group) == dict(trigger.where)]
    families = [named] if set(needs_of(shelf.metrics, trigger.metric)) <= set(trigger.where) else []
    for split in trigger.split:
        groups = shelf.series(asked, (*trigger.where, *split.split(PAIR)))
        families.append([one for one in groups if _is_inside(one, trigger.where)])
    is_rate = is_proportion(shelf.metrics, trigger.metric)
    good = "up" if trigger.above is None else "down"
    return [
        judged
        for family in families
        for judged in believe(
            judge(
                [(one, Expected(tuple(Fraction(1) for _ in one.before), Fraction(limit))) for one in family],
                is_rate=is_rate,
                good=good,
                rule=replace(rule, gap=Fraction(0)),
            ),
            rule,
        )
    ]


def _is_inside(series: Series, where: Mapping[str, str]) -> bool:
    """Return whether a group has the named values, and a value of every other dimension."""
    return dict(series.group).items() >= where.items() and all(value is not None for _, value in series.group)


class _Inside:
    """Reads the groups that a gap is taken apart by, each question once however many findings ask it."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.read: dict[tuple[str, tuple[str, ...]], list[Series]] = {}

    def groups(self, series: Series, split: str) -> list[Series]:
        """Return the groups of a split inside the group of a series."""
        by = (*(name for name, _ in series.group), split)
        if not set(by) <= set(self.shelf.metrics.splits(series.metric)):
            return []
        if (series.metric, by) not in self.read:
            self.read[series.metric, by] = self.shelf.series([Asked(series.metric, BASE)], by)
        return [one for one in self.read[series.metric, by] if one.group[:-1] == series.group]


def _taken_apart(inside: _Inside, chosen: Mapping[str, PlaybookShape], finding: Finding) -> Finding:
    """Return the finding with its gap over every dimension that its scenario takes the metric apart by."""
    series = finding.judged.series
    own = {name for name, _ in series.group}
    splits = [
        split
        for watch in chosen[finding.scenario].watch
        if watch.metric == series.metric
        for split in watch.split
        if PAIR not in split and split not in own
    ]
    is_ratio = inside.shelf.metrics[series.metric].unit in (Unit.RATIO, Unit.INDEX)
    parts = [
        (split, part)
        for split in dict.fromkeys(splits)
        for part in parts_of(finding.judged, inside.groups(series, split), is_ratio=is_ratio)
    ]
    return replace(finding, parts=tuple(parts))
