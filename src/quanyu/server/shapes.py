"""What requests say and answers tell: the shapes of `/api/v1`, from which its OpenAPI document is made.

A request is read strictly: no unknown key, no text for a number.  Dates are ISO; money is whole fen; null is unknown.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from quanyu.server.paging import MOST

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a date is written 2026-01-31")
    return date.fromisoformat(value) if isinstance(value, str) else value


class Said(BaseModel):
    """A body of a request."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Told(BaseModel):
    """An answer, read from the attributes of what a service gives."""

    model_config = ConfigDict(from_attributes=True)


Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]
Day = Annotated[date, BeforeValidator(_day)]
Number = int | float | str | None
Row = dict[str, Any]
Reason = Annotated[str, Field(min_length=3, max_length=500)]
Page = Annotated[int, Query(ge=1, le=MOST, description="Rows of the page.")]
Cursor = Annotated[str | None, Query(max_length=1_000, description="`next_cursor` of the page before.")]
PersonText = Annotated[str, Field(pattern=r"^P[0-9A-Z]{6,24}$", description="A person or identifier by id.")]


class Label(Told):
    """A name in both languages."""

    zh: str
    en: str


class MetricTold(Told):
    """One metric: what it means, its unit, where it is defined."""

    name: str
    label: Label
    description: Label
    unit: str
    good: str
    owner: str
    reference: str
    version: str
    splits: list[str]
    file: str | None
    line: int | None
    built_in: bool


class MetricList(Told):
    """Every metric of the workspace."""

    metrics: list[MetricTold]


class MetricQuestion(Said):
    """A query of metrics: names, dimensions to split by, and one of start with end, rolling, latest, campaign."""

    metrics: Annotated[list[Name], Field(min_length=1, max_length=20)]
    by: Annotated[list[Name], Field(max_length=5)] = []
    grain: Name | None = None
    start: Day | None = None
    end: Day | None = None
    rolling: Annotated[int, Field(ge=1, le=4_000)] | None = None
    latest: Annotated[int, Field(ge=1, le=400)] | None = None
    campaign: Name | None = None
    compare: Name | None = None
    filters: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=20)] = []
    as_of: Day | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST
    cursor: Annotated[str, Field(max_length=1_000)] | None = None


class Figure(Told):
    """One figure; `hidden`: its group is small or unknown in size and would point at single persons."""

    value: Number
    numerator: Number = None
    denominator: Number = None
    compared: Number = None
    change: float | None = None
    hidden: bool = False
    ref: str | None = None


class FigureRow(Told):
    """The figures of one period and one combination of dimension values; `end` is outside."""

    start: date
    end: date
    compared_start: date | None
    compared_end: date | None
    is_complete: bool
    dimensions: dict[str, str | None]
    cells: dict[str, Figure]


class MetricAnswerTold(Told):
    """The answer to a query of metrics, one page of its rows."""

    as_of: date
    zone: str
    watermark: int
    build_id: int
    by: list[str]
    metrics: list[Row]
    rows: list[FigureRow]
    next_cursor: str | None


class Explained(Told):
    """The history of a number: of a figure its definition, SQL, tables and parts; else how its table was made."""

    kind: str
    build_id: int
    as_of: date
    value: Number
    said: Row
    history: Row


class PeopleTold(Told):
    """Who stands behind a number: how many, one page of ids, and visitors that nobody knows (counted only)."""

    count: int | None
    hidden: bool = False
    persons: list[str]
    visitors: int = 0
    next_cursor: str | None = None
    fresh_at: datetime | None = None


class StageTold(Told):
    """Persons in one stage of a model on a day."""

    stage: str
    zh: str
    en: str
    persons: int | None
    ref: str | None


class StagesTold(Told):
    """The stages of one model on a day, lowest first."""

    model: str
    date: date
    build_id: int
    stages: list[StageTold]


class FlowTold(Told):
    """How many persons went from one stage to another; `none` is outside the model."""

    from_stage: str
    to_stage: str
    persons: int | None


class FlowsTold(Told):
    """The flows of a model between two dates; `computed`: the build had no snapshot of one of them."""

    model: str
    start: date
    end: date
    computed: bool
    flows: list[FlowTold]


class Rows(Told):
    """A list of rows as of a build."""

    build_id: int
    as_of: date
    rows: list[Row]
    next_cursor: str | None = None


class Listed(Told):
    """A list that no build makes: of the store or of the definitions."""

    rows: list[Row]
    next_cursor: str | None = None


class Detail(Told):
    """One thing with everything that is known of it, as of a build.

    `fresh_at` is set where it follows events since the build: the moment it was last brought up to date.
    """

    build_id: int
    as_of: date
    fresh_at: datetime | None = None
    detail: Row


class One(Told):
    """One thing of the store or of the definitions."""

    detail: Row


class Me(Told):
    """Who is asking, and what they may; `csrf` goes into X-CSRF-Token of every write of a browser session."""

    id: str
    name: str
    kind: str
    role: str
    scope: dict[str, list[str]]
    permissions: list[str]
    sees_persons: bool
    csrf: str | None
    brand: Label
    zone: str
    currency: str


