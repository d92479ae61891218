"""The pictures and tables of `docs/architecture.md`, drawn from the code's own imports, steps and definitions.

`./run docs` writes them anew between the page's marks (`python -m house.architecture`); a test holds the page to the
code.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from house.floors import DATA_FOLDERS, DOORS, FLOOR, FLOORS, GROUND, imported
from house.source import PACKAGE, ROOT, Module, folders, modules
from quanyu.definitions.strict_yaml import read_yaml
from quanyu.engine import read_steps
from quanyu.tables import CONTRACTS

PAGE = ROOT / "docs" / "architecture.md"
SHOWN_TABLES = 12
NAMED_ON_ARROW = 2
# The floor whose folders the picture puts in one frame.
MEANING = FLOOR["models"]
FRAME = "meaning"

Edges = Mapping[tuple[str, str], frozenset[str]]


def _docstring(folder: str, package: Path = PACKAGE) -> str:
    """Return the first sentence of what a folder says about itself."""
    path = package / folder / "__init__.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else None
    return (text or "").split("\n\n")[0].replace("\n", " ").rstrip(".")


def _named_tables(module: Module) -> set[str]:
    """Return the contract tables that the module names in a call or a list of names."""
    listed = [node.args for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    listed += [node.elts for node in ast.walk(module.tree) if isinstance(node, ast.Tuple)]
    names = (node.value for nodes in listed for node in nodes if isinstance(node, ast.Constant))
    return {name for name in names if isinstance(name, str) and name in CONTRACTS}


def _measured_tables(folder: Path) -> set[str]:
    """Return the tables that the metric definitions of a library measure."""
    found = set()
    for path in sorted(folder.glob("metrics/*.yaml")):
        document, problems = read_yaml(path, path.name)
        assert document is not None and not problems, problems
        found |= {entry["source"] for entry in document.data.values() if "source" in entry}
    return found


def exchanged(package: Path = PACKAGE) -> Edges:
    """Return which tables pass from the folder that writes them to the folder that reads them, by (writer, reader).

    Steps tell by their headers, metrics by their definitions, the report by the tables its code names.  What a folder
    reads of its own is left out.
    """
    reads: dict[str, set[str]] = defaultdict(set)
    for folder in folders(package):
        for step in read_steps(package / folder):
            reads[folder] |= set(step.reads)
    reads["metrics"] |= _measured_tables(package / "library")
    for module in modules(package):
        if module.folder == "report":
            reads["report"] |= _named_tables(module)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for reader, names in reads.items():
        for name in names:
            writer = CONTRACTS[name].stage
            # Tables of folders that are planned are read as empty until somebody writes them.
            if writer in _PLACES and writer != reader:
                found[writer, reader].add(name)
    return {edge: frozenset(names) for edge, names in found.items()}


def _written(edges: Edges, package: Path = PACKAGE) -> dict[str, list[str]]:
    """Return the tables each folder writes that exist today: those of its steps, and those that somebody reads."""
    used = {name for names in edges.values() for name in names}
    used |= {step.name for folder in folders(package) for step in read_steps(package / folder)}
    listed: dict[str, list[str]] = defaultdict(list)
    for table in CONTRACTS:
        if table.name in used:
            listed[table.stage].append(table.name)
    return listed


_PLACES = {name: number for number, name in enumerate(name for floor in FLOORS for name in floor)}


def _order(names: Iterable[str]) -> list[str]:
    """Sort folders by floor from below, then as the floor lists them."""
    return sorted(names, key=_PLACES.__getitem__)


def flow_lines(edges: Edges) -> Iterator[str]:
    """Yield the Mermaid picture of the flow: who writes which tables, and who reads how many of them.

    The folders of floor 5 stand in one frame, so that an arrow says once what all of them read.
    """
    written = _written(edges)
    nodes = _order({name for edge in edges for name in edge})
    yield from ("```mermaid", '%%{init: {"flowchart": {"wrappingWidth": 420}}}%%', "flowchart TD")
    yield '  sources[/"files and databases, as sources/*.yaml map them"/] ==> ingest'
    yield from (_node(name, written.get(name, [])) for name in nodes if FLOOR[name] != MEANING)
    yield f'  subgraph {FRAME}["what it means"]'
    yield from ("  " + _node(name, written.get(name, [])) for name in nodes if FLOOR[name] == MEANING)
    yield "  end"
    for (writer, reader), names in _framed(edges).items():
        label = "<br/>".join(sorted(names)) if len(names) <= NAMED_ON_ARROW else f"{len(names)} tables"
        yield f'  {writer} -- "{label}" --> {reader}'
    yield from ('  report ==> pages[/"HTML in 中文 and English, JSON"/]', "```")


def _node(folder: str, tables: list[str]) -> str:
    shown = [*tables[:SHOWN_TABLES], *([f"… {len(tables)} in all"] if len(tables) > SHOWN_TABLES else [])]
    lines = [", ".join(shown[start : start + 3]) for start in range(0, len(shown), 3)]
    return f'  {folder}["<b>{folder}/</b>{"".join(f"<br/>{line}" for line in lines)}"]'


def _framed(edges: Edges) -> dict[tuple[str, str], set[str]]:
    """Return the edges with the folders of the frame as one, except among themselves; in the order of the flow."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for writer, reader in sorted(edges, key=lambda edge: [_PLACES[name] for name in edge]):
        inside = FLOOR[writer] == FLOOR[reader] == MEANING
        ends = [name if inside or FLOOR[name] != MEANING else FRAME for name in (writer, reader)]
        found[ends[0], ends[1]] |= edges[writer, reader]
    return found


