"""A small world for identity tests: rows of identifiers → identifier and identifier_pair, in an engine."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

import pyarrow as pa

from quanyu.definitions.workspace import built_in_rules
from quanyu.engine import DuckDBEngine
from quanyu.identity.rules import IdentityRules
from quanyu.tables import CONTRACTS

START = datetime(2026, 1, 1)
RULES = IdentityRules(tuple(built_in_rules().values()))
TYPES = {"M": "member_id", "p": "mobile", "u": "unionid", "b": "platform_buyer_id", "o": "openid", "d": "device"}


@dataclass
class World:
    """Rows seen so far; a name's first letter is its type (`M1` is member 1, `p` mobile, `d` device …)."""

    batch: int = 1
    clock: int = 0
    ids: dict[str, int] = field(default_factory=dict)
    identifiers: list[dict] = field(default_factory=list)
    pairs: dict[tuple, dict] = field(default_factory=dict)

    def see(self, *names: str, method: str = "login", source: str = "shop") -> "World":
        """Note one source row that carries these identifiers."""
        self.clock += 1
        at = START + timedelta(minutes=self.clock)
        for name in names:
            if name not in self.ids:
                self.ids[name] = id_of(name)
                self.identifiers.append(
                    {
                        "identifier_id": self.ids[name], "id_type": TYPES[name[0]], "namespace": "",
                        "value_hash": f"hash-of-{name}", "verified": True, "first_batch_seq": self.batch,
                        "first_seen_at": at,
                    }
                )  # fmt: skip
        for one, other in combinations(sorted(set(names), key=id_of), 2):
            key = (self.ids[one], self.ids[other], source, method, self.batch)
            row = self.pairs.setdefault(
                key,
                {
                    "identifier_a": key[0], "identifier_b": key[1], "evidence": 0, "first_batch_seq": self.batch,
                    "first_occurred_at": at, "last_occurred_at": at, "source": source, "method": method,
                },
            )  # fmt: skip
            row["evidence"] += 1
            row["last_occurred_at"] = at
        return self

    def next_batch(self) -> "World":
        """Begin the next batch."""
        self.batch += 1
        return self

    def tables(self) -> dict[str, pa.Table]:
        """Return identifier and identifier_pair as Arrow."""
        return {
            "identifier": table_of("identifier", self.identifiers),
            "identifier_pair": table_of("identifier_pair", list(self.pairs.values())),
        }

    def engine(self, threads: int | None = None) -> DuckDBEngine:
        """Return an engine in memory whose landing tables hold the world."""
        engine = DuckDBEngine(None, CONTRACTS, schema="landing", threads=threads)
        self.land(engine)
        return engine

    def land(self, engine: DuckDBEngine) -> None:
        """Put the world as it now is into the engine's landing tables."""
        engine.use_schema("landing")
        for name, rows in self.tables().items():
            engine.register(name, rows)
        engine.use_schema("main")

    def name_of(self, identifier_id: int) -> str:
        """Return the name of an identifier."""
        return next(name for name, one in self.ids.items() if one == identifier_id)


def id_of(name: str) -> int:
    """Return the id of a name."""
    # Fixed and unlike the order of names, so that no test leans on it.
    return int.from_bytes(name.encode().ljust(7, b"\0")[:7], "little") * 1_000_003 % (1 << 59)


ARROW = {
    "key": pa.int64(), "int": pa.int64(), "text": pa.string(), "time": pa.timestamp("us"), "bool": pa.bool_(),
    "fen": pa.int64(), "date": pa.date32(), "ratio": pa.float64(), "json": pa.string(), "decimal": pa.decimal128(18, 6),
}  # fmt: skip


def table_of(name: str, rows: list[dict]) -> pa.Table:
    """Return rows as Arrow in the columns of a contract; a column that a row lacks is null."""
    columns = CONTRACTS[name].columns
    return pa.table({c.name: pa.array([row.get(c.name) for row in rows], ARROW[c.type.value]) for c in columns})


def persons(engine: DuckDBEngine, world: World) -> set[frozenset[str]]:
    """Return the persons as sets of names; inert identifiers are in none."""
    found: dict[int, set[str]] = {}
    for row in engine.rows_of("identifier_person").to_pylist():
        if row["person_id"] is not None:
            found.setdefault(row["person_id"], set()).add(world.name_of(row["identifier_id"]))
    return {frozenset(names) for names in found.values()}


def together(*groups: str) -> set[frozenset[str]]:
    """Return sets of names from texts such as `M1 p1 d1`."""
    return {frozenset(group.split()) for group in groups}