Password = Annotated[str, Field(min_length=1, max_length=512)]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class LoginAsked(Said):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    password: Password


class LinkAsked(Said):
    """The token of a link that sets a password."""

    token: Token


class LinkUsed(LinkAsked):
    """The token of a link, and the password it shall set."""

    password: Password


class BackAsked(BaseModel):
    """What a provider sends a browser back with: a code or an error, and the state that it left with; or more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: Annotated[str, Field(max_length=4_000)] | None = None
    state: Annotated[str, Field(max_length=200)] | None = None


class PasswordAsked(Said):
    """The old password and the new one."""

    old: Password
    new: Password


class UserAsked(Said):
    """A new user: the name to sign in with, a role, and of what it is given a part: ids of brands, regions, stores."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    role: Name
    scope: dict[Literal["brands", "regions", "stores"], Names] = Field(default_factory=dict)


class UserChanged(Said):
    """What of a user shall be otherwise; what is left out stays."""

    role: Name | None = None
    scope: dict[Literal["brands", "regions", "stores"], Names] | None = None
    disabled: bool | None = None


class IdentifierAsked(Said):
    """An identifier as `type:value` or `type:value@namespace`; it is hashed and forgotten."""

    identifier: Annotated[str, Field(min_length=3, max_length=300, pattern=r"^[a-z_0-9]{1,40}:")]


class RuleAsked(Said):
    """A rule of a segment: the name of one, a rule as YAML has it, or a text; exactly one of them."""

    segment: Name | None = None
    rule: Row | None = None
    text: Annotated[str, Field(max_length=20_000)] | None = None
    sample: Annotated[int, Field(ge=0, le=20)] = 3


class TextAsked(Said):
    """A rule of a segment as text."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class BehaviourTold(Told):
    """The answer to a question about behaviour; `ref` with a cell of `cells` gives the people behind it."""

    kind: str
    build_id: int
    as_of: date
    grids: list[Row]
    cells: dict[str, int]
    notes: list[Label]
    ref: str | None


class RepairAsked(Said):
    """Edits of a refused row: heading and new text, null for empty."""

    cells: Annotated[dict[Name, Annotated[str, Field(max_length=10_000)] | None], Field(min_length=1, max_length=200)]


class DiscardAsked(Said):
    """Refused rows, by id, that are given up for good."""

    ids: Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]], Field(min_length=1, max_length=1_000)]


class TwoAsked(Said):
    """Two persons or identifiers, by id or as `type:value`, and why they are one or not."""

    one: Name
    other: Name
    reason: Reason


class Decided(Told):
    """The number of a decision; it holds from the next build on."""

    decision_id: int


class DiagnosisAsked(Said):
    """A diagnosis to make now: a playbook or all, a period, what to compare with, targets `metric=number`."""

    scenario: Name = "all"
    period: Annotated[str, Field(max_length=40)] | None = None
    baseline: Name | None = None
    targets: Names = []


class ExportAsked(Said):
    """A file of persons to make: of a segment, or of everybody; which fields; what for."""

    segment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")] | None = None
    columns: Names = []
    purpose: Name
    form: Literal["csv", "xlsx", "parquet"] = "csv"
    headings: Literal["code", "zh", "en"] = "code"


class Exported(Told):
    """A file that was made; `audit_id` names it in the log and in the address it is fetched from."""

    audit_id: int
    form: str
    persons: int
    rows: int
    left_out: Mapping[str, int]
    columns: list[str]
    masked: list[str]
    purpose: str
    sha256: str
    bytes: int


class RunAsked(Said):
    """A run to start: its date and how much of the raw log it knows (null: all), its parts (none named: all)."""

    as_of: Day | None = None
    watermark: Annotated[int, Field(ge=1)] | None = None
    parts: Annotated[list[Literal["ingest", "build", "report"]], Field(max_length=3)] = []


class FileAsked(Said):
    """A definition file of the workspace, and what it is to say; null takes it away."""

    file: Annotated[str, Field(min_length=1, max_length=300)]
    text: Annotated[str, Field(max_length=500_000)] | None


class FilesAsked(Said):
    """Definition files to write, each named once."""

    files: Annotated[list[FileAsked], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _has_each_once(self) -> Self:
        if len(self.by_name) < len(self.files):
            raise ValueError("a file stands twice")
        return self

    @property
    def by_name(self) -> dict[str, str | None]:
        """Return the text of each file by its name."""
        return {one.file: one.text for one in self.files}


class AuditTold(Told):
    """One record of the audit log."""

    audit_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    subject_count: int
    purpose: str
    detail: Mapping[str, Any]
    hash: str


class AuditPage(Told):
    """Records of the audit log, oldest first."""

    records: list[AuditTold]
    next_cursor: str | None


class Verified(Told):
    """Whether the chain of the audit log holds, and what is wrong with it."""

    holds: bool
    problems: list[Row]
