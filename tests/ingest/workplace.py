"""A workspace on disk for tests of ingest: sources and files in, rows of landing tables out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quanyu.config import Brand, Currency, IdentifierRule, Language, Limits, Workspace
from quanyu.definitions.sources import load_sources
from quanyu.engine import DuckDBEngine
from quanyu.ingest.drive import IngestReport, ingest_all
from quanyu.store import Store, create_key, open_store
from quanyu.tables import CONTRACTS

RULES = (
    IdentifierRule("member_id", True, 1, 1),
    IdentifierRule("mobile", True, 2, 3, junk=("13800000000",)),
    IdentifierRule("unionid", True, 3, 1, namespaced=True),
    IdentifierRule("external_userid", True, 4, 1, namespaced=True),
    IdentifierRule("platform_buyer_id", True, 5, namespaced=True),
    IdentifierRule("email", True, 6),
    IdentifierRule("openid", False, 7, namespaced=True),
    IdentifierRule("device", False, 8),
)


class Workplace:
    """One workspace: write sources and files, ingest, look at what came of it."""

    def __init__(self, root: Path, store: Store, engine: DuckDBEngine, zone: str, limits: Limits) -> None:
        self.workspace = Workspace(
            root, Brand("demo"), zone, Currency("CNY", 2), "beauty", Language.ZH, identity=RULES, limits=limits
        )
        self.store = store
        self.engine = engine

    def source(self, text: str, name: str = "orders") -> None:
        path = self.workspace.root / "sources" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def file(self, content: str | bytes, name: str = "a.csv") -> Path:
        path = self.workspace.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self) -> IngestReport:
        sources, problems = load_sources(self.workspace)
        assert not [problem for problem in problems if problem.severity == "error"], "\n".join(map(str, problems))
        return ingest_all(self.workspace, sources, self.store, self.engine)

    def codes(self) -> list[tuple[int | None, str, str]]:
        """Line, field and code of every refused row."""
        with self.store.reading() as work:
            return [(row.line, row.field, row.code) for row in work.quarantine.find(limit=10_000)]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        listed = ", ".join(f'"{column}"' for column in columns)
        return self.engine.run_text(f'SELECT {listed} FROM landing."{table}" ORDER BY ALL').fetchall()

    def one(self, sql: str) -> Any:
        return self.engine.run_text(sql).fetchall()[0][0]


@contextmanager
def workplace(
    root: Path, zone: str = "Asia/Shanghai", limits: Limits | None = None, threads: int = 2
) -> Iterator[Workplace]:
    """Open a workspace in a folder, with a key made when it has none."""
    state = root / ".quanyu"
    state.mkdir(parents=True, exist_ok=True)
    if not (state / "key").exists():
        create_key(state / "key")
    engine = DuckDBEngine(state / "warehouse.duckdb", CONTRACTS, memory_limit="1GB", threads=threads)
    with open_store(state) as store:
        try:
            yield Workplace(root, store, engine, zone, limits or Limits())
        finally:
            engine.close()


def codes_of(problems: Sequence[Any]) -> list[str]:
    """Codes of problems in order."""
    return [problem.code for problem in problems]
