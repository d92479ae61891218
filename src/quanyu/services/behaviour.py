"""Questions about behaviour asked of a published build: plain values in, an answer with its people out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from quanyu.analytics import behaviour as b
from quanyu.definitions import Parameters
from quanyu.engine import Engine
from quanyu.engine import tree as t
from quanyu.errors import InternalError, Problem, UserError
from quanyu.services.project import Project
from quanyu.store import Build

Reader = Callable[[Mapping[str, Any], b.Words], tuple[Any, list[Problem]]]
Answerer = Callable[[b.Log, Any, Parameters], b.Answer]

QUESTIONS: Final[dict[str, tuple[Reader, Answerer]]] = {
    "funnel": (
        b.read_funnel,
        lambda log, query, parameters: b.funnel(log, query, parameters.integer("P.funnel.min_persons")),
    ),
    "retention": (b.read_retention, lambda log, query, _: b.retention(log, query)),
    "states": (b.read_states, lambda log, query, _: b.states(log, query)),
    "stickiness": (b.read_stickiness, lambda log, query, _: b.stickiness(log, query)),
    "paths": (b.read_path, lambda log, query, _: b.paths(log, query)),
    "attribution": (
        b.read_attribution,
        lambda log, query, parameters: b.attribution(log, query, _windows(parameters)),
    ),
    "trend": (b.read_trend, lambda log, query, _: b.trend(log, query)),
    "distribution": (b.read_distribution, lambda log, query, _: b.distribution(log, query)),
}
"""Every kind of question: how it is read, how it is answered."""


def ask(project: Project, engine: Engine, build: Build, kind: str, said: Mapping[str, Any]) -> b.Answer:
    """Return the answer to a question over the tables of a build.

    Raises UserError with every problem of the question, or `behaviour.not_computable` where its data are missing.
    """
    if kind not in QUESTIONS:
        raise InternalError(f"no question is called {kind}")
    read, answer = QUESTIONS[kind]
    log = b.Log(engine, build.as_of)
    if not log.has("event_fact"):
        message = "Not computable, because the build has no events."
        raise UserError(Problem("behaviour.not_computable", message, "Make the build again with `quanyu run`."))
    query, problems = read(said, words_of(log))
    if query is None:
        raise UserError(problems)
    return answer(log, query, project.parameters)


def words_of(log: b.Log) -> b.Words:
    """Return what a question over this build may name."""
    types: tuple[str, ...] = ()
    if log.has("event_type"):
        rows = log.engine.query(t.select({"code": t.col("code")}, "event_type", order=[t.col("code")]), {}).to_pylist()
        types = tuple(str(row["code"]) for row in rows)

    def is_type(name: str) -> bool:
        one = t.select({"found": t.lit(1)}, "event_fact", where=t.col("type").eq(t.lit(name)), limit=1)
        return bool(log.engine.query(one, {}).num_rows)

    return b.Words(types, b.attribute_names(log), log.as_of, is_type)


def _windows(parameters: Parameters) -> b.Windows:
    kinds = ("ad", "message", "share", "touch")
    return b.Windows(*(parameters.integer(f"P.attr.{kind}") for kind in kinds))
