"""The tables of a diagnosis out of its outcome: every row, in the contracts' columns."""

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa

from quanyu.config import Language
from quanyu.definitions.playbook import PlaybookShape
from quanyu.diagnosis.diagnose import Diagnosis, Known, Outcome
from quanyu.diagnosis.finding import Finding, dims_of
from quanyu.diagnosis.judge import Judged, Verdict
from quanyu.diagnosis.names import Named, names_of
from quanyu.diagnosis.words import Words
from quanyu.metrics import Unit
from quanyu.segments import Step
from quanyu.stats.decompose import round_half_up
from quanyu.tables import CONTRACTS
from quanyu.tables.diagnosis import DIAGNOSES

_WHOLE: Final = (Unit.MONEY, Unit.COUNT, Unit.DAYS)
Row = dict[str, Any]


def tables_of(known: Known, outcome: Outcome, param_version: str) -> dict[str, pa.Table]:
    """Return every table of the diagnoses by name, ready to be registered; without findings they are empty."""
    writer = _Writer(known, outcome, param_version)
    rows: Mapping[str, Iterator[Row]] = {
        "diagnosis": writer.diagnoses(),
        "diagnosis_step": writer.steps(),
        "diagnosis_indicator": writer.indicators(),
        "finding": writer.findings(),
        "finding_part": writer.parts(),
        "recommendation": writer.recommendations(),
        "audience_step": writer.audience_steps(),
    }
    return {table.name: _arrow(table.name, list(rows[table.name])) for table in DIAGNOSES}


def _arrow(table: str, rows: list[Row]) -> pa.Table:
    return pa.table({name: [row[name] for row in rows] for name in CONTRACTS[table].column_names})


