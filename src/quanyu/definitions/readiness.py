"""What a model needs before it can be computed, in YAML: `library/readiness/*.yaml`, `library/needs/*.yaml` (STR-24).

A need is met by any one of its inputs: a table with at least one row that meets a condition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field

from quanyu.config import Workspace
from quanyu.definitions.catalogue import Catalogue, Definition, load_catalogue
from quanyu.definitions.document import Key
from quanyu.definitions.parameters import LabelShape
from quanyu.definitions.shape import Names, Shape, Text
from quanyu.engine import parse_expression
from quanyu.engine.tree import Tree
from quanyu.errors import Problem, Severity, did_you_mean
from quanyu.tables import CONTRACTS


class InputShape(Shape):
    """Rows of one table: those that meet `where`, with every one of `columns` filled."""

    table: Text
    where: Text | None = None
    columns: Names = ()


class NeedShape(Shape):
    """One thing that must be known; `connect` says what to bring when it is not."""

    says: LabelShape
    connect: LabelShape
    any: tuple[InputShape, ...] = Field(min_length=1)


class ReadinessShape(Shape):
    """One model and the needs it has; `reference` is its definition, `feeds` are definitions computed from it alone.

    What is in `richer` makes the model richer and stops nothing when it is missing.
    """

    label: LabelShape
    reference: Text
    feeds: Names = ()
    needs: Names = Field(min_length=1)
    richer: Names = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """All models and needs of a workspace; `conditions` are the checked conditions of each need's inputs, in order."""

    models: Catalogue[ReadinessShape]
    needs: Catalogue[NeedShape]
    conditions: Mapping[str, tuple[tuple[str, tuple[Tree, ...]], ...]]


def load_readiness(workspace: Workspace) -> tuple[Readiness | None, list[Problem]]:
    """Return what every model needs, or None when a definition has an error, and every problem."""
    models, problems = load_catalogue("readiness", ReadinessShape, workspace)
    needs, found = load_catalogue("needs", NeedShape, workspace)
    problems += found
    problems += _unknown_needs(models, needs)
    conditions = {}
    for definition in needs:
        inputs = []
        for number, said in enumerate(definition.value.any):
            trees, found = _conditions(definition, said, number)
            problems += found
            inputs.append((said.table, tuple(trees)))
        conditions[definition.name] = tuple(inputs)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems
    return Readiness(models, needs, conditions), problems


def _unknown_needs(models: Catalogue[ReadinessShape], needs: Catalogue[NeedShape]) -> Iterator[Problem]:
    for definition in models:
        said = [(name, ("needs", number)) for number, name in enumerate(definition.value.needs)]
        said += [(name, ("richer", number)) for number, name in enumerate(definition.value.richer)]
        found = (needs.find(name, definition.place(*path)) for name, path in said)
        yield from (problem for problem in found if isinstance(problem, Problem))


def _conditions(definition: Definition[NeedShape], said: InputShape, number: int) -> tuple[list[Tree], list[Problem]]:
    if said.table not in CONTRACTS:
        remedy = did_you_mean(said.table, CONTRACTS.names)
        where = definition.place("any", number, "table")
        return [], [Problem("config.reference", f'Table "{said.table[:60]}" does not exist.', remedy, where)]
    texts: list[tuple[str, tuple[Key, ...]]] = [
        (f"{name} IS NOT NULL", ("any", number, "columns", place)) for place, name in enumerate(said.columns)
    ]
    if said.where is not None:
        texts.append((said.where, ("any", number, "where")))
    trees: list[Tree] = []
    problems: list[Problem] = []
    for text, path in texts:
        tree, found = parse_expression(text, CONTRACTS[said.table].column_names, definition.place(*path))
        problems += found
        if tree is not None:
            trees.append(tree)
    return trees, problems
