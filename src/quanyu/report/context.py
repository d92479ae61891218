"""What a report is about, as plain data: the workspace, the build, what came in, what was checked, how it was made.

The caller fills it from its own records; this folder knows no store and no workspace file.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from quanyu.config import Brand, Currency, Language

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """The build that is reported; `built_at` is UTC, `as_of` the last business date inside."""

    build_id: int
    as_of: date
    watermark: int
    engine: str
    parameter_version: str
    built_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    """What became of the rows of one source received on one day, as table `reconciliation` has it."""

    source: str
    day: date
    received: int
    stored: int
    quarantined: int
    duplicate: int

    @property
    def adds_up(self) -> bool:
        """Return whether received = stored + quarantined + duplicate."""
        return self.received == self.stored + self.quarantined + self.duplicate


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One check of the data, as table `data_quality` has it; `failed_rate` is null when nothing was checked,
    `sample` when nothing failed.
    """

    check_code: str
    table_name: str
    column_name: str
    severity: str
    rows_checked: int
    rows_failed: int
    failed_rate: float | None
    sample: str | None = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """How one table was made: the SQL as it ran (empty: made in Python), its file, rows, seconds and moment (UTC)."""

    table: str
    sql: str
    rows: int
    seconds: float
    file: str = ""
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter as it held in the build; `mark` is its evidence: SEED, PROPOSED (our default) or a source."""

    id: str
    value: str
    unit: str
    mark: str
    zh: str
    en: str
    overridden: bool = False

    def label(self, language: Language) -> str:
        """Return the label in the language."""
        return self.zh if language is Language.ZH else self.en


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Everything a report needs beside the tables of the build; `small_group` persons are the fewest shown unmarked."""

    brand: Brand
    time_zone: str
    currency: Currency
    language: Language
    build: BuildRecord
    received: tuple[ReceivedRow, ...] = ()
    quality: tuple[QualityRow, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    parameters: tuple[ParameterRow, ...] = ()
    small_group: int = 20

    @property
    def standing(self) -> dict[str, str]:
        """Return the parameters as messages name them: `p_value_tier_head`, one of several numbers `…_cuts_1`."""
        found = {}
        for row in self.parameters:
            name = row.id.lower().replace(".", "_")
            numbers = _NUMBER.findall(row.value)
            found[name] = row.value
            found |= {f"{name}_{place}": number for place, number in enumerate(numbers, start=1)}
        return found


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files of one report: one page per language, and the JSON twin with the same numbers."""

    zh: Path
    en: Path
    json: Path

    def page(self, language: Language) -> Path:
        """Return the page in the language."""
        return self.zh if language is Language.ZH else self.en
