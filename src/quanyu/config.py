"""Settings of a workspace as frozen values; `definitions/workspace.py` reads them from `quanyu.yaml` and checks them.

Everything here is plain data of the standard library, so every floor may use it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any


class Language(StrEnum):
    """Language of reports and messages."""

    ZH = "zh"
    EN = "en"


class EngineName(StrEnum):
    """What computes relations."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands: an environment variable or a file (relative to the workspace); exactly one is set."""

    env: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand's short code (used in ids and file names) and its names; a missing name falls back to the other one."""

    code: str
    zh: str = ""
    en: str = ""

    def name(self, language: Language) -> str:
        """Return the name in the language, else in the other one, else the code."""
        first, second = (self.zh, self.en) if language is Language.ZH else (self.en, self.zh)
        return first or second or self.code


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency; `minor_digits` is the number of decimals of its smallest unit (CNY 2, JPY 0)."""

    code: str
    minor_digits: int

    @property
    def minor_per_major(self) -> int:
        """Return how many smallest units one major unit has (CNY 100)."""
        return int(10**self.minor_digits)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What computes, and how much it may use.

    `memory_limit` is in bytes and `threads` a count; None lets the engine decide by the machine.  `spark_url` is a
    Spark master (`local[2]`, `spark://host:7077`) or a Spark Connect address (`sc://host:15002`).
    """

    name: EngineName = EngineName.DUCKDB
    memory_limit: int | None = None
    threads: int | None = None
    spark_url: str | None = None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where operations are recorded: a database address without password, or a secret holding a whole address.

    Both None means SQLite in the workspace.
    """

    url: str | None = None
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """Who vouches for people by OpenID Connect: its address, what it knows quanyu by, where it sends people back to.

    `claim` is the claim whose value is the name of a user here; `label` what its button says in either language.
    """

    issuer: str
    client_id: str
    secret: Secret
    address: str
    claim: str = "email"
    label: str = ""


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """How identifiers of one type behave in identity resolution (`domain.md` M-38).

    `merging`: whether two persons sharing a value become one.  `priority`: 1 is strongest.  `limit`: how many values of
    the type (per namespace) one person may have before a merge is refused; 1 is single-valued, None any number.
    `shared_limit`: how many persons may share a value before its links are inert; None means any number.
    `namespaced`: values of two namespaces (open-platform accounts, corps, shops) are different identifiers.
    `junk`: normalised values that stand for "unknown" and never identify.
    """

    id_type: str
    merging: bool
    priority: int
    limit: int | None = None
    shared_limit: int | None = None
    namespaced: bool = False
    junk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest input accepted: bytes of one file, rows of one file, columns, characters of one cell; quarantine share.

    `quarantine_ratio` (0–1): a file with a greater share of rejected rows raises a warning in the report.
    """

    file_bytes: int = 20 * 1024**3
    file_rows: int = 200_000_000
    columns: int = 300
    cell_characters: int = 10_000
    quarantine_ratio: float = 0.05


@dataclass(frozen=True, slots=True)
class Workspace:
    """One brand's folder with all settings resolved: nothing is None that has a default.

    `parameters` are the overrides of `P.*` parameters by id; `industry` is a key of `INDUSTRIES`.
    """

    root: Path
    brand: Brand
    time_zone: str
    currency: Currency
    industry: str
    language: Language
    engine: EngineSettings = field(default_factory=EngineSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    identity: tuple[IdentifierRule, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = field(default_factory=Limits)
    data_dirs: tuple[Path, ...] = ()
    oidc: OpenIdProvider | None = None

    @property
    def state(self) -> Path:
        """Return the folder of everything quanyu writes (`.quanyu`)."""
        return self.root / ".quanyu"

    @property
    def settings_file(self) -> Path:
        """Return the path of `quanyu.yaml`."""
        return self.root / "quanyu.yaml"

    @property
    def warehouse_file(self) -> Path:
        """Return the path of the DuckDB warehouse."""
        return self.state / "warehouse.duckdb"

    @property
    def store_file(self) -> Path:
        """Return the path of the SQLite store, used when `store` names no other database."""
        return self.state / "store.sqlite"

    @property
    def key_file(self) -> Path:
        """Return the path of the workspace key."""
        return self.state / "key"

    def folder(self, name: str) -> Path:
        """Return a folder of the state (`raw`, `quarantine`, `reports`, `tmp`, `exchange`); it may not exist yet."""
        return self.state / name

    def identifier_rule(self, id_type: str) -> IdentifierRule | None:
        """Return the rule of an identifier type, or None when the type is unknown."""
        return next((rule for rule in self.identity if rule.id_type == id_type), None)

    def allows(self, path: Path) -> bool:
        """Return whether a path, after following links, stays inside the workspace or one of its data folders."""
        real = path.resolve()
        return any(real.is_relative_to(folder.resolve()) for folder in (self.root, *self.data_dirs))

    def relative(self, path: Path) -> str:
        """Return the path as problems show it: relative to the workspace when inside, else as it is."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


INDUSTRIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "grocery": ("商超生鲜", "Grocery and fresh food"),
        "food": ("食饮酒水", "Food and drink"),
        "catering": ("餐饮", "Catering"),
        "beauty": ("美妆", "Beauty"),
        "home_care": ("家清个护", "Home and personal care"),
        "mother_baby": ("母婴", "Mother and baby"),
        "apparel": ("鞋服", "Apparel and shoes"),
        "mall": ("购物中心", "Shopping mall"),
        "electronics": ("3C家电", "Electronics and appliances"),
        "furniture": ("家居家装", "Furniture and home"),
    }
)
"""Industry profiles with their zh and en labels; parameters may differ by profile (`domain.md` §2.10)."""

_MEMORY = re.compile(r"([1-9][0-9]*)\s*(MB|GB|TB|MIB|GIB|TIB)", re.IGNORECASE)
_UNITS = MappingProxyType(
    {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40},
)


def memory_bytes(text: str) -> int | None:
    """Return the bytes of a size such as `4GB` or `512 MiB`, or None when the text is not one."""
    found = _MEMORY.fullmatch(text.strip())
    return int(found[1]) * _UNITS[found[2].upper()] if found else None
