"""A step: one SELECT in a file, the tables it reads, the table it writes, its parameters.

The file's header says what one row is; its stem is the table it writes:

    -- rfm: one row per person with a valid order in the window as of a date
    -- grain: date, person_id
    -- reads: purchase_day_fact, rfm_cut
    -- params: window_days int, f_cut int
    -- source: M-22
    SELECT …
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlglot
from sqlglot import exp

from quanyu.engine import house_sql
from quanyu.engine.typed import check_types
from quanyu.errors import InternalError, Problem, Where, did_you_mean
from quanyu.tables.contract import Contracts

PARAMETER_TYPES: Final = ("date", "int", "text", "time", "bool")
_HEADER: Final = re.compile(r"--\s*([a-z_0-9]+):\s*(.*)")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One SELECT over contract tables; `sql` is the text as written, `tree` its checked form.  Each is only itself.

    `is_view` (header `kept: view`) says that the rows are plain projections of tables already kept, so that an engine
    which can keeps the query instead of a copy; its key must follow from the keys of what it reads.
    `is_per_person` (header `per: person`) says that what it finds of a person follows from rows of that person, and of
    nobody in particular, alone: given the rows of some persons it finds the same of them (`refresh/`).
    `twin` is the hand-written Spark form (`<name>.spark.sql` beside the file) when house SQL cannot say the step;
    twins are counted as debt.
    """

    name: str
    title: str
    grain: tuple[str, ...]
    reads: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    source: str
    file: str
    sql: str
    tree: exp.Query
    twin: exp.Query | None = None
    is_view: bool = False
    is_per_person: bool = False


def load_step(path: Path, contracts: Contracts) -> tuple[Step | None, list[Problem]]:
    """Return the step of a file and every problem in it: header, house SQL, unknown tables and columns, contract.

    The step is None when a problem was found.  Runs no query.
    """
    file = _short(path)
    text = path.read_text(encoding="utf-8")
    head, body, first_line = _split(text)
    problems = _check_head(head, path.stem, file)
    tree, found = house_sql.parse(body, file, first_line)
    problems += found
    if tree is None:
        return None, problems
    parameters, found = _parameters(head.get("params", ""), file)
    problems += found
    reads = _names(head.get("reads", ""))
    problems += _check_reads(tree, reads, file, contracts)
    problems += _check_parameters(tree, parameters, file)
    problems += _check_outputs(tree, path.stem, file, contracts)
    if not problems:
        tables = [contracts[name] for name in reads]
        problems += house_sql.resolve(tree, tables, file)
        problems += check_types(tree, tables, contracts[path.stem], file)
        problems += _check_cte_names(tree, file, contracts)
    if problems:
        return None, problems
    return _step(path, head, tree, parameters), []


def load_steps(folder: Path, contracts: Contracts) -> list[Step]:
    """Return the steps of a folder's `.sql` files, by name, checked; raises InternalError naming every problem.

    Checking costs ten times what reading does: a test does it for every file that ships, a run reads (`read_steps`).
    """
    steps: list[Step] = []
    problems: list[Problem] = []
    for path in _step_files(folder):
        step, found = load_step(path, contracts)
        problems += found
        if step:
            steps.append(step)
    if problems:
        raise InternalError("house SQL is broken:\n" + "\n".join(str(problem) for problem in problems))
    return steps


def read_steps(folder: Path) -> list[Step]:
    """Return the steps of a folder's `.sql` files, by name, unchecked; raises InternalError as `read_step`."""
    return [read_step(path) for path in _step_files(folder)]


def _step_files(folder: Path) -> list[Path]:
    others = (".spark.sql", ".duckdb.sql")
    return [path for path in sorted(folder.glob("*.sql")) if not path.name.endswith(others)]


def read_step(path: Path) -> Step:
    """Return the step of a file, unchecked; raises InternalError for one that cannot be read."""
    file = _short(path)
    text = path.read_text(encoding="utf-8")
    head, body, _ = _split(text)
    trees, trouble = house_sql.read(body)
    if trouble or len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise InternalError(f"{file} is not one SELECT")
    return _step(path, head, trees[0], _parameters(head.get("params", ""), file)[0])


def _step(path: Path, head: dict[str, str], tree: exp.Query, parameters: tuple[tuple[str, str], ...]) -> Step:
    return Step(
        name=path.stem,
        title=head.get(path.stem, ""),
        grain=_names(head.get("grain", "")),
        reads=_names(head.get("reads", "")),
        parameters=parameters,
        source=head.get("source", ""),
        file=_short(path),
        sql=path.read_text(encoding="utf-8"),
        tree=tree,
        twin=_twin(path),
        is_view=head.get("kept") == "view",
        is_per_person=head.get("per") == "person",
    )


