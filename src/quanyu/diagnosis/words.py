"""What a finding says, in Chinese and English: figures, gap, whom it concerns, what it costs, how sure it is."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from quanyu.config import Currency, Language
from quanyu.diagnosis.audience import Audience
from quanyu.diagnosis.diagnose import Request
from quanyu.diagnosis.expect import Baseline
from quanyu.diagnosis.finding import Finding
from quanyu.diagnosis.names import Named
from quanyu.diagnosis.series import Group, Shelf
from quanyu.display import NULL_SIGN, format_count, format_money, format_rate
from quanyu.metrics import Metrics, Unit
from quanyu.money import Money
from quanyu.stats.decompose import round_half_up


@dataclass(frozen=True, slots=True)
class Words:
    """Writes findings with the labels of the metrics layer and the currency of the workspace."""

    metrics: Metrics
    currency: Currency
    request: Request
    shelf: Shelf
    named: Named

    def says(self, finding: Finding) -> tuple[str, str]:
        """Return the sentence of a finding in Chinese and in English."""
        one, metric = finding.judged, self.metrics[finding.judged.series.metric]
        gap = float(one.gap or 0) * 100
        zh, en = Language.ZH, Language.EN
        says_zh = (
            f"{self._when(metric.name, zh)}{self._where(finding, zh)}{metric.label.zh}为"
            f"{self.figure(metric.unit, one.value, zh)}，"
            f"{self._beside(finding, zh)}{self.figure(metric.unit, one.baseline, zh)}（{gap:+.1f}%）"
            f"，{self._sure(finding, zh)}；约影响{format_count(finding.affected, zh)}人"
        )
        says_en = (
            f"{metric.label.en}{self._where(finding, en)}{self._when(metric.name, en)} is "
            f"{self.figure(metric.unit, one.value, en)}, "
            f"{self._beside(finding, en)} {self.figure(metric.unit, one.baseline, en)} ({gap:+.1f}%)"
            f", {self._sure(finding, en)}; about {format_count(finding.affected, en)} persons"
        )
        if finding.impact_fen is None:
            return f"{says_zh}。", f"{says_en}."
        money = Money(finding.impact_fen, self.currency)
        return f"{says_zh}、{format_money(money, zh)}。", f"{says_en}, {format_money(money, en)}."

    def figure(self, unit: Unit, value: Fraction | None, language: Language) -> str:
        """Return a figure in its unit; null is a dash."""
        if value is None:
            return NULL_SIGN
        if unit is Unit.MONEY:
            return format_money(Money(round_half_up(value), self.currency), language)
        if unit is Unit.RATIO:
            return format_rate(float(value))
        if unit in (Unit.COUNT, Unit.DAYS):
            return format_count(round_half_up(value), language)
        return f"{Decimal(value.numerator) / Decimal(value.denominator):,.2f}"

    def audience(self, audience: Audience, language: Language) -> str:
        """Return what an audience is called: the playbook's label, and the group it is narrowed to."""
        label = audience.shape.label.zh if language is Language.ZH else audience.shape.label.en
        within = self._groups(audience.within, language)
        if not within:
            return label
        return f"{label}（仅{'、'.join(within)}）" if language is Language.ZH else f"{label} (only {', '.join(within)})"

    def _when(self, metric: str, language: Language) -> str:
        """Return the period where it is another than the asked one: FAST+ has periods of its own."""
        period = self.shelf.book(metric).periods[-1]
        if period == self.request.period:
            return ""
        first, last = period.start.isoformat(), period.last_day.isoformat()
        return f"{first}至{last}，" if language is Language.ZH else f" from {first} to {last}"

    def _groups(self, group: Group, language: Language) -> list[str]:
        named = []
        for name, value in group:
            dimension = self.metrics.dimensions[name]
            label = dimension.label.zh if language is Language.ZH else dimension.label.en
            shown = self.named.value(name, value, language)
            named.append(f"{label}{shown}" if language is Language.ZH else f"{label} {shown}")
        return named

    def _where(self, finding: Finding, language: Language) -> str:
        named = self._groups(finding.judged.series.group, language)
        if not named:
            return ""
        return f"{'、'.join(named)}的" if language is Language.ZH else f" ({', '.join(named)})"

    def _beside(self, finding: Finding, language: Language) -> str:
        count = len(finding.judged.series.before)
        if finding.rule_code == "threshold":
            return "越过界限" if language is Language.ZH else "beyond the limit of"
        if finding.judged.series.group:
            expected = (f"按前{count}期均值与大盘走势应为", f"expected from its last {count} periods and the whole:")
            return expected[0] if language is Language.ZH else expected[1]
        said = {
            Baseline.PREVIOUS: (f"前{count}期均值为", f"against a mean of the last {count} periods of"),
            Baseline.LAST_YEAR: (
                f"前{count}期按去年同期走势应为",
                f"against the last {count}, moved like a year ago, of",
            ),
            Baseline.PEERS: ("同行中位数为", "against a median of peers of"),
            Baseline.MANUAL: ("目标为", "against a target of"),
        }[self.request.baseline]
        return said[0] if language is Language.ZH else said[1]

    def _sure(self, finding: Finding, language: Language) -> str:
        one = finding.judged
        if one.is_rate:
            return f"z={one.z:.1f}" if one.z is not None else NULL_SIGN
        if one.z is None:
            return "前几期无波动" if language is Language.ZH else "no spread before"
        return f"偏离{abs(one.z):.1f}σ" if language is Language.ZH else f"{abs(one.z):.1f} σ away"
