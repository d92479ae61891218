"""Which models this workspace can compute, and what to connect for the others (STR-24); where to begin (GEN-25)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from quanyu.definitions.readiness import Readiness, load_readiness
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.errors import UserError, raise_if_errors
from quanyu.services.project import Project

_POOL: Final = "P.maturity.pool"


class Advice(StrEnum):
    """Where to begin: build the pool first, run the crowd assets, or go on to stores."""

    FOUR_FORCES = "four_forces"
    STAR = "star"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Maturity:
    """The advice, the persons who can be reached in the private domain (None: no relations known), the pool wanted."""

    advice: Advice
    capital: int | None
    pool: int


def open_readiness(project: Project) -> Readiness:
    """Return what every model needs; raises UserError with every problem of the definitions."""
    readiness, problems = load_readiness(project.workspace)
    raise_if_errors(problems)
    if readiness is None:
        raise UserError(problems)
    return readiness


def maturity(project: Project, engine: DuckDBEngine, as_of: date) -> Maturity:
    """Return where to begin (GEN-25): four forces below the pool, STAR from it on, sites once stores are mapped."""
    pool = project.parameters.integer(_POOL)
    capital = None
    if "capital_span" in engine.tables:
        inside = t.all_of([t.col("from_date") <= t.lit(as_of), t.col("until_date") > t.lit(as_of)])
        answer = engine.query(t.select({"persons": t.count()}, "capital_span", where=inside)).to_pylist()
        capital = int(answer[0]["persons"])
    if capital is None or capital < pool:
        return Maturity(Advice.FOUR_FORCES, capital, pool)
    mapped = "area" in engine.tables and "store" in engine.tables
    return Maturity(Advice.SITE if mapped else Advice.STAR, capital, pool)
