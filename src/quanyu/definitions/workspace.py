"""Loads `quanyu.yaml`: the settings of a workspace with every default resolved, or every problem at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from quanyu.config import (
    Brand,
    EngineName,
    EngineSettings,
    IdentifierRule,
    Language,
    Limits,
    OpenIdProvider,
    Secret,
    StoreSettings,
    Workspace,
    memory_bytes,
)
from quanyu.definitions.check import check_shape, in_order
from quanyu.definitions.document import Document
from quanyu.definitions.folders import LIBRARY, shown
from quanyu.definitions.rules.currency import read_currency
from quanyu.definitions.shape import Frozen, Names, SecretRef, Shape, Text, require_one
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.definitions.values import CurrencyCode, Folder, Industry, Size, StoreUrl, WebAddress, ZoneName
from quanyu.errors import InternalError, Problem, Severity, Where, did_you_mean
from quanyu.tables import CONTRACTS

SETTINGS_FILE = "quanyu.yaml"
_Count = Annotated[int, Field(ge=1)]


class NameShape(Shape):
    """The brand's name in Chinese and English."""

    zh: str = ""
    en: str = ""


class EngineShape(Shape):
    """What computes: engine, memory (`4GB`), threads, address of Spark."""

    name: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: Size | None = None
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    spark_url: Text | None = None


class StoreAddress(Shape):
    """The address of a database: in clear without password, or a secret that holds it whole."""

    address: StoreUrl | None = None
    env: Text | None = None
    file: Text | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        require_one(self, "address", "env", "file")
        return self


def _as_address(given: Any) -> Any:
    return {"address": given} if isinstance(given, str) else given


StoreEntry: TypeAlias = Annotated[StoreAddress, BeforeValidator(_as_address, json_schema_input_type=str | SecretRef)]
"""An address written as text, or `{env: NAME}` / `{file: path}`."""


class StoreShape(Shape):
    """Where operations are recorded: an address without password, or a secret holding a whole address."""

    url: StoreEntry


class OidcShape(Shape):
    """Who vouches for people by OpenID Connect; addresses are https, or http on this machine."""

    issuer: WebAddress
    client_id: Text
    client_secret: SecretRef
    address: WebAddress
    claim: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = "email"
    label: Annotated[Text, Field(max_length=60)] = "OpenID Connect"


class SignInShape(Shape):
    """How people may sign in beside names and passwords kept here."""

    oidc: OidcShape | None = None


class IdentifierShape(Shape):
    """What a workspace changes of one identifier type; keys left out keep the built-in rule.

    `cardinality: single` is short for `limit: 1`; `multi` alone removes the limit.
    """

    merging: bool | None = None
    priority: Annotated[int, Field(ge=1, le=99)] | None = None
    cardinality: Literal["single", "multi"] | None = None
    limit: _Count | None = None
    shared_limit: _Count | None = None
    namespaced: bool | None = None
    junk: Names | None = None


class LimitsShape(Shape):
    """Largest accepted input; `file_size` like `20GB`, `quarantine_ratio` between 0 and 1."""

    file_size: Size | None = None
    file_rows: _Count | None = None
    columns: _Count | None = None
    cell_characters: _Count | None = None
    quarantine_ratio: Annotated[float, Field(ge=0, le=1)] | None = None


class WorkspaceShape(Shape):
    """What `quanyu.yaml` may say."""

    brand: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
    name: NameShape = NameShape()
    time_zone: ZoneName = "Asia/Shanghai"
    currency: CurrencyCode = "CNY"
    industry: Industry = "grocery"
    language: Literal["zh", "en"] = "zh"
    engine: EngineShape = EngineShape()
    store: StoreShape | None = None
    identity: Frozen[IdentifierShape] = Field(default_factory=dict, validate_default=True)
    parameters: Frozen[Any] = Field(default_factory=dict, validate_default=True)
    limits: LimitsShape = LimitsShape()
    data_dirs: tuple[Folder, ...] = ()
    sign_in: SignInShape = SignInShape()


class IdentityShape(Shape):
    """The built-in identity rules (`library/identity.yaml`)."""

    identity: Frozen[IdentifierShape]


def load_workspace(path: Path) -> tuple[Workspace | None, list[Problem]]:
    """Return the workspace whose folder (or `quanyu.yaml`) is given, or None, and every problem.

    Overrides of parameters are carried as written; `load_parameters` checks them.
    """
    root = (path.parent if path.name == SETTINGS_FILE else path).resolve()
    document, problems = read_yaml(root / SETTINGS_FILE, SETTINGS_FILE)
    if document is None:
        return None, [_with_remedy(problem) for problem in problems]
    shape, found = check_shape(WorkspaceShape, document, problems)
    problems += found
    if shape is None:
        return None, in_order(problems)
    workspace, found = _build(shape, document, root)
    problems = in_order([*problems, *found])
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    return None if failed else workspace, problems


