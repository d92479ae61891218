"""Looks at every watched metric, as a whole and in every group of its splits, and judges each."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from quanyu.definitions.playbook import WatchShape
from quanyu.diagnosis.expect import Basis, of_group
from quanyu.diagnosis.judge import Expected, Judged, Rule, Verdict, believe, judge
from quanyu.diagnosis.series import Asked, Point, Series, Shelf, is_proportion, needs_of
from quanyu.engine import Engine
from quanyu.engine import tree as t
from quanyu.metrics import Metrics

PAIR: Final = "+"


@dataclass(frozen=True, slots=True)
class Scan:
    """Every cell judged: the whole of each metric by name, and the groups of all splits."""

    whole: Mapping[str, Judged]
    local: tuple[Judged, ...]

    @property
    def tests(self) -> tuple[int, int]:
        """Return how many cells were tested as a whole and how many in groups."""
        return (
            sum(one.chance is not None for one in self.whole.values()),
            sum(one.chance is not None for one in self.local),
        )

    @property
    def findings(self) -> tuple[Judged, ...]:
        """Return the cells that are findings."""
        return tuple(one for one in (*self.whole.values(), *self.local) if one.verdict is Verdict.FINDING)


def scan(shelf: Shelf, watched: Sequence[WatchShape], basis: Basis, rule: Rule) -> Scan:
    """Return every watched metric judged; a metric watched twice is looked at once, by all its splits."""
    metrics = shelf.metrics
    asked = list({one.metric: Asked(one.metric, one.base) for one in reversed(watched)}.values())[::-1]
    wholes = {
        series.metric: series for series in shelf.series([one for one in asked if not needs_of(metrics, one.metric)])
    }
    wholes |= {one.metric: _sum_of(shelf, one) for one in asked if needs_of(metrics, one.metric)}
    whole = {name: _judge_whole(metrics, series, basis, rule) for name, series in wholes.items()}
    trusted = believe(list(whole.values()), rule)
    # No group can have more persons than everybody: below the rule's fewest none could be a finding.
    splits = _splits(watched) if _persons(_engine(shelf)) >= rule.persons else []
    local = [one for split in splits for one in _scan_split(shelf, split, _asked_by(watched, split), wholes, rule)]
    return Scan({one.series.metric: one for one in trusted}, tuple(believe(local, rule)))


def _engine(shelf: Shelf) -> Engine:
    return shelf.books[shelf.asked].engine


def _persons(engine: Engine) -> int:
    if "person_fact" not in engine.tables:
        return sys.maxsize
    rows = engine.query(t.select({"rows": t.count()}, "person_fact"), {}).to_pylist()
    return int(rows[0]["rows"])


def _judge_whole(metrics: Metrics, series: Series, basis: Basis, rule: Rule) -> Judged:
    """A metric that has no meaning as a whole is shown beside its baseline, and is no finding."""
    expected, name = basis.of_whole(series), series.metric
    good = "none" if needs_of(metrics, name) else metrics[name].good
    if expected is not None:
        return judge([(series, expected)], is_rate=is_proportion(metrics, name), good=good, rule=rule)[0]
    verdict = Verdict.UNKNOWN if series.now.value is None else Verdict.NO_HISTORY
    still = Expected(tuple(Fraction(1) for _ in series.before))
    return Judged(series, still, is_proportion(metrics, name), good, verdict)


def _sum_of(shelf: Shelf, asked: Asked) -> Series:
    """Return all groups of a metric together that has no meaning without its split: what they move with."""
    groups = shelf.series([asked], needs_of(shelf.metrics, asked.metric))
    periods = len(shelf.book(asked.metric).periods)
    points = [_added([(*one.before, one.now)[place] for one in groups]) for place in range(periods)]
    return Series(asked.metric, (), points[-1], tuple(points[:-1]), None)


def _added(points: Sequence[Point]) -> Point:
    known = [one for one in points if one.value is not None]
    if not known:
        return Point(None)
    value, above, below, persons = (
        sum((one or Fraction(0) for one in column), Fraction(0))
        for column in zip(*((one.value, one.numerator, one.denominator, one.persons) for one in known), strict=True)
    )
    return Point(above / below, above, below, persons) if below else Point(value, persons=persons)


def _splits(watched: Sequence[WatchShape]) -> list[str]:
    return list(dict.fromkeys(split for one in watched for split in one.split))


def _asked_by(watched: Sequence[WatchShape], split: str) -> list[Asked]:
    return list({one.metric: Asked(one.metric, one.base) for one in watched if split in one.split}.values())


def _scan_split(
    shelf: Shelf, split: str, asked: Sequence[Asked], wholes: Mapping[str, Series], rule: Rule
) -> list[Judged]:
    by_metric: dict[str, list[tuple[Series, Expected]]] = {}
    for series in shelf.series(asked, tuple(split.split(PAIR))):
        expected = of_group(series, wholes[series.metric])
        if expected is not None:
            by_metric.setdefault(series.metric, []).append((series, expected))
    return [
        _without_whole(one, rule)
        for name, cells in by_metric.items()
        for one in judge(cells, is_rate=is_proportion(shelf.metrics, name), good=shelf.metrics[name].good, rule=rule)
    ]


def _without_whole(one: Judged, rule: Rule) -> Judged:
    """A group is only told of when it is also below its own mean as it stands, not merely behind a rising whole."""
    if one.verdict is not Verdict.FINDING:
        return one
    still = Expected(tuple(Fraction(1) for _ in one.series.before))
    plain = judge([(one.series, still)], is_rate=one.is_rate, good=one.good, rule=rule)[0]
    is_bad = plain.is_bad and plain.gap is not None and abs(plain.gap) >= rule.gap
    return one if is_bad else replace(one, verdict=Verdict.SMALL_GAP)