def _short(path: Path) -> str:
    parts = path.parts
    return "/".join(parts[parts.index("quanyu") :]) if "quanyu" in parts else path.name


def _split(text: str) -> tuple[dict[str, str], str, int]:
    lines = text.splitlines()
    head: dict[str, str] = {}
    last = ""
    for number, line in enumerate(lines):
        if not line.startswith("--"):
            return head, "\n".join(lines[number:]), number + 1
        match = _HEADER.match(line)
        if match:
            last = match[1]
            head[last] = match[2].strip()
        elif last:
            head[last] += " " + line.lstrip("- ").strip()
    return head, "", len(lines)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _check_head(head: dict[str, str], name: str, file: str) -> list[Problem]:
    missing = [key for key in (name, "grain", "reads", "source") if not head.get(key)]
    return [
        Problem("step.header", f'The header lacks "-- {key}: …".', "Say it at the top of the file.", Where(file, 1))
        for key in missing
    ]


def _parameters(text: str, file: str) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    found: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for item in _names(text):
        name, _, kind = item.partition(" ")
        if kind.strip() not in PARAMETER_TYPES:
            message = f'Parameter "{name}" has no type of {", ".join(PARAMETER_TYPES)}.'
            problems.append(Problem("step.parameter", message, "Write `name type`.", Where(file, 1)))
        found.append((name, kind.strip()))
    return tuple(found), problems


def _check_reads(tree: exp.Query, reads: tuple[str, ...], file: str, contracts: Contracts) -> list[Problem]:
    problems = [
        Problem("step.table_unknown", f'No table "{name}".', did_you_mean(name, contracts.names), Where(file))
        for name in reads
        if name not in contracts
    ]
    used = house_sql.tables_of(tree)
    if used != set(reads):
        listed = ", ".join(sorted(used))
        remedy = f"Write `-- reads: {listed}`."
        problems.append(Problem("step.reads", f"The SELECT reads {listed}.", remedy, Where(file, 1)))
    return problems


def _check_cte_names(tree: exp.Query, file: str, contracts: Contracts) -> list[Problem]:
    return [
        Problem(
            "step.cte_name",
            f'The CTE "{cte.alias}" hides the table of that name.',
            "Name it for what one row of it is.",
            Where(file, house_sql.line_of(cte)),
        )
        for cte in tree.find_all(exp.CTE)
        if cte.alias in contracts
    ]


def _check_parameters(tree: exp.Query, parameters: tuple[tuple[str, str], ...], file: str) -> list[Problem]:
    used = {str(node.this) for node in tree.find_all(exp.Placeholder)}
    declared = {name for name, _ in parameters}
    if used == declared:
        return []
    message = f"Parameters used: {sorted(used)}, declared: {sorted(declared)}."
    return [Problem("step.parameter", message, "Make the header agree with the SELECT.", Where(file, 1))]


def _check_outputs(tree: exp.Query, name: str, file: str, contracts: Contracts) -> list[Problem]:
    if name not in contracts:
        remedy = did_you_mean(name, contracts.names) or "Declare it in quanyu.tables."
        return [Problem("step.contract", f'No contract for table "{name}".', remedy, Where(file))]
    given, wanted = set(house_sql.outputs_of(tree)), set(contracts[name].column_names)
    if given == wanted:
        return []
    message = f"Columns differ from the contract: missing {sorted(wanted - given)}, unknown {sorted(given - wanted)}."
    return [Problem("step.columns", message, "Make the SELECT and the contract agree.", Where(file))]


def _twin(path: Path) -> exp.Query | None:
    twin = path.with_suffix(".spark.sql")
    if not twin.exists():
        return None
    _, body, _ = _split(twin.read_text(encoding="utf-8"))
    tree = sqlglot.parse_one(body, dialect="spark")
    if not isinstance(tree, exp.Query):
        raise InternalError(f"{_short(twin)} is not a SELECT")
    return tree


def unread(steps: Iterable[Step]) -> frozenset[str]:
    """Return the tables that the steps read and none of them writes: the inputs of the flow."""
    listed = list(steps)
    written = {step.name for step in listed}
    return frozenset(name for step in listed for name in step.reads if name not in written)