def _with_remedy(problem: Problem) -> Problem:
    if problem.code != "config.missing_file":
        return problem
    message = "This folder is not a workspace: it has no quanyu.yaml."
    return Problem(problem.code, message, "Make one with `quanyu init`.", problem.where)


def _build(shape: WorkspaceShape, document: Document, root: Path) -> tuple[Workspace, list[Problem]]:
    currency, problem = read_currency(shape.currency)
    if currency is None:
        raise InternalError(f"the shape let a currency pass: {problem}")
    rules, problems = _identity(shape.identity, document)
    workspace = Workspace(
        root=root,
        brand=Brand(shape.brand, shape.name.zh, shape.name.en),
        time_zone=shape.time_zone,
        currency=currency,
        industry=shape.industry,
        language=Language(shape.language),
        engine=_engine(shape.engine),
        store=_store(shape.store),
        identity=rules,
        parameters=MappingProxyType(dict(shape.parameters)),
        limits=_limits(shape.limits),
        data_dirs=tuple(Path(folder) for folder in shape.data_dirs),
        oidc=_oidc(shape.sign_in.oidc),
    )
    return workspace, problems


def _engine(shape: EngineShape) -> EngineSettings:
    memory = memory_bytes(shape.memory_limit) if shape.memory_limit is not None else None
    return EngineSettings(EngineName(shape.name), memory, shape.threads, shape.spark_url)


def _store(shape: StoreShape | None) -> StoreSettings:
    if shape is None:
        return StoreSettings()
    if shape.url.address is not None:
        return StoreSettings(url=shape.url.address)
    return StoreSettings(secret=Secret(shape.url.env, shape.url.file))


def _oidc(shape: OidcShape | None) -> OpenIdProvider | None:
    if shape is None:
        return None
    secret = Secret(shape.client_secret.env, shape.client_secret.file)
    issuer, address = shape.issuer.rstrip("/"), shape.address.rstrip("/")
    return OpenIdProvider(issuer, shape.client_id, secret, address, shape.claim, shape.label)


def _limits(shape: LimitsShape) -> Limits:
    given = shape.model_dump(exclude_none=True, exclude={"file_size"})
    size = memory_bytes(shape.file_size) if shape.file_size is not None else None
    return Limits(**given) if size is None else Limits(file_bytes=size, **given)


def built_in_rules() -> dict[str, IdentifierRule]:
    """Return the built-in identity rules by identifier type."""
    path = LIBRARY / "identity.yaml"
    document, problems = read_yaml(path, shown(path, None))
    shape, found = check_shape(IdentityShape, document) if document is not None else (None, [])
    if shape is None:
        raise InternalError("\n".join(map(str, [*problems, *found])))
    return {name: _rule(name, given, None) for name, given in shape.identity.items()}


def _identity(
    given: Mapping[str, IdentifierShape], document: Document
) -> tuple[tuple[IdentifierRule, ...], list[Problem]]:
    rules = built_in_rules()
    problems: list[Problem] = []
    known = _identifier_types()
    for name, shape in given.items():
        if name not in known:
            remedy = did_you_mean(name, known) or f"Known types: {', '.join(known)}."
            where = document.where("identity", name)
            problems.append(Problem("config.reference", f'Unknown type of identifier "{name}".', remedy, where))
            continue
        rules[name] = _rule(name, shape, rules.get(name))
    problems += _check_priorities(rules, document)
    return tuple(sorted(rules.values(), key=lambda rule: rule.priority)), problems


def _identifier_types() -> tuple[str, ...]:
    column = CONTRACTS["identifier"].column("id_type")
    return column.values if column is not None else ()


def _rule(name: str, given: IdentifierShape, base: IdentifierRule | None) -> IdentifierRule:
    base = base or IdentifierRule(name, merging=False, priority=99)
    limit = given.limit if given.limit is not None else base.limit
    if given.cardinality == "single":
        limit = 1
    elif given.cardinality == "multi" and given.limit is None:
        limit = None
    return IdentifierRule(
        id_type=name,
        merging=base.merging if given.merging is None else given.merging,
        priority=base.priority if given.priority is None else given.priority,
        limit=limit,
        shared_limit=base.shared_limit if given.shared_limit is None else given.shared_limit,
        namespaced=base.namespaced if given.namespaced is None else given.namespaced,
        junk=base.junk if given.junk is None else given.junk,
    )


def _check_priorities(rules: Mapping[str, IdentifierRule], document: Document) -> Iterator[Problem]:
    # Equal priorities would leave open which identifier of a row is the strongest.
    taken: dict[int, str] = {}
    for name, rule in rules.items():
        other = taken.setdefault(rule.priority, name)
        if other != name:
            named = name if document.value("identity", name) is not None else other
            message = f'"{other}" and "{name}" both have priority {rule.priority}.'
            yield Problem("config.duplicate", message, "Give each type its own.", _at(document, named))


def _at(document: Document, name: str) -> Where:
    return document.where("identity", name, "priority")