class _Writer:
    """Writes the rows of one outcome."""

    def __init__(self, known: Known, outcome: Outcome, param_version: str) -> None:
        self.known = known
        self.outcome = outcome
        self.version = param_version
        told = [name for one in outcome.findings for name, _ in one.judged.series.group]
        told += [name for one in outcome.findings for name, _ in one.parts]
        self.named = Named(known.metrics, names_of(known.engine, told))
        self.words = Words(known.metrics, known.currency, outcome.request, outcome.shelf, self.named)

    def diagnoses(self) -> Iterator[Row]:
        """Yield the rows of `diagnosis`."""
        request = self.outcome.request
        for one in self.outcome.diagnoses:
            yield {
                "diagnosis_id": one.diagnosis_id,
                "scenario": one.scenario,
                "period_kind": request.grain.value,
                "period_start_date": request.period.start,
                "period_end_date": request.period.end,
                "baseline": request.baseline.value,
                "state": self._states(one)[-1],
                "started_by": request.started_by,
                "indicators": len(one.indicators),
                "computable": len(_computable(one)),
                "cells_tested": one.cells_tested,
                "findings": len(one.findings),
                "param_version": self.version,
            }

    def _states(self, one: Diagnosis) -> list[str]:
        """A scenario of which nothing can be computed stays where its indicators are named."""
        if not _computable(one):
            return ["indicator"]
        is_advised = any(finding.lead is None for finding in one.findings)
        return ["indicator", "analysis", *(["strategy"] if is_advised else [])]

    def steps(self) -> Iterator[Row]:
        """Yield the rows of `diagnosis_step`."""
        for one in self.outcome.diagnoses:
            ready, all_ = len(_computable(one)), len(one.indicators)
            advised = len({rec["rec_id"] for rec in self._recommended(one)})
            says = {
                "indicator": (f"关注{all_}个指标，可计算{ready}个", f"{all_} metrics watched, {ready} can be computed"),
                "analysis": (
                    f"检验{one.cells_tested}个单元，发现{len(one.findings)}个",
                    f"{one.cells_tested} cells tested, {len(one.findings)} findings",
                ),
                "strategy": (f"给出{advised}条建议", f"{advised} recommendations"),
            }
            for number, state in enumerate(self._states(one), start=1):
                zh, en = says[state]
                yield {
                    "diagnosis_id": one.diagnosis_id,
                    "step_no": number,
                    "state": state,
                    "says_zh": f"{zh}。",
                    "says_en": f"{en}.",
                }

    def indicators(self) -> Iterator[Row]:
        """Yield the rows of `diagnosis_indicator`."""
        for one in self.outcome.diagnoses:
            playbook = self._playbook(one.scenario)
            for watch, judged in one.indicators:
                why = self._why_not(judged)
                yield {
                    "diagnosis_id": one.diagnosis_id,
                    "metric_code": watch.metric,
                    **self._period(watch.metric),
                    "weight": sum(
                        playbook.weight_of(other) for other in playbook.watch if other.metric == watch.metric
                    ),
                    "unit": self.known.metrics[watch.metric].unit.value,
                    "is_computable": why is None,
                    "why_not_zh": why and why[0],
                    "why_not_en": why and why[1],
                    "value": _double(judged.value),
                    "baseline_value": _double(judged.baseline),
                    "gap": _double(judged.gap),
                    "sigma": judged.sigma,
                    "z": judged.z,
                    "base_persons": None if judged.crowd is None else round_half_up(judged.crowd),
                    "is_finding": judged.verdict is Verdict.FINDING,
                    "verdict": judged.verdict.value,
                }

    def _period(self, metric: str) -> Row:
        book = self.outcome.shelf.book(metric)
        period = book.periods[-1]
        return {
            "period_kind": book.grain.value,
            "period_start_date": period.start,
            "period_end_date": period.end,
        }

    def _why_not(self, judged: Judged) -> tuple[str, str] | None:
        lacks = self.known.unready.get(judged.series.metric)
        if lacks is not None:
            return f"模型缺少数据：{lacks[0]}", f"its model lacks data: {lacks[1]}"
        if judged.verdict is Verdict.NO_HISTORY:
            return "没有足够的前期数据或基线", "too few previous periods, or no baseline, are known"
        if judged.verdict is not Verdict.UNKNOWN:
            return None
        metrics = self.known.metrics
        sources = {metrics.measure(part).source for part in metrics.parts(judged.series.metric)}
        missing = ", ".join(sorted(sources - self.known.engine.tables))
        if missing:
            return f"缺少数据表 {missing}", f"no table {missing} is known here"
        return "该周期没有数据", "nothing is known of the period"

    def findings(self) -> Iterator[Row]:
        """Yield the rows of `finding`."""
        ids = {one.scenario: one.diagnosis_id for one in self.outcome.diagnoses}
        for rank, one in enumerate(self.outcome.findings, start=1):
            judged = one.judged
            says_zh, says_en = self.words.says(one)
            unit = self.known.metrics[judged.series.metric].unit
            whole = unit in _WHOLE
            value, baseline = judged.value, judged.baseline
            yield {
                "finding_id": one.finding_id,
                "diagnosis_id": ids[one.scenario],
                "rank_no": rank,
                "lead_finding_id": one.lead,
                "rule_code": one.rule_code,
                "metric_code": judged.series.metric,
                **self._period(judged.series.metric),
                "dims": json.dumps(dims_of(judged), ensure_ascii=False, sort_keys=True),
                "unit": unit.value,
                "amount": round_half_up(value) if whole and value is not None else None,
                "baseline_amount": round_half_up(baseline) if whole and baseline is not None else None,
                "ratio": None if whole else _double(value),
                "baseline_ratio": None if whole else _double(baseline),
                "gap": _double(judged.gap),
                "sigma": judged.sigma,
                "z": judged.z,
                "p_value": judged.chance,
                "tests": one.tests,
                "base_persons": round_half_up(judged.crowd or Fraction(0)),
                "affected_persons": one.affected,
                "per_person_fen": one.per_person_fen,
                "impact_fen": one.impact_fen,
                "severity": one.severity,
                "playbook": one.scenario,
                "playbook_zh": self._playbook(one.scenario).label.zh,
                "playbook_en": self._playbook(one.scenario).label.en,
                "says_zh": says_zh,
                "says_en": says_en,
                "evidence": json.dumps(self.evidence(one), ensure_ascii=False, sort_keys=True),
                "param_version": self.version,
            }

    def evidence(self, finding: Finding) -> Row:
        """Return the question of the metrics layer whose answer is the finding's value, and its cell's address."""
        series = finding.judged.series
        book = self.outcome.shelf.book(series.metric)
        period = book.periods[-1]
        return {
            "metrics": [series.metric],
            "by": [name for name, _ in series.group],
            "grain": book.grain.value,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
            "dimensions": dict(series.group),
        }

    def parts(self) -> Iterator[Row]:
        """Yield the rows of `finding_part`."""
        for finding in self.outcome.findings:
            for number, (dimension, part) in enumerate(finding.parts, start=1):
                yield {
                    "finding_id": finding.finding_id,
                    "dimension": dimension,
                    "part_no": number,
                    "value": part.value,
                    "value_zh": self._value(dimension, part.value, Language.ZH),
                    "value_en": self._value(dimension, part.value, Language.EN),
                    "effect": part.effect,
                    "contribution": part.contribution,
                    "share": part.share,
                }

    def _value(self, dimension: str, value: str | None, language: Language) -> str | None:
        return None if value is None else self.named.value(dimension, value, language)

    def recommendations(self) -> Iterator[Row]:
        """Yield the rows of `recommendation`: the playbook's audiences for every finding that leads."""
        for one in self.outcome.diagnoses:
            yield from self._recommended(one)

    def _recommended(self, diagnosis: Diagnosis) -> Iterator[Row]:
        playbook = self._playbook(diagnosis.scenario)
        for finding in diagnosis.findings:
            if finding.lead is not None:
                continue
            for code in playbook.audiences:
                audience = self.outcome.audiences[finding.finding_id, code]
                shape, steps = audience.shape, audience.steps
                yield {
                    "rec_id": _rec_id(finding, code),
                    "finding_id": finding.finding_id,
                    "playbook": diagnosis.scenario,
                    "audience_code": code,
                    "audience_zh": self.words.audience(audience, Language.ZH),
                    "audience_en": self.words.audience(audience, Language.EN),
                    "audience_def": json.dumps(
                        shape.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True),
                        ensure_ascii=False,
                        sort_keys=True,
                    ),
                    "action_zh": playbook.action.zh,
                    "action_en": playbook.action.en,
                    "channel": shape.means,
                    "channel_id": None,
                    "benefit_zh": playbook.benefit.zh,
                    "benefit_en": playbook.benefit.en,
                    "benefit_id": None,
                    "timing_zh": playbook.timing.zh,
                    "timing_en": playbook.timing.en,
                    "proof_metric": playbook.proof_metric,
                    "audience_size": steps[0].after,
                    "contactable_size": steps[-1].after,
                    "accepted_by": None,
                    "campaign_id": None,
                }

    def audience_steps(self) -> Iterator[Row]:
        """Yield the rows of `audience_step`."""
        for finding in self.outcome.findings:
            if finding.lead is not None:
                continue
            for code in self._playbook(finding.scenario).audiences:
                for number, step in enumerate(self.outcome.audiences[finding.finding_id, code].steps, start=1):
                    yield _step_row(_rec_id(finding, code), number, step)

    def _playbook(self, key: str) -> PlaybookShape:
        return self.known.playbooks[key].value


def _computable(one: Diagnosis) -> list[Judged]:
    unknown = (Verdict.UNKNOWN, Verdict.NO_HISTORY)
    return [judged for _, judged in one.indicators if judged.verdict not in unknown]


def _rec_id(finding: Finding, audience: str) -> str:
    return f"{finding.finding_id}/{audience}"


def _step_row(rec_id: str, number: int, step: Step) -> Row:
    return {
        "rec_id": rec_id,
        "step_no": number,
        "gate": step.gate.value,
        "before": step.before,
        "after": step.after,
        "why_unknown": step.why_unknown,
    }


def _double(value: Any) -> float | None:
    return None if value is None else float(value)
