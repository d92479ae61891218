"""From a judged gap to a finding: whom it concerns, what it costs, what it belongs to, in which order to read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from quanyu.diagnosis.judge import Judged
from quanyu.diagnosis.parts import Part
from quanyu.stats.decompose import round_half_up

# Share of the period's sales at stake from which a finding is so severe.
_SEVERITIES: Final = (
    ("critical", Fraction(5, 100)),
    ("high", Fraction(2, 100)),
    ("medium", Fraction(5, 1000)),
    ("low", Fraction(1, 1000)),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of one scenario; `aspect` is the dimension of STAR its metric speaks for.

    `affected` persons = gap × persons (of a rate the gap in points, of an amount relative), `impact_fen` = affected ×
    value per person, from exact numbers, each rounded once.  `weight` is the metric's share of the scenario's weights,
    `lead` the id of the finding it belongs to.
    """

    finding_id: str
    scenario: str
    rule_code: str
    judged: Judged
    aspect: str
    tests: int
    affected: int
    per_person_fen: int | None
    impact_fen: int | None
    severity: str
    weight: Fraction = Fraction(1)
    lead: str | None = None
    parts: tuple[tuple[str, Part], ...] = ()


def finding_of(
    judged: Judged, place: tuple[str, str, str], rule_code: str, tests: int, worth: tuple[Fraction, Fraction] | None
) -> Finding:
    """Return the finding of a judged gap; `place`: period, scenario, aspect; `worth`: money and buyers of the whole.

    Value per person: net sales per buyer of the group, or of the whole where the group has no sales of its own.
    """
    period, scenario, aspect = place
    own = judged.series.worth or worth
    value, baseline, base = judged.value or Fraction(0), judged.baseline or Fraction(0), judged.base or Fraction(0)
    size = abs(value - baseline) if judged.is_rate else abs(judged.gap or Fraction(0))
    affected = size * base
    impact = None if own is None else affected * own[0] / own[1]
    return Finding(
        finding_id="/".join((scenario, period, judged.series.metric, *_named(judged), rule_code)),
        scenario=scenario,
        rule_code=rule_code,
        judged=judged,
        aspect=aspect,
        tests=tests,
        affected=round_half_up(affected),
        per_person_fen=None if own is None else round_half_up(own[0] / own[1]),
        impact_fen=None if impact is None else round_half_up(impact),
        severity=_severity(impact, worth, len(judged.series.before) + 1),
    )


def ranked(findings: Sequence[Finding], *, weighed: bool) -> list[Finding]:
    """Return the findings, what costs most first; what belongs to another finding stands after all that do not.

    Findings of one group (of the whole: of one aspect) are one problem seen in several metrics; the dearest leads.  A
    sign beyond its limit is a problem of its own, wherever it is beyond it.
    `weighed`: as one scenario sees it, impact times the weight of the metric in it (STR-15).
    """
    order = sorted(findings, key=lambda one: (-(one.impact_fen or 0) * (one.weight if weighed else 1), one.finding_id))
    leads: dict[tuple[object, ...], str] = {}
    led = []
    for one in order:
        series, is_sign = one.judged.series, one.rule_code == "threshold"
        group = frozenset(series.group)
        key = ("sign", series.metric) if is_sign else (group, "" if group else one.aspect)
        lead = leads.setdefault(key, one.finding_id)
        led.append(one if lead == one.finding_id else replace(one, lead=lead))
    return [*(one for one in led if one.lead is None), *(one for one in led if one.lead is not None)]


def dims_of(judged: Judged) -> Mapping[str, str | None]:
    """Return the dimension values of a judged cell."""
    return dict(judged.series.group)


def _named(judged: Judged) -> list[str]:
    return [f"{name}={value}" for name, value in judged.series.group]


def _severity(impact: Fraction | None, worth: tuple[Fraction, Fraction] | None, periods: int) -> str:
    if impact is None or worth is None or not worth[0]:
        return "info"
    share = impact / (worth[0] / periods)
    return next((name for name, least in _SEVERITIES if share >= least), "info")