def imports_of(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Return which folders each folder imports, the ground floor left out."""
    found: dict[str, set[str]] = {name: set() for name in folders(package) if name not in DATA_FOLDERS}
    for module in modules(package):
        for _, name in imported(module):
            top, _, rest = name.partition(".")
            target = rest.split(".")[0]
            if top == package.name and module.folder in found and target in found and target != module.folder:
                found[module.folder].add(target)
    return found


def direct(imports: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports that do not follow from others: the fewest arrows that say the same."""

    def reached(folder: str) -> set[str]:
        return {name for target in imports.get(folder, ()) for name in ({target} | reached(target))}

    return {
        folder: {name for name in targets if not any(name in reached(other) for other in targets - {name})}
        for folder, targets in imports.items()
    }


def floor_lines(imports: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the Mermaid picture of the floors, highest first, with the imports that do not follow from others."""
    yield from ("```mermaid", "flowchart TD")
    above: list[str] = []
    for number in reversed(range(1, len(FLOORS))):
        here = [name for name in FLOORS[number] if name in imports]
        if here:
            yield f'  subgraph floor{number}["floor {number}"]'
            yield from (f'    {name}["{name}/"]' for name in here)
            yield "  end"
            # Lines that are not drawn keep the floors in their order.
            yield from (f"  {high} ~~~ {low}" for high in above for low in here)
            above = here
    for folder in reversed(_order(imports)):
        yield from (f"  {folder} --> {target}" for target in _order(direct(imports)[folder]))
    yield "```"


def floor_table(imports: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield a table: each folder with its floor, what it is, and which outside packages have their door there."""
    yield from ("| floor | folder | what it is | only door to |", "| --- | --- | --- | --- |")
    for folder in reversed(_order(imports)):
        page = f"[{folder}/]({folder}.md)"
        here = sorted(name for name, doors in DOORS.items() if doors == {folder})
        yield f"| {FLOOR[folder]} | {page} | {_docstring(folder)} | {', '.join(here)} |"
    ground = ", ".join(f"`{name}`" for name in FLOORS[0])
    yield f"| 0 | {ground} | Words that everyone uses; standard library only | |"


def exchange_table(edges: Edges) -> Iterator[str]:
    """Yield a table: each reader, and the tables it takes from each writer."""
    yield from ("| reads | from | tables |", "| --- | --- | --- |")
    for reader in _order({reader for _, reader in edges}):
        for writer in _order(writer for writer, other in edges if other == reader):
            tables = ", ".join(f"`{name}`" for name in sorted(edges[writer, reader]))
            yield f"| {reader}/ | {writer}/ | {tables} |"


def blocks() -> dict[str, str]:
    """Return the generated parts of the page by the name of their mark."""
    edges, imports = exchanged(), imports_of()
    assert not GROUND & imports.keys()
    return {
        "flow": "\n".join(flow_lines(edges)),
        "exchange": "\n".join(exchange_table(edges)),
        "floors": "\n".join(floor_lines(imports)),
        "folders": "\n".join(floor_table(imports)),
    }


def filled(page: str, parts: Mapping[str, str]) -> str:
    """Return the page with every part between its marks `<!-- generated: name -->` and `<!-- end -->`.

    Raises ValueError when a part has no marks, or marks have no part.
    """
    marks = re.findall(r"<!-- generated: (\w+) -->", page)
    if sorted(marks) != sorted(parts):
        raise ValueError(f"the page has marks {sorted(marks)}, the generator parts {sorted(parts)}")
    return re.sub(
        r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{parts[match[2]]}\n\n{match[3]}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), blocks()), encoding="utf-8")
