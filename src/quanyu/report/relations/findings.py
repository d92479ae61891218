"""The findings of the build's diagnoses with what they are made of and what is advised (domain §4.0)."""

import datetime as dt
from dataclasses import dataclass

from quanyu.config import Language
from quanyu.report.reading import Reader


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One scenario looked at in one period (`diagnosis`)."""

    diagnosis_id: str
    scenario: str
    period_start_date: dt.date
    period_end_date: dt.date
    indicators: int
    computable: int
    cells_tested: int
    findings: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One gap that passed the rule (`finding`)."""

    finding_id: str
    rank_no: int
    lead_finding_id: str | None
    metric_code: str
    unit: str
    amount: int | None
    baseline_amount: int | None
    ratio: float | None
    baseline_ratio: float | None
    gap: float | None
    z: float | None
    base_persons: int
    impact_fen: int | None
    severity: str
    playbook_zh: str
    playbook_en: str
    says_zh: str
    says_en: str

    def playbook(self, language: Language) -> str:
        """Return the name of the playbook in the language."""
        return self.playbook_zh if language is Language.ZH else self.playbook_en

    def says(self, language: Language) -> str:
        """Return the sentence in the language."""
        return self.says_zh if language is Language.ZH else self.says_en


@dataclass(frozen=True, slots=True)
class FindingPart:
    """What one value of one dimension contributed (`finding_part`)."""

    finding_id: str
    dimension: str
    part_no: int
    value: str | None
    value_zh: str | None
    value_en: str | None
    effect: str
    contribution: int
    share: float | None

    def name(self, language: Language) -> str | None:
        """Return the value's name in the language."""
        return self.value_zh if language is Language.ZH else self.value_en


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One proposed action (`recommendation`)."""

    rec_id: str
    finding_id: str
    playbook: str
    audience_zh: str
    audience_en: str
    action_zh: str
    action_en: str
    channel: str
    benefit_zh: str
    benefit_en: str
    timing_zh: str
    timing_en: str
    proof_metric: str | None
    audience_size: int | None
    contactable_size: int | None

    def words(self, name: str, language: Language) -> str:
        """Return a text (`audience`, `action`, `benefit`, `timing`) in the language."""
        return str(getattr(self, f"{name}_{language.value}"))


@dataclass(frozen=True, slots=True)
class FindingsData:
    """All findings of the build, the greatest impact first."""

    diagnoses: tuple[Diagnosis, ...] = ()
    findings: tuple[Finding, ...] = ()
    parts: tuple[FindingPart, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()

    @property
    def leading(self) -> tuple[Finding, ...]:
        """Return the findings that lead their group, the greatest impact first."""
        return tuple(sorted((row for row in self.findings if row.lead_finding_id is None), key=lambda row: row.rank_no))


def read_findings(read: Reader) -> FindingsData:
    """Return what the diagnoses of the build found; empty where none was made."""
    return FindingsData(
        diagnoses=read.rows(Diagnosis, "diagnosis"),
        findings=read.rows(Finding, "finding"),
        parts=read.rows(FindingPart, "finding_part"),
        recommendations=read.rows(Recommendation, "recommendation"),
    )
